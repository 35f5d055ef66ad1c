/** Runs the vector files of a directory through the product's own code paths. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeJson } from '../../src/go/json.ts';
import { readFixtures } from './fixtures.ts';
import type { FiledVerdict } from './report.ts';
import { type ConfigCase, runConfig } from './run-config.ts';
import { runExpr } from './run-expr.ts';
import { type PipelineVectors, runPipeline } from './run-pipeline.ts';
import { readServiceVectors, runServices } from './run-services.ts';
import { runState, type StateVectors } from './run-state.ts';
import { runSubscriptions, type SubscriptionCase } from './run-subscriptions.ts';
import { runTemplates } from './run-templates.ts';
import { VectorFileError } from './vector-file-error.ts';
import type { Verdict } from './verdict.ts';

interface Case {
  /** `id` in `services.json`. */
  name: string;
  /** Absent in `state.json`, whose lists are the groups. */
  group?: string;
  nondeterministic?: boolean;
}

type PipelineCase = PipelineVectors['cases'][number] & Case;
type Runner = (file: string, fixturesFile: string) => Promise<Verdict[]>;

/** By name of file, without `.json`. */
const runners: Readonly<Record<string, Runner>> = {
  expr: async (file, fixturesFile) => runExpr(file, fixturesFile),
  templates: async (file, fixturesFile) => runTemplates(file, fixturesFile),
  pipeline: (file, fixturesFile) => {
    const { header, cases } = readJson(file) as PipelineVectors & { cases: PipelineCase[] };
    const fixtures = readFixtures(fixturesFile);
    return eachCase(cases, async (vector) => {
      const { documented, failures } = await runPipeline({ header, cases: [vector] }, fixtures);
      const [failure] = failures;
      if (failure) {
        const { expected, actual } = failure;
        return {
          status: 'failed',
          detail: `expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`,
        };
      }
      const [difference] = documented;
      return difference ? { status: 'documented', detail: difference.why } : { status: 'passed' };
    });
  },
  state: (file, fixturesFile) =>
    runState(decodeJson(readFileSync(file, 'utf8')) as StateVectors, readFixtures(fixturesFile)),
  subscriptions: (file) =>
    eachCase((readJson(file) as { cases: SubscriptionCase[] }).cases, (vector) =>
      only(runSubscriptions({ cases: [vector] })),
    ),
  config: (file) =>
    eachCase((readJson(file) as { cases: ConfigCase[] }).cases, (vector) =>
      only(runConfig({ cases: [vector] })),
    ),
  services: (file, fixturesFile) => runServices(readServiceVectors(file), readFixtures(fixturesFile)),
};

const vectorFiles = Object.keys(runners).map((name) => `${name}.json`);

const ownFixtures = join(import.meta.dirname, 'fixtures.json');

/** The fixtures that go with the vectors of a directory: its own, or else those of the repository. */
export function fixturesOf(directory: string): string {
  const own = join(directory, 'fixtures.json');
  return existsSync(own) ? own : ownFixtures;
}

/** Every file that is there, in a fixed order. Throws a VectorFileError where there is none, or one cannot be read. */
export async function runDirectory(directory: string): Promise<FiledVerdict[]> {
  const found = Object.entries(runners).filter(([name]) => existsSync(join(directory, `${name}.json`)));
  if (found.length === 0) {
    throw new VectorFileError(
      `${directory} holds no vectors: give a directory with ${vectorFiles.join(', ')}`,
    );
  }
  const fixtures = fixturesOf(directory);
  const verdicts: FiledVerdict[] = [];
  for (const [name, run] of found) {
    const file = join(directory, `${name}.json`);
    const skipped = skippedCases(file);
    for (const verdict of await run(file, fixtures)) {
      const isSkipped = skipped.has(`${verdict.group} ${verdict.name}`);
      verdicts.push({ file: name, ...verdict, ...(isSkipped ? { status: 'skipped' } : {}) });
    }
  }
  return verdicts;
}

type Judgement = Omit<Verdict, 'name' | 'group'>;

async function eachCase<T extends Case>(
  cases: readonly T[],
  judge: (vector: T) => Judgement | Promise<Judgement>,
): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  for (const vector of cases) {
    const { name, group = '' } = vector;
    try {
      verdicts.push({ ...(await judge(vector)), name, group });
    } catch (error) {
      verdicts.push({ name, group, status: 'failed', detail: `throws ${String(error)}` });
    }
  }
  return verdicts;
}

function only([verdict]: Verdict[]): Judgement {
  return verdict ?? { status: 'failed', detail: 'no verdict' };
}

/** `<group> <name>` of the cases whose answer changes from run to run. Throws a VectorFileError if there are no cases. */
function skippedCases(file: string): Set<string> {
  const lists = Object.entries(readJson(file)).filter((entry): entry is [string, Case[]] =>
    Array.isArray(entry[1]),
  );
  if (lists.length === 0) throw new VectorFileError(`${file} holds no cases: give a file of vectors`);
  const skipped = lists.flatMap(([list, cases]) =>
    cases
      .filter(({ nondeterministic }) => nondeterministic === true)
      .map(({ group, name }) => `${group ?? list} ${name}`),
  );
  return new Set(skipped);
}

function readJson(file: string): object {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new VectorFileError(`${file} cannot be read as JSON: ${String(error)}`, { cause: error });
  }
  if (typeof content === 'object' && content !== null && !Array.isArray(content)) return content;
  throw new VectorFileError(`${file} holds no cases: give a file of vectors`);
}
