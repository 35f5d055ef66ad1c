/** What keys say of one another: problems that no key has alone. */
import type { Problem } from '../model.ts';
import { checkRules } from './check-rules.ts';
import { createWebhookNameCheck } from './check-sections.ts';
import type { InspectedConfig } from './inspect.ts';
import { checkSubscriptions, checkTrigger, checkTriggerList, type Definitions } from './references.ts';

interface Options {
  /** What the controller's configuration has need not be in a tenant's. */
  isTenant: boolean;
}

/**
 * `ownDefaults`: what the key `defaultTriggers` itself says. Yields the characters that were read: where something is
 * found, the text of the key is read again for its place.
 */
export function* checkReferences(
  config: InspectedConfig & Definitions,
  ownDefaults: InspectedConfig['defaultTriggers'],
  { isTenant }: Options,
): Generator<number, Problem[]> {
  const { triggers, templates, defaultTriggers, defaultTriggersByService, subscriptions, textOf } = config;
  const problems: Problem[] = [];
  for (const trigger of triggers.values()) {
    const found = checkTrigger(trigger, config, textOf);
    if (found.length > 0) yield textOf(`trigger.${trigger.name}`)?.length ?? 0;
    problems.push(...found);
  }
  const checkWebhookNames = createWebhookNameCheck(config, textOf);
  for (const template of isTenant ? [] : templates.values()) {
    const found = checkWebhookNames(template);
    if (found.length > 0) yield textOf(`template.${template.name}`)?.length ?? 0;
    problems.push(...found);
  }
  yield 0;
  problems.push(...checkRules(config.rules, config, textOf));
  problems.push(...checkTriggerList('defaultTriggers', ownDefaults, config));
  for (const [name, list] of defaultTriggersByService)
    problems.push(...checkTriggerList(`defaultTriggers.${name}`, list, config));
  problems.push(...checkSubscriptions('subscriptions', subscriptions, config, defaultTriggers.length > 0));
  return problems;
}
