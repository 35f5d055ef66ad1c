/** docs/reference/cli.md: every command with its arguments and flags, as the program itself has them. */
import type { CommandSpec } from '../../src/cli/command.ts';
import { commandSpecs } from '../../src/cli/commands.ts';
import type { Flag } from '../../src/cli/flags.ts';
import { markdownTable } from '../markdown-table.ts';
import { block, cell, code, type Page, page } from './markdown.ts';

const nameOf = ({ path }: CommandSpec) => `herald ${path.join(' ')}`;
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w -]/g, '')
    .replaceAll(' ', '-');

function flagRow({ name, short, placeholder, help, env, defaultText }: Flag<unknown>): string[] {
  const written = placeholder === undefined ? `--${name}` : `--${name} ${placeholder}`;
  return [
    [...(short === undefined ? [] : [code(`-${short}`)]), code(written)].join(', '),
    code(defaultText ?? ''),
    env === undefined ? '' : code(env),
    cell(help),
  ];
}

/** Flags that belong together: their heading and their table. */
interface FlagGroup {
  title: string;
  rows: readonly string[][];
  /** The rows as text. */
  shown: string;
}

const flagTable = (rows: readonly string[][]) => markdownTable(['flag', 'default', 'variable', ''], rows);

function groupsOf({ flags }: CommandSpec): FlagGroup[] {
  const groups = Map.groupBy(Object.values(flags), ({ group }) => group);
  return [...groups].map(([group, members]) => {
    const rows = members.map(flagRow);
    return { title: group.replace(/[,:].*$/, ''), rows, shown: flagTable(rows) };
  });
}

/** Long tables that several commands have alike, by what is shown. */
function sharedGroups(): Map<string, FlagGroup> {
  const all = commandSpecs.flatMap(groupsOf);
  const isShared = ({ rows, shown }: FlagGroup) =>
    rows.length > 5 && all.filter((other) => other.shown === shown).length > 1;
  const shared = new Map(all.filter(isShared).map((group) => [group.shown, group]));
  const titles = [...shared.values()].map(({ title }) => title);
  if (new Set(titles).size < titles.length)
    throw new Error(`groups of flags of one name: ${titles.join(', ')}`);
  return shared;
}

function sectionsOf(spec: CommandSpec, shared: ReadonlyMap<string, FlagGroup>): string[] {
  const usage = [nameOf(spec), ...spec.arguments.map(({ term }) => term)].join(' ');
  const line = Object.keys(spec.flags).length > 0 ? `${usage} [flags]` : usage;
  const groups = groupsOf(spec);
  const own = groups.flatMap(({ rows, shown }) => (shared.has(shown) ? [] : rows));
  const elsewhere = groups.filter(({ shown }) => shared.has(shown));
  return [
    `## ${nameOf(spec)}`,
    cell(spec.description),
    block('text', line),
    ...(spec.arguments.length > 0
      ? [
          markdownTable(
            ['argument', ''],
            spec.arguments.map(({ term, help }) => [code(term), cell(help)]),
          ),
        ]
      : []),
    ...(spec.examples.length > 0
      ? [block('sh', spec.examples.map(([what, example]) => `# ${what}\n${example}`).join('\n'))]
      : []),
    ...(own.length > 0 ? [flagTable(own)] : []),
    ...(elsewhere.length > 0
      ? [`And the flags of: ${elsewhere.map(({ title }) => `[${title}](#${anchorOf(title)})`).join('; ')}.`]
      : []),
  ];
}

export function commandsPage(): Page {
  const shared = sharedGroups();
  return page('docs/reference/cli.md', [
    '# The command line',
    `\`herald COMMAND --help\` prints the same. In the cluster it is \`kubectl -n argocd exec deployment/herald -- herald …\`, in a
checkout \`npm start -- …\`. A flag may stand before or behind arguments, as \`--flag value\` or \`--flag=value\`; a boolean takes
its value behind \`=\` only. A flag wins over its variable, and that over the default. Exit codes: 0 done, 1 not (a problem
was found, something failed), 2 the line itself is wrong, or names nothing to look at.`,
    markdownTable(
      ['command', ''],
      commandSpecs.map((spec) => [`[${nameOf(spec)}](#${anchorOf(nameOf(spec))})`, cell(spec.summary)]),
    ),
    ...commandSpecs.flatMap((spec) => sectionsOf(spec, shared)),
    '## Flags of several commands',
    ...[...shared.values()].flatMap(({ title, shown }) => [`### ${title}`, shown]),
  ]);
}
