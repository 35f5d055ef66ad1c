/** Whether the end of an alert is told as well as its beginning. */
import type { Problem } from '../model.ts';
import type { Template } from '../templates/template.ts';
import type { Sections } from './check-sections.ts';
import { placesOfTemplates, type TextOf } from './references.ts';

/** Templates of `resolved` without a section that those of `send` have, for a service that there is. */
export function checkEnds(sections: Sections, textOf: TextOf): Problem[] {
  const types = new Set([...sections.services.values()].map(({ type }) => type));
  const problems: Problem[] = [];
  for (const { name, conditions } of sections.triggers.values()) {
    const key = `trigger.${name}`;
    for (const { index, send, lifecycle } of conditions) {
      const resolved = lifecycle?.resolved;
      if (resolved === undefined) continue;
      const ends = templatesOf(resolved, sections);
      if (ends.length < resolved.length) continue;
      const told = new Set(ends.flatMap(partsOf));
      const missing = new Set(templatesOf(send, sections).flatMap(partsOf)).difference(told);
      for (const part of missing) {
        const [type = '', request] = part.split(' ');
        const isDefault = resolved.length === 0;
        // The default message has something for each service but webhooks, of which nobody knows what they take.
        if (!types.has(type) || (isDefault && request === undefined)) continue;
        const where = request === undefined ? type : `${type}.${request}`;
        const without =
          request === undefined
            ? 'without it the end is its message alone'
            : 'without it the webhook gets a GET with the message as its body';
        problems.push({
          key,
          severity: 'warning',
          ...placesOfTemplates(textOf(key))(index, 0, 'resolved'),
          what: `the end has no section ${where}, and the beginning has one`,
          fix: `${isDefault ? `Name a template in resolved that has ${where}` : `Add ${where} to template.${resolved[0]}`}; ${without}.`,
        });
      }
    }
  }
  return problems;
}

function templatesOf(names: readonly string[], { templates }: Sections): Template[] {
  return names.flatMap((name) => templates.get(name) ?? []);
}

/** `slack`, or `webhook` and a request for each. */
function partsOf({ sections }: Template): string[] {
  return [...sections].flatMap(([type, section]) =>
    type === 'webhook' ? Object.keys(section).map((request) => `${type} ${request}`) : [type],
  );
}
