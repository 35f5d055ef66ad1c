/** docs/reference/conditions.md: what conditions see and call, from the tables of the language. */
import { conditionShapes } from '../../src/config/variable-shapes.ts';
import { toText } from '../../src/go/bytes.ts';
import { sprint } from '../../src/go/format.ts';
import { UTC } from '../../src/go/location.ts';
import { createNamespaces } from '../../src/go/namespaces/create.ts';
import type { Shape, Shapes } from '../../src/go/shape.ts';
import { goTypeOf } from '../../src/go/typed.ts';
import { compileExpression } from '../../src/triggers/expr/compile.ts';
import { builtinNames, signatureOf } from '../../src/triggers/expr/signatures.ts';
import { conditionVars } from '../../src/triggers/schema.ts';
import { markdownTable } from '../markdown-table.ts';
import { conditionExamples, historyExamples, namespaceExamples } from './condition-examples.ts';
import { app, checkComplete, context, type ExampleGroup, now, repo } from './examples.ts';
import { code, type Page, page } from './markdown.ts';
import { variables } from './variables.ts';

const vars = conditionVars({
  app,
  context,
  secrets: {},
  appProject: {},
  now,
  repo,
  changes: () => 5,
  operations: { note: () => undefined, startedAfter: () => true },
  local: () => UTC,
});

/** What an expression comes to, as Go prints it. */
function outputOf(source: string): string {
  const compiled = compileExpression(source);
  if (!compiled.ok) throw new Error(`${source}: ${compiled.error.message}`);
  const result = compiled.program.run(vars);
  if (!result.ok) throw new Error(`${source}: ${result.error}`);
  return toText(sprint(result.value));
}

const readable = (type: string) => type.replaceAll('interface {}', 'any');

/** That of functions whose arguments are checked one by one says nothing. */
const isTelling = (type: string) => type !== 'func(...interface {}) (interface {}, error)';

function functionRows(
  examples: Readonly<Record<string, string>>,
  typesOf: (name: string) => readonly string[],
) {
  return markdownTable(
    ['', 'type', 'example', 'comes to'],
    Object.entries(examples).map(([name, example]) => [
      code(name),
      typesOf(name).filter(isTelling).map(readable).map(code).join('<br>'),
      code(example),
      code(outputOf(example)),
    ]),
  );
}

function builtins(): string[] {
  const groups = checkComplete('functions of conditions', builtinNames(), conditionExamples);
  return groups.flatMap(({ title, examples }) => [
    `### ${title}`,
    functionRows(examples, (name) => signatureOf(name).types),
  ]);
}

function namespaces(): string[] {
  const values = createNamespaces({ now: () => now, repo });
  return Object.entries(values).flatMap(([namespace, members]) => {
    const examples = Object.fromEntries(
      Object.entries(namespaceExamples).filter(([name]) => name.startsWith(`${namespace}.`)),
    );
    const names = Object.keys(members).map((name) => `${namespace}.${name}`);
    const group: ExampleGroup = { title: namespace, examples };
    checkComplete(`members of ${namespace}`, names, [group]);
    const typesOf = (name: string) => [goTypeOf(members[name.slice(namespace.length + 1)])];
    return [`### ${code(namespace)}`, functionRows(examples, typesOf)];
  });
}

function history(): string {
  const names = Object.keys(vars.values).filter(
    (name) => typeof vars.values[name] === 'function' && !builtinNames().includes(name),
  );
  checkComplete('functions of the history', names, [{ title: '', examples: historyExamples }]);
  // The compiler adds a text to the call, by which the value is remembered.
  const given = (type: string) => type.replace('(interface {}, string) bool', '(interface {}) bool');
  return functionRows(historyExamples, (name) => [given(goTypeOf(vars.values[name]))]);
}

/** Paths of texts that take certain words only. */
function words(shape: Shape, path: string): [string, string][] {
  switch (shape.kind) {
    case 'text':
      return shape.words ? [[path, `${shape.words.join(', ')}${shape.open ? ' …' : ''}`]] : [];
    case 'list':
      return words(shape.element, `${path}[]`);
    case 'object':
      return [...shape.fields].flatMap(([name, inner]) => words(inner, `${path}.${name}`));
    default:
      return [];
  }
}

function valuesOf(shapes: Shapes, name: string): string {
  const rows = words(shapes.get(name) ?? { kind: 'any' }, name);
  return markdownTable(
    ['field', 'values'],
    rows.map(([path, values]) => [code(path), values]),
  );
}

export function conditionsPage(): Page {
  const shapes = conditionShapes();
  return page('docs/reference/conditions.md', [
    '# Functions and variables of conditions',
    `Every function that \`when\` and \`oncePer\` of a [trigger](configmap.md#triggers) can call, with an example and
what it comes to for a sample Application at 10:16:30 UTC. The language is [expr](https://expr-lang.org); what Herald adds to
it, and its limits, are in [languages.md](../languages.md). \`herald trigger run\` shows the value of each part of a condition.`,
    '## Variables',
    variables(shapes, vars.values),
    '## Functions',
    ...builtins(),
    "## Herald's own",
    'They look at the past, which the ledger keeps; the outputs are those of a health that has changed five times.',
    history(),
    '## Namespaces',
    'Templates have them, too: `call .time.Parse …` in Go templates. The answers of `repo` come from Argo CD: [repo-functions.md](../repo-functions.md).',
    ...namespaces(),
    '## Fields with certain values',
    '`herald config check` warns of a comparison with any other. Of lists that end in `…` a later Argo CD may have more.',
    '### Applications',
    valuesOf(shapes, 'app'),
    '### ApplicationSets',
    valuesOf(shapes, 'applicationset'),
  ]);
}
