/**
 * Writes src/config/application-fields.ts from CustomResourceDefinitions of Applications, one a release:
 * `node scripts/application-fields.ts manifests/crds/application-crd.yaml …`. A field that any of them has counts.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parse } from 'yaml';

interface Schema {
  type?: string;
  format?: string;
  enum?: string[];
  properties?: Record<string, Schema>;
  additionalProperties?: Schema;
  items?: Schema;
  'x-kubernetes-preserve-unknown-fields'?: boolean;
  'x-kubernetes-int-or-string'?: boolean;
}

type Field = string | readonly Field[] | { readonly [name: string]: Field };

function fieldOf(schema: Schema): Field {
  if (schema['x-kubernetes-preserve-unknown-fields'] || schema['x-kubernetes-int-or-string']) return 'any';
  if (schema.type === 'array') return [fieldOf(schema.items ?? {})];
  if (schema.type !== 'object') return schema.type ?? 'any';
  if (schema.properties) return mapped(schema.properties, fieldOf);
  return schema.additionalProperties ? { '*': fieldOf(schema.additionalProperties) } : 'any';
}

function mapped<T>(record: Record<string, T>, change: (value: T) => Field): Field {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}

function isList(field: Field): field is readonly Field[] {
  return Array.isArray(field);
}

function united(one: Field | undefined, other: Field | undefined): Field {
  if (one === undefined || other === undefined) return one ?? other ?? 'any';
  if (isList(one) && isList(other)) return [united(one[0], other[0])];
  if (typeof one === 'string' || typeof other === 'string' || isList(one) || isList(other)) {
    return one === other ? one : 'any';
  }
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])].sort();
  return Object.fromEntries(names.map((name) => [name, united(one[name], other[name])]));
}

/** Objects that come more than once, by their text; each gets a name. */
const counts = new Map<string, number>();
const names = new Map<string, string>();
const declarations: string[] = [];

function count(field: Field): void {
  if (typeof field === 'string') return;
  if (!isList(field)) {
    const text = JSON.stringify(field);
    counts.set(text, (counts.get(text) ?? 0) + 1);
    if (counts.get(text) !== 1) return;
  }
  for (const inner of Object.values(field)) count(inner);
}

function source(field: Field, name: string): string {
  if (typeof field === 'string') return JSON.stringify(field);
  if (isList(field)) return `[${source(field[0] ?? 'any', name)}]`;
  const text = JSON.stringify(field);
  const known = names.get(text);
  if (known !== undefined) return known;
  const entries = Object.entries(field).map(
    ([key, value]) => `${JSON.stringify(key)}: ${source(value, key)}`,
  );
  const literal = `{${entries.join(', ')}}`;
  if ((counts.get(text) ?? 0) < 2 || '*' in field) return literal;
  const taken = [...names.values()];
  const unique = taken.includes(name) ? `${name}${taken.length}` : name;
  names.set(text, unique);
  declarations.push(`const ${unique} = ${literal} as const;`);
  return unique;
}

const roots = process.argv.slice(2).map((file) => {
  const crd = parse(readFileSync(file, 'utf8')) as {
    spec: { versions: { schema: { openAPIV3Schema: Schema } }[] };
  };
  return fieldOf(crd.spec.versions[0]?.schema.openAPIV3Schema ?? {});
});
const root = roots.reduce(united);
count(root);
const table = source(root, 'application');
writeFileSync(
  new URL('../src/config/application-fields.ts', import.meta.url),
  `/**
 * The fields of Applications, of every release from 2.4 to 3.6 (facts of Argo CD's CustomResourceDefinition), written
 * by scripts/application-fields.ts. A list holds what its elements are; \`*\` stands for names of the user's.
 */
export type Field = 'string' | 'integer' | 'number' | 'boolean' | 'any' | readonly [Field] | FieldTable;
export interface FieldTable {
  readonly [name: string]: Field;
}

${declarations.join('\n\n')}

export const applicationFields: FieldTable = ${table};
`,
);
