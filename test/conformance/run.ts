/** `npm run conformance -- DIR [--corpus DIR]`, see docs/conformance.md. */
import { statSync } from 'node:fs';
import { type Corpus, CorpusError, openCorpus, runCorpus } from './corpus.ts';
import { runCorpusSends } from './corpus-sends.ts';
import { documentedLines, type FiledVerdict, failureLines, summarize, totalLines } from './report.ts';
import { fixturesOf, runDirectory } from './run-directory.ts';
import { differenceRows, loadDifferences } from './services/difference.ts';
import { VectorFileError } from './vector-file-error.ts';

const help = `Usage: npm run conformance -- DIR [--corpus DIR] [--documented]
       npm run conformance -- --differences

Runs vectors of the real notifications engine against Herald, and real ConfigMaps with their golden results.

  DIR            directory with expr.json, templates.json, pipeline.json, state.json, subscriptions.json, config.json,
                 services.json (those that are there) and fixtures.json (the repository's where it has none)
  --corpus DIR   directory with golden.jsonl, the ConfigMaps it names (in DIR or a folder in it) and apps/*.json
  --documented   also prints a line for each vector where Herald differs as documented
  --differences  prints the table of docs/conformance.md on how services differ, and nothing else
  --help         prints this

Prints a line per failure, totals per group, and as its last line {"passed":N,"failed":N,"groups":{...}}.
"passed" includes documented differences, which each group counts apart; skipped vectors are in neither figure.
Exit code: 0 all passed, 1 something failed, 2 wrong use.
`;

interface Options {
  directory?: string;
  corpus?: string;
  documented: boolean;
}

class UsageError extends Error {}

/** Takes the arguments after the script's name; answers the exit code. */
export async function conformance(
  args: readonly string[],
  io: { stdout(text: string): void; stderr(text: string): void },
): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    io.stdout(help);
    return 0;
  }
  if (args.includes('--differences')) {
    io.stdout(`${differenceRows(await loadDifferences()).join('\n')}\n`);
    return 0;
  }
  try {
    const options = parse(args);
    const verdicts = await run(options);
    const summary = summarize(verdicts);
    const lines = [
      ...failureLines(verdicts),
      ...(options.documented ? documentedLines(verdicts) : []),
      ...totalLines(summary),
      JSON.stringify(summary),
    ];
    io.stdout(`${lines.join('\n')}\n`);
    return summary.failed === 0 ? 0 : 1;
  } catch (error) {
    const isExpected = [UsageError, VectorFileError, CorpusError].some((type) => error instanceof type);
    if (!isExpected) throw error;
    io.stderr(`conformance: ${(error as Error).message}\n`);
    return 2;
  }
}

async function run({ directory, corpus }: Options): Promise<FiledVerdict[]> {
  // Wrong use is told before anything is run.
  const opened: Corpus | undefined = corpus === undefined ? undefined : openCorpus(corpus);
  const verdicts = directory === undefined ? [] : await runDirectory(directory);
  if (opened) {
    const fixtures = fixturesOf(directory ?? '');
    verdicts.push(...runCorpus(opened, fixtures), ...(await runCorpusSends(opened, fixtures)));
  }
  return verdicts;
}

function parse(args: readonly string[]): Options {
  const options: Options = { documented: false };
  for (let index = 0; index < args.length; index += 1) {
    const arg = args[index] ?? '';
    const [flag, inline] = arg.startsWith('--') ? splitOnce(arg) : [arg];
    if (flag === '--corpus') {
      if (inline === undefined) index += 1;
      options.corpus = existing(inline ?? args[index] ?? '', '--corpus');
    } else if (arg === '--documented') options.documented = true;
    else if (arg.startsWith('-')) throw new UsageError(`unknown flag ${flag}: see --help`);
    else if (options.directory !== undefined) {
      throw new UsageError(`a second directory ${arg}: give one, and real ConfigMaps with --corpus DIR`);
    } else options.directory = existing(arg, 'DIR');
  }
  if (options.directory === undefined && options.corpus === undefined) {
    throw new UsageError('no directory: give one, as in npm run conformance -- test/conformance');
  }
  return options;
}

function splitOnce(arg: string): [string, string?] {
  const at = arg.indexOf('=');
  return at < 0 ? [arg] : [arg.slice(0, at), arg.slice(at + 1)];
}

function existing(path: string, of: string): string {
  if (path === '') throw new UsageError(`${of} needs a directory: see --help`);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return path;
  throw new UsageError(`${of}: ${path} is no directory: give one that exists`);
}

if (import.meta.main) {
  // The engine's answers were made in UTC.
  process.env.TZ = 'UTC';
  process.exitCode = await conformance(process.argv.slice(2), {
    stdout: (text) => process.stdout.write(text),
    stderr: (text) => process.stderr.write(text),
  });
}
