import { type CheckReport, checkConfig } from '../config/check.ts';
import type { Problem } from '../model.ts';
import { CommandFailure, type CommandIo, exitCode } from './io.ts';
import { configOf } from './loaded-config.ts';
import type { ConfigCheckOptions } from './options.ts';
import { nameOf, openSource, readInput } from './source.ts';
import { printable } from './table.ts';

/** What was checked, and a problem with the place that people look it up at. */
interface Checked {
  subject: string;
  problems: (Problem & { file?: string })[];
  /** Keys that were not looked up, because there was no Secret. */
  secretKeysNeeded: string[];
}

/** `herald config check`: 0 without errors, 1 with, 2 where there was nothing to check. */
export async function check(options: ConfigCheckOptions, io: CommandIo): Promise<number> {
  const { source, files } = options;
  const paths = [...files, source.configMap, source.secret].filter(
    (path) => path !== '' && path !== ':empty',
  );
  const checked = paths.length > 0 ? await checkFiles(paths, options, io) : await checkCluster(options, io);
  io.stdout(options.output === 'json' ? jsonOf(checked) : textOf(checked));
  return errorsOf(checked) > 0 ? exitCode.negative : exitCode.ok;
}

async function checkFiles(
  paths: readonly string[],
  { source }: ConfigCheckOptions,
  io: CommandIo,
): Promise<Checked> {
  const { configMapName, secretName } = source;
  const files = await Promise.all(
    paths.map(async (path) => ({ name: nameOf(path), text: await readInput(path, io) })),
  );
  if (source.secret === ':empty') files.push({ name: ':empty', text: emptySecret(secretName) });
  const report = checkConfig({ files, configMapName, secretName });
  if (report.configMaps.length === 0 && report.problems.every(({ key }) => key === '')) {
    throw new CommandFailure(nothingToCheck(report, configMapName));
  }
  const names = [
    ...new Set(report.configMaps.map(({ file, name }) => `${file} (ConfigMap ${name || configMapName})`)),
  ];
  return { subject: names.join(', '), problems: report.problems, secretKeysNeeded: report.secretKeysNeeded };
}

function emptySecret(name: string): string {
  return JSON.stringify({ kind: 'Secret', metadata: { name } });
}

/** Files that cannot be read as YAML, or hold other things. */
function nothingToCheck({ problems }: CheckReport, configMapName: string): string {
  const [first] = problems;
  if (!first) return `there is no ConfigMap ${configMapName}`;
  return `${first.file}:${first.line}:${first.column}: ${first.what}. ${first.fix}`;
}

async function checkCluster({ source: from }: ConfigCheckOptions, io: CommandIo): Promise<Checked> {
  const source = openSource(from, io);
  try {
    const loaded = await source.config('needed');
    const { problems } = configOf(loaded, from.secretName);
    return { subject: loaded.origin, problems: [...problems], secretKeysNeeded: [] };
  } finally {
    await source.close();
  }
}

function textOf(checked: Checked): string {
  const { subject, problems, secretKeysNeeded } = checked;
  const errors = errorsOf(checked);
  const warnings = problems.length - errors;
  const lines = problems.map(
    ({ severity, what, fix, ...place }) => `${placeOf(place)}: ${severity}: ${what}\n    ${fix}\n`,
  );
  if (secretKeysNeeded.length > 0) {
    lines.push(`No Secret was given, so these keys were not looked up: ${secretKeysNeeded.join(', ')}\n`);
  }
  const counts = [counted(errors, 'error'), counted(warnings, 'warning')].join(', ');
  const verdict =
    errors + warnings === 0 ? 'no problems' : errors === 0 ? `${counts}: it can be used` : counts;
  return printable(`${lines.join('')}${subject}: ${verdict}\n`);
}

/** As compilers write it, so that editors find the line: `file:line:column: key`. */
function placeOf({
  file,
  key,
  line,
  column,
}: Pick<Problem, 'key' | 'line' | 'column'> & { file?: string }): string {
  if (file !== undefined) return `${file}:${line ?? 1}:${column ?? 1}${key === '' ? '' : `: ${key}`}`;
  return [
    key,
    ...(line === undefined ? [] : [`line ${line}`]),
    ...(column === undefined ? [] : [`column ${column}`]),
  ].join(', ');
}

function jsonOf(checked: Checked): string {
  const errors = errorsOf(checked);
  return `${JSON.stringify({ ...checked, errors, warnings: checked.problems.length - errors }, null, 2)}\n`;
}

function errorsOf({ problems }: Checked): number {
  return problems.filter(({ severity }) => severity === 'error').length;
}

function counted(count: number, what: string): string {
  return `${count === 0 ? 'no' : count} ${what}${count === 1 ? '' : 's'}`;
}
