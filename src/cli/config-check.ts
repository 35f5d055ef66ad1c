import { type CheckReport, checkConfig } from '../config/check.ts';
import type { Config } from '../config/config.ts';
import { type InspectOptions, inspectConfig } from '../config/inspect.ts';
import type { Problem } from '../model.ts';
import { checkClusterSubscriptions } from './cluster-subscriptions.ts';
import { CommandFailure, type CommandIo, exitCode } from './io.ts';
import { configOf } from './loaded-config.ts';
import type { ConfigCheckOptions } from './options.ts';
import { nameOf, openSource, readInput, type Source } from './source.ts';
import { printable } from './table.ts';

/** A problem with the place that people look it up at. */
type PlacedProblem = Problem & {
  file?: string;
  /** Of an Application or AppProject: `Application argocd/guestbook`. */
  object?: string;
};

interface Checked {
  /** What was checked. */
  subject: string;
  problems: PlacedProblem[];
  /** Keys that were not looked up, because there was no Secret. */
  secretKeysNeeded: string[];
}

/**
 * `herald config check`: 0 without errors (with `--strict`: without warnings, too), 1 with, 2 where there was nothing
 * to check.
 */
export async function check(options: ConfigCheckOptions, io: CommandIo): Promise<number> {
  const source = openSource(options.source, io);
  try {
    const inspect = await inspectOptions(options, source, io);
    const paths = [...options.files, options.source.configMap, options.source.secret].filter(
      (path) => path !== '' && path !== ':empty',
    );
    const { config, ...checked } =
      paths.length > 0
        ? await checkFiles(paths, options, inspect, io)
        : await checkCluster(options, inspect, source);
    if (options.cluster) await addSubscriptions(checked, config, options, source);
    io.stdout(options.output === 'json' ? jsonOf(checked) : textOf(checked));
    const failing = options.strict ? checked.problems.length : errorsOf(checked);
    return failing > 0 ? exitCode.negative : exitCode.ok;
  } finally {
    await source.close();
  }
}

async function inspectOptions(
  { application }: ConfigCheckOptions,
  source: Source,
  io: CommandIo,
): Promise<InspectOptions> {
  const now = io.now();
  if (application === '') return { now };
  if (!(await io.isFile(application))) throw new CommandFailure(`${application}: no such file`);
  return { now, application: (await source.application(application)).object };
}

async function checkFiles(
  paths: readonly string[],
  { source }: ConfigCheckOptions,
  inspect: InspectOptions,
  io: CommandIo,
): Promise<Checked & { config: Config | undefined }> {
  const { configMapName, secretName } = source;
  const files = await Promise.all(
    paths.map(async (path) => ({ name: nameOf(path), text: await readInput(path, io) })),
  );
  if (source.secret === ':empty') files.push({ name: ':empty', text: emptySecret(secretName) });
  const report = checkConfig({ files, configMapName, secretName, ...inspect });
  if (report.configMaps.length === 0 && report.problems.every(({ key }) => key === '')) {
    throw new CommandFailure(nothingToCheck(report, configMapName));
  }
  const names = [
    ...new Set(report.configMaps.map(({ file, name }) => `${file} (ConfigMap ${name || configMapName})`)),
  ];
  const { problems, secretKeysNeeded, configs } = report;
  return { subject: names.join(', '), problems, secretKeysNeeded, config: configs[0] };
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

async function checkCluster(
  { source: from }: ConfigCheckOptions,
  inspect: InspectOptions,
  source: Source,
): Promise<Checked & { config: Config }> {
  const loaded = await source.config('needed');
  const config = configOf(loaded, from.secretName, (inspected) => inspectConfig(inspected, inspect));
  return { subject: loaded.origin, problems: [...config.problems], secretKeysNeeded: [], config };
}

async function addSubscriptions(
  checked: Checked,
  config: Config | undefined,
  { source: from, applicationNamespaces, selfService }: ConfigCheckOptions,
  source: Source,
): Promise<void> {
  if (!config) throw new CommandFailure('there is no ConfigMap that the subscriptions could be checked with');
  const namespace = from.kube.namespace || source.namespace();
  const scope = { applicationNamespaces, selfService, namespace };
  const { problems, looked } = await checkClusterSubscriptions(source, config, scope);
  checked.problems.push(...problems);
  checked.subject += `, ${looked}`;
}

/** Problems grouped by key, or by Application; each with its place, and its fix below it. */
function textOf(checked: Checked): string {
  const { subject, problems, secretKeysNeeded } = checked;
  const errors = errorsOf(checked);
  const warnings = problems.length - errors;
  const groups = Map.groupBy(problems, groupOf);
  const lines = [...groups].map(([group, all]) => `${group}\n${all.map(lineOf).join('')}\n`);
  if (secretKeysNeeded.length > 0) {
    lines.push(`No Secret was given, so these keys were not looked up: ${secretKeysNeeded.join(', ')}\n`);
  }
  const counts = [counted(errors, 'error'), counted(warnings, 'warning')].join(', ');
  const verdict =
    errors + warnings === 0 ? 'no problems' : errors === 0 ? `${counts}: it can be used` : counts;
  return printable(`${lines.join('')}${subject}: ${verdict}\n`);
}

function groupOf({ file, object, key }: PlacedProblem): string {
  return object ?? (key === '' ? (file ?? '') : key);
}

/** `file:line:column: error: what`, as compilers write it, so that editors find the line. */
function lineOf({ file, object, key, line, column, severity, what, fix }: PlacedProblem): string {
  const at = [
    ...(object === undefined ? [] : [key]),
    ...(file === undefined ? [] : [file]),
    ...(line === undefined ? [] : [`${line}:${column ?? 1}`]),
  ];
  return `  ${at.length === 0 ? '' : `${at.join(':')}: `}${severity}: ${what}\n      ${fix}\n`;
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
