/** The variables of conditions and templates, in tables. */
import type { Shapes } from '../../src/go/shape.ts';
import { markdownTable } from '../markdown-table.ts';
import { code } from './markdown.ts';

const namespace = '[Namespace](conditions.md#namespaces)';

const meanings: Readonly<Record<string, string>> = {
  app: 'The Application, as the API server has it; nil for an ApplicationSet',
  applicationset:
    'The ApplicationSet; there is none for an Application ([applicationsets.md](../applicationsets.md))',
  appProject: 'Its AppProject; nil where that is not known',
  context: 'The key `context` of the ConfigMap, and `notificationType`',
  secrets: 'The Secret, as bytes; not there for the ConfigMaps of tenants',
  shared: 'What people ask for most: [languages.md](../languages.md#templates) says what each field is',
  time: namespace,
  strings: namespace,
  repo: namespace,
  sync: namespace,
  changes: "[Herald's own](conditions.md#heralds-own)",
  operationStartedAfter: "[Herald's own](conditions.md#heralds-own)",
  serviceType: 'The name of the service that is sent to',
  recipient: 'The recipient that is sent to',
  alert: 'What is told: the first of `alerts`',
  alerts: 'All alerts that the message tells of',
  firing: 'Those of them that fire',
  resolved: 'Those of them that have ended',
  counts: 'How many fire and have ended, also where the message shows fewer',
  truncated: 'How many the message leaves out',
  reason: 'Why the message is sent',
  groupLabels: 'The labels that a group has in common',
};

/** `values`: what an evaluation is given, whose names these must be, too. */
export function variables(shapes: Shapes, values: Readonly<Record<string, unknown>>): string {
  const names = [...new Set([...shapes.keys(), ...Object.keys(values)])];
  const rows = names.map((name) => {
    const meaning = meanings[name];
    if (meaning === undefined)
      throw new Error(`the variable ${name} has no meaning in scripts/reference/variables.ts`);
    const shape = shapes.get(name);
    const isFixed =
      shape?.kind === 'object' && !['app', 'applicationset'].includes(name) && meanings[name] !== namespace;
    const fields = isFixed ? [...shape.fields.keys()] : [];
    const words = shape?.kind === 'text' ? (shape.words ?? []) : [];
    return [code(name), meaning, [...fields, ...words].map(code).join(', ')];
  });
  return markdownTable(['variable', '', 'fields or values'], rows);
}
