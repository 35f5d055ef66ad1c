/** Whether what templates say to services fits the services, the subscriptions and each other. */
import { fieldKey, parseYaml } from '../go/yaml.ts';
import type { Position } from '../go/yaml-position.ts';
import type { JsonObject, Problem } from '../model.ts';
import { shapeOf } from '../templates/schema.ts';
import type { SectionTree, Template } from '../templates/template.ts';
import type { Condition, Trigger } from '../triggers/trigger.ts';
import { type Definitions, placesOfTemplates, type TextOf } from './references.ts';

export interface Sections extends Pick<Definitions, 'services' | 'triggers' | 'serviceNames' | 'suggest'> {
  templates: ReadonlyMap<string, Template>;
}

/** Requests of templates to webhooks that nothing defines: nobody ever gets them. */
export function createWebhookNameCheck(
  { services, serviceNames, suggest }: Sections,
  textOf: TextOf,
): (template: Template) => Problem[] {
  const webhooks = [...services.values()].filter(({ type }) => type === 'webhook').map(({ name }) => name);
  return (template) => {
    const key = `template.${template.name}`;
    const unknown = Object.keys(template.sections.get('webhook') ?? {}).filter(
      (name) => services.get(name)?.type !== 'webhook' && !(serviceNames.has(name) && !services.has(name)),
    );
    if (unknown.length === 0) return [];
    const placeOf = placesOfWebhooks(textOf(key));
    return unknown.map((name): Problem => {
      const type = services.get(name)?.type;
      const what =
        type === undefined
          ? `webhook.${name} is for a webhook that is not configured, so nobody gets it`
          : `webhook.${name} is for a webhook, and the service ${name} is of type ${type}`;
      const fix = `Add the key service.webhook.${name}, or name a webhook that there is.${near(name, webhooks, suggest)}`;
      return { key, severity: 'warning', ...placeOf(name), what, fix };
    });
  };
}

function placesOfWebhooks(text: string | undefined): (name: string) => Partial<Position> {
  const document = parseYaml(text ?? '');
  const object = (document.value ?? {}) as JsonObject;
  return (name) => document.keyAt([fieldKey(object, 'webhook') ?? 'webhook', name]) ?? {};
}

/** Sections under the name of a service, where its type is meant. */
export function checkSectionTypes({ templates, services }: Sections, textOf: TextOf): Problem[] {
  return [...templates.values()].flatMap((template) => {
    const key = `template.${template.name}`;
    return [...template.sections.keys()].flatMap((section): Problem[] => {
      const type = shapeOf(section) === undefined ? services.get(section)?.type : undefined;
      if (type === undefined || type === section) return [];
      const at = parseYaml(textOf(key) ?? '').keyAt([section]) ?? {};
      const what = `${section} is a service of type ${type}, and sections go by the type`;
      const fix =
        type === 'webhook'
          ? `Write it below webhook: webhook: {${section}: …}.`
          : `Write ${type}: in place of ${section}:.`;
      return [{ key, severity: 'warning', ...at, what, fix }];
    });
  });
}

/** A trigger that somebody subscribes to through a service, and where that is said. */
export interface Subscribed {
  trigger: string;
  service: string;
  key: string;
  at?: Position;
}

/** Webhooks that get no request of a template's own: then it is a GET with the message as its body. */
export function checkRequests(subscribed: Iterable<Subscribed>, sections: Sections): Problem[] {
  const problems = new Map<string, Problem>();
  for (const { trigger, service, key, at } of subscribed) {
    if (sections.services.get(service)?.type !== 'webhook') continue;
    for (const { send } of sections.triggers.get(trigger)?.conditions ?? []) {
      const templates = send.flatMap((name) => sections.templates.get(name) ?? []);
      const isComplete = templates.length === send.length && send.length > 0;
      const requests = templates.flatMap(({ sections }) => Object.keys(sections.get('webhook') ?? {}));
      if (!isComplete || requests.includes(service)) continue;
      problems.set(JSON.stringify([key, trigger, service, send]), {
        key,
        severity: 'warning',
        ...at,
        what: `the webhook ${service} gets no request of its own from ${trigger}: ${listed(send)} ${send.length > 1 ? 'have' : 'has'} no section webhook.${service}`,
        fix: `Add webhook: {${service}: {method: POST, body: …}} to template.${send[0]}; without it a GET with the message as its body is sent.${near(service, requests, sections.suggest)}`,
      });
    }
  }
  return [...problems.values()];
}

/** Templates of one `send` of which one hides what another says: they make one message. */
export function checkOverlaps(
  triggers: ReadonlyMap<string, Trigger>,
  sections: Sections,
  textOf: TextOf,
): Problem[] {
  const problems: Problem[] = [];
  for (const [name, trigger] of triggers) {
    const key = `trigger.${name}`;
    for (const condition of trigger.conditions) {
      const found = (['send', 'resolved'] as const).flatMap((field) =>
        overlapsOf(condition, field, sections.templates),
      );
      if (found.length === 0) continue;
      const placeOf = placesOfTemplates(textOf(key));
      for (const { field, part, first, second, position } of found) {
        problems.push({
          key,
          severity: 'warning',
          ...placeOf(condition.index, position, field),
          what: `${first} and ${second} of one ${field} both fill ${part}, and only that of ${second} is sent`,
          fix: 'Merge them into one template, or send them by two triggers: one send makes one message.',
        });
      }
    }
  }
  return problems;
}

interface Overlap {
  field: 'send' | 'resolved';
  part: string;
  first: string;
  second: string;
  position: number;
}

function overlapsOf(
  { send, lifecycle }: Condition,
  field: Overlap['field'],
  templates: ReadonlyMap<string, Template>,
): Overlap[] {
  const names = field === 'send' ? send : (lifecycle?.resolved ?? []);
  const filledBy = new Map<string, string>();
  const overlaps: Overlap[] = [];
  for (const [position, name] of names.entries()) {
    const template = templates.get(name);
    for (const part of template ? partsOf(template) : []) {
      const first = filledBy.get(part);
      if (first !== undefined && first !== name)
        overlaps.push({ field, part, first, second: name, position });
      filledBy.set(part, name);
    }
  }
  return overlaps;
}

/** What a later template replaces as a whole. */
function partsOf({ message, sections }: Template): string[] {
  const parts = [...sections].flatMap(([type, section]) => {
    if (shapeOf(type)?.merge === 'set') return [type];
    return Object.entries(section)
      .filter(([, value]) => !isEmpty(value))
      .map(([field]) => `${type}.${field}`);
  });
  return message && message.source !== '' ? ['message', ...parts] : parts;
}

/** Also one that the other begins with: `datadog` for `datadog-events`. */
function near(name: string, candidates: readonly string[], suggest: Sections['suggest']): string {
  const close = suggest(name, candidates);
  if (close !== '') return close;
  const meant = candidates.find((each) => each.startsWith(name) || name.startsWith(each));
  return meant === undefined ? '' : ` Did you mean ${JSON.stringify(meant)}?`;
}

function isEmpty(value: SectionTree): boolean {
  if (typeof value !== 'object' || value === null) return value === '' || value === null;
  if ('render' in value && 'source' in value) return value.source === '';
  return Object.keys(value).length === 0;
}

function listed(names: readonly string[]): string {
  return names.length === 1 ? `template ${names[0]}` : `templates ${names.join(', ')}`;
}
