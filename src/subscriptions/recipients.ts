import { isObject } from '../json.ts';
import type { Json } from '../model.ts';
import { recipientFault } from '../services/schema.ts';
import { schemaOf } from '../services/schemas.ts';

/** What of a configured service tells whether a recipient can be one of it. */
export interface RecipientService {
  readonly type: string;
  readonly options: Json;
}

/** Why a recipient cannot be one of the service, and the mend; undefined where it can. */
export function recipientProblem(
  name: string,
  { type, options }: RecipientService,
  recipient: string,
): { what: string; fix: string } | undefined {
  const form = schemaOf(type)?.recipient;
  if (form === undefined) return undefined;
  const { required, keyedBy, commas, pattern } = form;
  if (recipient === '') {
    return required === undefined
      ? undefined
      : { what: `service ${name} needs a recipient`, fix: `Write ${required} as the value.` };
  }
  // Whatever such a service is sent with no recipient, it takes any.
  if (required === undefined) return undefined;
  const shown = JSON.stringify(recipient);
  const prefix = [`${name}:`, `${type}:`].find((candidate) => recipient.startsWith(candidate));
  if (prefix !== undefined && keyedBy === undefined) {
    return {
      what: `recipient ${shown} begins with the name of the service, which belongs to the annotation's name`,
      fix: `Write ${JSON.stringify(recipient.slice(prefix.length))}.`,
    };
  }
  if (!commas && recipient.includes(',')) {
    return { what: `recipient ${shown} holds a comma`, fix: 'Separate recipients by ";".' };
  }
  const fault =
    recipientFault(form, recipient, isObject(options) ? options : {}) ??
    (pattern?.test.test(recipient) === false ? pattern : undefined);
  return fault && { what: `recipient ${shown} ${fault.what}`, fix: fault.fix };
}
