/** What templates are about: Applications or ApplicationSets, as the triggers that send them. */
import type { AlertRules } from '../alerts/rules.ts';
import type { OtherKind, Problem } from '../model.ts';
import type { Template } from '../templates/template.ts';
import type { Trigger } from '../triggers/trigger.ts';

type Kind = 'Application' | OtherKind;

interface Senders {
  triggers: ReadonlyMap<string, Pick<Trigger, 'name' | 'kind' | 'conditions'>>;
  rules: Pick<AlertRules, 'groups'>;
}

/** At least one. Of a template that no trigger sends, what it reads. */
export function kindsOf(template: Template, { triggers, rules }: Senders): Kind[] {
  const kinds = new Set<Kind>(
    sendersOf(template.name, triggers).map(({ kind }): Kind => kind ?? 'Application'),
  );
  const isOfGroup = rules.groups.some(({ send }) => send?.includes(template.name));
  if (kinds.size > 0 && !isOfGroup) return [...kinds];
  const reads = sourceOf(template);
  if (/\bapplicationset\b/.test(reads)) kinds.add('ApplicationSet');
  if (kinds.size === 0 || isOfGroup || /(?<![\w\])])\.?app\b/.test(reads)) kinds.add('Application');
  return [...kinds];
}

/** The kind of what all of these templates are about, where it is one; undefined for Applications, too. */
export function kindOfTemplates(templates: readonly Template[], senders: Senders): OtherKind | undefined {
  const isOfSets = templates.every((template) => !kindsOf(template, senders).includes('Application'));
  return isOfSets && templates.length > 0 ? 'ApplicationSet' : undefined;
}

/** Places in templates that are told of ApplicationSets alone, and read `app`, which is nil then. */
export function checkKinds(templates: Iterable<Template>, senders: Senders): Problem[] {
  return [...templates].flatMap((template) => {
    const trigger = sendersOf(template.name, senders.triggers).find(({ kind }) => kind !== undefined);
    if (!trigger || kindsOf(template, senders).includes('Application')) return [];
    if (isGuarded(sourceOf(template))) return [];
    return template.strings.flatMap((string): Problem[] => {
      const at = placeOfApp(string.source);
      if (at === undefined) return [];
      return [
        {
          key: `template.${template.name}`,
          severity: 'error',
          ...string.locate(at),
          what: `${string.path.join('.')}: it reads app, and trigger ${trigger.name} sends it for ApplicationSets, where app is nil`,
          fix: 'Read applicationset.',
        },
      ];
    });
  });
}

function sendersOf<T extends Pick<Trigger, 'conditions'>>(
  template: string,
  triggers: ReadonlyMap<string, T>,
): T[] {
  return [...triggers.values()].filter(({ conditions }) =>
    conditions.some(
      ({ send, lifecycle }) => send.includes(template) || lifecycle?.resolved?.includes(template),
    ),
  );
}

function sourceOf({ strings }: Template): string {
  return strings.flatMap(({ source }) => source.match(tags) ?? []).join('\n');
}

const tags = /\{\{[\s\S]*?\}\}/g;

/** `{{ with .app }}`, `{{ if .app }}`, `{{#app}}`: it asks first. */
function isGuarded(source: string): boolean {
  return /\{\{-?\s*(?:else\s+)?(?:with|if)\s[^}]*\.app\b|\{\{[#^]\s*app\b/.test(source);
}

function placeOfApp(source: string): number | undefined {
  for (const tag of source.matchAll(tags)) {
    const found = /(?<![\w\])])\.app\b|^\{\{[{&]?\s*app\./.exec(tag[0]);
    if (found) return tag.index + found.index;
  }
  return undefined;
}
