import type { Dialect, SectionTree, Template, TemplateString } from '../templates/template.ts';
import { formatted } from './formatted.ts';
import { type CommandIo, exitCode } from './io.ts';
import { configOf, requireNamed } from './loaded-config.ts';
import type { GetOptions } from './options.ts';
import { openSource } from './source.ts';
import { formatTable, oneLine, printable } from './table.ts';

/** `herald template get`: as `argocd admin notifications template get`, with the dialect of each. */
export async function getTemplates(options: GetOptions, io: CommandIo): Promise<number> {
  const source = openSource(options.source, io);
  try {
    const config = configOf(await source.config('given'), options.source.secretName);
    const { name } = options;
    const templates =
      name === undefined
        ? [...config.templates.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
        : [requireNamed<Template>(config, 'template', name, io)];
    io.stdout(render(templates, options.output));
    return exitCode.ok;
  } finally {
    await source.close();
  }
}

function render(templates: readonly Template[], output: GetOptions['output']): string {
  if (output === 'name') return templates.map(({ name }) => `${name}\n`).join('');
  if (output !== 'wide')
    return formatted(
      Object.fromEntries(templates.map((template) => [template.name, facts(template)])),
      output,
    );
  const rows = templates.map((template) => [
    template.name,
    dialectsOf(template).join(', '),
    preview(template),
  ]);
  return formatTable([['NAME', 'DIALECT', 'PREVIEW'], ...rows]);
}

function dialectsOf(template: Template): Dialect[] {
  return [...new Set(template.strings.map(({ dialect }) => dialect))].sort();
}

function preview({ message, strings }: Template): string {
  return oneLine(printable((message ?? strings[0])?.source ?? ''), 100);
}

/** The fields of the ConfigMap; `dialect` as one may write it there, `dialects` by text where there are two. */
function facts(template: Template): Record<string, unknown> {
  const { message, sections, strings } = template;
  const [dialect, ...others] = dialectsOf(template);
  const mixed = Object.fromEntries(strings.map((string) => [string.path.join('.'), string.dialect]));
  return {
    ...(message ? { message: message.source } : {}),
    ...Object.fromEntries([...sections].map(([type, section]) => [type, sourceOf(section)])),
    ...(others.length > 0 ? { dialects: mixed } : dialect === undefined ? {} : { dialect }),
  };
}

function sourceOf(tree: SectionTree): unknown {
  if (typeof tree !== 'object' || tree === null) return tree;
  if (Array.isArray(tree)) return tree.map(sourceOf);
  if (isTemplateString(tree)) return tree.source;
  return Object.fromEntries(
    Object.entries(tree).map(([key, value]) => [key, sourceOf(value as SectionTree)]),
  );
}

function isTemplateString(tree: object): tree is TemplateString {
  return typeof (tree as TemplateString).render === 'function';
}
