/** docs/reference/templates.md: what templates see and call, from the tables of the language. */
import { templateShapes } from '../../src/config/variable-shapes.ts';
import { toText } from '../../src/go/bytes.ts';
import { UTC } from '../../src/go/location.ts';
import { compileGoTemplate } from '../../src/templates/gotemplate/engine.ts';
import { templateVars } from '../../src/templates/schema.ts';
import { REFUSED, SPRIG_LIBRARY } from '../../src/templates/sprig/functions.ts';
import { markdownTable } from '../markdown-table.ts';
import { app, checkComplete, context, now, repo } from './examples.ts';
import { code, type Page, page } from './markdown.ts';
import { templateExamples } from './template-examples.ts';
import { textExamples } from './text-examples.ts';
import { variables } from './variables.ts';

const vars = templateVars({
  app,
  appProject: {},
  context,
  secrets: {},
  serviceType: 'slack',
  recipient: 'deploys',
  now,
  repo,
});

function outputOf(source: string): string {
  const compiled = compileGoTemplate('example', source, SPRIG_LIBRARY);
  if (!compiled.ok) throw new Error(`${source}: ${compiled.error.message}`);
  const result = compiled.template.execute(vars.values, { now, location: UTC });
  if (!result.ok) throw new Error(`${source}: ${result.error.message}`);
  return toText(result.output);
}

function typeOf(name: string): string {
  const found = SPRIG_LIBRARY.functions.get(name);
  if (found === undefined) throw new Error(`there is no function ${name}`);
  const { in: parameters, variadic, out } = found.signature;
  const shown = parameters.map((type, at) =>
    variadic && at === parameters.length - 1 ? `...${type}` : type,
  );
  const results = out.length > 1 ? `(${out.join(', ')})` : (out[0] ?? '');
  return `func(${shown.join(', ')}) ${results}`.replaceAll(/interface \{\}|reflect\.Value/g, 'any');
}

export function templatesPage(): Page {
  const groups = checkComplete('functions of templates', SPRIG_LIBRARY.functions.keys(), [
    ...templateExamples,
    ...textExamples,
  ]);
  return page('docs/reference/templates.md', [
    '# Functions and variables of templates',
    `Every function that a Go template can call, with an example and what it prints for a sample Application at 10:16:30 UTC
(\`⏎\` is a line break). The language is [text/template](https://pkg.go.dev/text/template) with
[sprig](https://masterminds.github.io/sprig/); what Herald adds, mustache and the limits are in
[languages.md](../languages.md). The namespaces \`time\`, \`strings\`, \`repo\` and \`sync\` are those of
[conditions](conditions.md#namespaces). \`herald template render\` tries a template.`,
    '## Variables',
    variables(templateShapes(), vars.values),
    'What each field of an alert is: [alerts.md](../alerts.md#what-templates-see).',
    ...groups.flatMap(({ title, examples }) => [
      `## ${title}`,
      markdownTable(
        ['', 'type', 'example', 'prints'],
        Object.entries(examples).map(([name, example]) => [
          code(name),
          code(typeOf(name)),
          code(example),
          code(outputOf(example)),
        ]),
      ),
    ]),
    '## Refused',
    markdownTable(
      ['', 'why'],
      [...REFUSED].map(([name, why]) => [code(name), why]),
    ),
  ]);
}
