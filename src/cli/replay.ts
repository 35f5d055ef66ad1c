import { createWatchScope } from '../cluster/scope.ts';
import { createLog } from '../log.ts';
import type { JsonObject, Problem } from '../model.ts';
import { compare } from '../replay/comparison.ts';
import type { KnownLedger } from '../replay/copied-ledger.ts';
import type { ReplayConfig } from '../replay/player.ts';
import { type RecordedEvent, type RecordedKind, RecordingError } from '../replay/recording.ts';
import { readRecordings } from '../replay/recordings.ts';
import { type Replayed, replay } from '../replay/replay.ts';
import { stateOf } from '../replay/state.ts';
import { CommandFailure, type CommandIo, exitCode, type OpenLedger } from './io.ts';
import type { ConfigSource, ReplayCommandOptions } from './options.ts';
import { comparisonText, timelineText } from './replay-output.ts';
import { openSource, type Source } from './source.ts';
import { printable } from './table.ts';

/** `herald replay`: 0 whatever would be sent, 2 where there is nothing to replay. */
export async function replayCommand(options: ReplayCommandOptions, io: CommandIo): Promise<number> {
  const { source: from } = options;
  const sources = [from.configMap, ...(options.against === '' ? [] : [options.against])].map((configMap) =>
    openSource({ ...from, configMap, secret: isSecretKnown(from, configMap) ? from.secret : ':empty' }, io),
  );
  const [own] = sources as [Source, ...Source[]];
  let ledger: OpenLedger | undefined;
  try {
    const configs: ReplayConfig[] = [];
    for (const [index, source] of sources.entries())
      configs.push(await configOf(source, from, index === 0 ? from.configMap : options.against));
    ledger = options.queue === undefined ? undefined : await io.openLedger(options.queue);
    const story = await storyOf(options, own, io);
    const runs: Replayed[] = [];
    for (const config of configs) runs.push(await run(config, story, ledger, options));
    const [after, before] = runs as [Replayed, Replayed | undefined];
    for (const problem of after.problems) io.stderr(problemText(problem));
    io.stdout(
      before
        ? comparisonText(compare(before.messages, after.messages), after, options.output)
        : timelineText(after, options.output),
    );
    return exitCode.ok;
  } finally {
    await ledger?.close();
    for (const source of sources) await source.close();
  }
}

/** The Secret is not read from the cluster: nothing is sent, and what services refer to is taken to be there. */
function isSecretKnown({ secret }: Pick<ConfigSource, 'secret'>, configMap: string): boolean {
  return secret !== 'none' && (secret !== '' || configMap !== '');
}

async function configOf(source: Source, from: ConfigSource, configMap: string): Promise<ReplayConfig> {
  const { configMap: data, secret, secrets } = await source.config('given');
  return {
    configMap: data,
    secret: isSecretKnown(from, configMap) ? secret : undefined,
    secrets,
    secretName: from.secretName,
  };
}

interface Story {
  events(): AsyncIterable<readonly RecordedEvent[]>;
  /** What could not be listed. */
  unread?: RecordedKind[];
}

async function storyOf(options: ReplayCommandOptions, source: Source, io: CommandIo): Promise<Story> {
  const { files, applicationNamespaces } = options;
  if (files.length > 0)
    return { events: () => readRecordings(files, { onCut: (path) => io.stderr(cutText(path)) }) };
  const namespace = source.namespace();
  const scope = createWatchScope(namespace, applicationNamespaces);
  const everywhere = scope.onlyOwn ? namespace : undefined;
  const objects: (readonly [RecordedKind, JsonObject])[] = [];
  for (const object of await source.list('appprojects', namespace)) objects.push(['AppProject', object]);
  for (const object of await source.list('applications', everywhere)) objects.push(['Application', object]);
  // Argo CD is there without them, too, and they are not everybody's to read.
  const sets = await source.list('applicationsets', everywhere).catch(() => undefined);
  for (const object of sets ?? []) objects.push(['ApplicationSet', object]);
  const state = stateOf(objects, scope, io.now());
  return {
    async *events() {
      yield state;
    },
    ...(sets ? {} : { unread: ['ApplicationSet'] }),
  };
}

async function run(
  config: ReplayConfig,
  { events, unread = [] }: Story,
  ledger: OpenLedger | undefined,
  { files, ahead, skipStart }: ReplayCommandOptions,
): Promise<Replayed> {
  const log = createLog({ level: 'silent', format: 'text' });
  const holds: KnownLedger['holds'] = files.length > 0 ? 'silences' : 'everything';
  const known = ledger ? { ledger: { from: ledger, holds } } : {};
  try {
    const replayed = await replay(events(), { config, ahead, unread, ...known }, { log });
    if (!replayed) throw new CommandFailure(`${files.join(', ')}: there is nothing in it`);
    const { messages } = replayed;
    return skipStart ? { ...replayed, messages: messages.filter(({ isAtStart }) => !isAtStart) } : replayed;
  } catch (error) {
    throw explained(error);
  }
}

function explained(error: unknown): unknown {
  if (error instanceof RecordingError) return new CommandFailure(error.message, { cause: error });
  if (!(error instanceof Error) || !('code' in error)) return error;
  const { code, path = '' } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return new CommandFailure(`${path}: no such file`, { cause: error });
  if (code === 'EISDIR') return new CommandFailure(`${path}: is a directory`, { cause: error });
  if (code === 'EACCES') return new CommandFailure(`${path}: may not be read`, { cause: error });
  if (code?.startsWith('Z_'))
    return new CommandFailure(
      `a file whose name ends with .gz is not compressed, or damaged: ${error.message}`,
      {
        cause: error,
      },
    );
  return error;
}

function cutText(path: string): string {
  return printable(
    `${path}: its last line is cut off, and left out: whoever recorded it did not come to its end\n`,
  );
}

function problemText({ key, line, severity, what, fix }: Problem): string {
  return printable(`${key}${line === undefined ? '' : `, line ${line}`}: ${severity}: ${what}\n    ${fix}\n`);
}
