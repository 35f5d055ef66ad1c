import { suggestion } from '../go/did-you-mean.ts';
import { fieldOf } from '../go/fields.ts';
import { parseYaml } from '../go/yaml.ts';
import type { Position } from '../go/yaml-position.ts';
import { isObject } from '../json.ts';
import type { Problem } from '../model.ts';
import { serviceKeyOf } from '../services/schemas.ts';
import type { GlobalSubscription, TriggerList } from '../subscriptions/schema.ts';
import { lifecycleSpellings } from '../triggers/schema.ts';
import type { Trigger } from '../triggers/trigger.ts';
import type { ServiceConfig } from './config.ts';

/** What the keys of a ConfigMap define. Names of keys with errors count as defined: they are reported already. */
export interface Definitions {
  services: ReadonlyMap<string, ServiceConfig>;
  triggers: ReadonlyMap<string, Trigger>;
  serviceNames: ReadonlySet<string>;
  triggerNames: ReadonlySet<string>;
  templateNames: ReadonlySet<string>;
  /** See `createSuggest`. */
  suggest: typeof suggestion;
}

/** `suggestion` until it has been asked `limit` times: among thousands of names each one takes milliseconds. */
export function createSuggest(limit: number): typeof suggestion {
  let asked = 0;
  return (word, candidates) => (asked++ < limit ? suggestion(word, candidates) : '');
}

/** The text of a key. */
export type TextOf = (key: string) => string | undefined;

/** Templates that conditions of a trigger name and nothing defines; each once, where it stands first. */
export function checkTrigger(
  { name, conditions }: Trigger,
  definitions: Definitions,
  textOf: TextOf,
): Problem[] {
  const key = `trigger.${name}`;
  const missing = new Map<string, { index: number; position: number; field: TemplateField }>();
  for (const { index, send, lifecycle } of conditions) {
    for (const [field, templates] of [
      ['send', send],
      ['resolved', lifecycle?.resolved ?? []],
    ] as const) {
      for (const [position, template] of templates.entries()) {
        const isDefined = definitions.templateNames.has(template) || missing.has(template);
        if (!isDefined) missing.set(template, { index, position, field });
      }
    }
  }
  if (missing.size === 0) return [];
  const places = placesOfTemplates(textOf(key));
  return [...missing].map(([template, { index, position, field }]) => ({
    key,
    severity: 'error',
    ...places(index, position, field),
    what: `the template ${JSON.stringify(template)} is not defined, so ${field === 'send' ? 'nothing' : 'no end'} can be sent`,
    fix: `Add the key template.${template}.${definitions.suggest(template, definitions.templateNames)}`,
  }));
}

/** Triggers that nothing defines, in `defaultTriggers`, `defaultTriggers.<service>` and `subscriptions`. */
export function checkTriggerList(key: string, triggers: TriggerList, definitions: Definitions): Problem[] {
  return triggers
    .filter(({ name }) => !definitions.triggerNames.has(name))
    .map(({ name, at }) => ({
      key,
      severity: 'warning',
      ...at,
      what: `the trigger ${JSON.stringify(name)} is not defined`,
      fix: `Add the key trigger.${name}.${definitions.suggest(name, definitions.triggerNames)}`,
    }));
}

export function checkSubscriptions(
  key: string,
  subscriptions: readonly GlobalSubscription[],
  definitions: Definitions,
  hasDefaultTriggers: boolean,
): Problem[] {
  const problems: Problem[] = [];
  for (const { triggers, destinations } of subscriptions) {
    problems.push(...checkTriggerList(key, triggers, definitions));
    for (const { service, recipient, at } of destinations) {
      if (!definitions.serviceNames.has(service)) {
        problems.push({
          key,
          severity: 'warning',
          ...at,
          what: `the service ${JSON.stringify(service)} is not configured`,
          fix: fixOfService(service, recipient, definitions),
        });
      }
    }
    const [first] = destinations;
    if (triggers.length === 0 && !hasDefaultTriggers && first) {
      problems.push({
        key,
        severity: 'warning',
        ...first.at,
        what: 'the subscription names no trigger, and there are no default triggers',
        fix: 'Add triggers: [...], or the key defaultTriggers.',
      });
    }
  }
  return problems;
}

function fixOfService(service: string, recipient: string, definitions: Definitions): string {
  const named = definitions.services.get(recipient);
  if (named?.type === service) {
    return `${serviceKeyOf(service)}.${recipient} is addressed by its name: write ${JSON.stringify(`${recipient}:`)} in place of ${JSON.stringify(`${service}:${recipient}`)}.`;
  }
  if (definitions.serviceNames.has(service.trim())) return 'Remove the white space around the name.';
  return `Add the key ${serviceKeyOf(service)}.${definitions.suggest(service, definitions.serviceNames)}`;
}

/** Fields of a condition that name templates, with their spellings. */
const templateFields = { send: ['send'], resolved: lifecycleSpellings.resolved } as const;
type TemplateField = keyof typeof templateFields;

/** Where the templates of a trigger's conditions stand in its text. */
export function placesOfTemplates(
  text: string | undefined,
): (index: number, position: number, field?: TemplateField) => Partial<Position> {
  if (text === undefined) return () => ({});
  const document = parseYaml(text);
  return (index, position, field = 'send') => {
    const condition = Array.isArray(document.value) ? document.value[index] : undefined;
    const found = isObject(condition) ? fieldOf(condition, [index], templateFields[field]) : undefined;
    return document.at([...(found?.path ?? [index]), position]) ?? {};
  };
}
