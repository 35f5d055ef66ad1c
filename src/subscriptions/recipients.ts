import { suggestion } from '../go/did-you-mean.ts';
import { at, isObject } from '../json.ts';
import type { Json } from '../model.ts';

/** What of a configured service tells whether a recipient can be one of it. */
export interface RecipientService {
  readonly type: string;
  readonly options: Json;
}

interface Form {
  /** What to write where the recipient is empty; absent: the service needs none. */
  required?: string;
  /** The option whose keys are the recipients. */
  keyedBy?: string;
  /** May the recipient hold a comma? */
  commas?: true;
  /** Anything else that it must look like. */
  pattern?: { test: RegExp; what: string; fix: string };
}

const channel = 'the name of a channel';

/** By the type of the service. Types that are not listed take any recipient, or none. */
const forms: Readonly<Record<string, Form>> = {
  email: {
    required: 'an address',
    commas: true,
    pattern: { test: /@/, what: 'is no e-mail address', fix: 'Write it as name@example.com.' },
  },
  googlechat: { required: 'a name from webhooks:', keyedBy: 'webhooks' },
  mattermost: { required: 'the id of a channel' },
  opsgenie: { required: 'a name from apiKeys:', keyedBy: 'apiKeys' },
  pagerduty: { required: 'the id of a PagerDuty service' },
  pagerdutyv2: { required: 'a name from serviceKeys:', keyedBy: 'serviceKeys' },
  pushover: { required: 'the key of a user' },
  rocketchat: { required: channel },
  slack: {
    required: channel,
    pattern: {
      test: /^\S+$/,
      what: 'holds white space, so it is no channel',
      fix: 'Separate recipients by ";".',
    },
  },
  teams: { required: 'a name from recipientUrls:', keyedBy: 'recipientUrls' },
  'teams-workflows': { required: 'a name from recipientUrls:', keyedBy: 'recipientUrls' },
  telegram: { required: 'the name or the id of a chat' },
  webex: { required: 'an e-mail address or the id of a room' },
};

/** Why a recipient cannot be one of the service, and the mend; undefined where it can. */
export function recipientProblem(
  name: string,
  { type, options }: RecipientService,
  recipient: string,
): { what: string; fix: string } | undefined {
  const form = Object.hasOwn(forms, type) ? forms[type] : undefined;
  if (form === undefined) return undefined;
  const { required, keyedBy, commas, pattern } = form;
  if (recipient === '') {
    return required === undefined
      ? undefined
      : { what: `service ${name} needs a recipient`, fix: `Write ${required} as the value.` };
  }
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
  const known = keyedBy === undefined ? undefined : keysOf(options, keyedBy);
  if (known !== undefined && !known.includes(recipient)) {
    return {
      what: `service ${name} has no recipient ${shown} in ${keyedBy}`,
      fix: `Add it there, or write one that is: ${known.slice(0, 10).join(', ') || 'there is none yet'}.${suggestion(recipient, known)}`,
    };
  }
  if (pattern !== undefined && !pattern.test.test(recipient)) {
    return { what: `recipient ${shown} ${pattern.what}`, fix: pattern.fix };
  }
  return undefined;
}

function keysOf(options: Json, name: string): string[] | undefined {
  const keyed = at(options, name);
  return isObject(keyed) ? Object.keys(keyed) : undefined;
}
