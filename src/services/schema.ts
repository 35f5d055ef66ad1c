import type { Json } from '../model.ts';
import type { OptionProblem, Validated } from './options.ts';
import { validateSlackOptions } from './slack/schema.ts';
import { validateWebhookOptions } from './webhook-schema.ts';

export type { OptionProblem, Validated };

/**
 * By type of service that Herald can send through: checks the options of `service.<type>(.<name>)`, after `$key`
 * substitution. `options` are there when no problem is an error; they are what the type's factory takes.
 */
export const serviceOptions: Readonly<Record<string, (options: Json) => Validated<unknown>>> = {
  slack: validateSlackOptions,
  webhook: validateWebhookOptions,
  console: () => ({ options: {}, problems: [] }),
};

export function validateServiceOptions(type: string, options: Json): Validated<unknown> {
  const validate = Object.hasOwn(serviceOptions, type) ? serviceOptions[type] : undefined;
  if (validate !== undefined) return validate(options);
  const fix = `Use one of ${Object.keys(serviceOptions).join(', ')}.`;
  const what = `services of type ${JSON.stringify(type)} are not supported`;
  return { problems: [{ path: [], what, fix, severity: 'error' }] };
}
