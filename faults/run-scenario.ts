import { createRandom } from './random.ts';
import { type Counted, createContext, type Scenario } from './scenario.ts';
import type { Figures } from './tally.ts';
import { createWorkload } from './workload.ts';
import { createWorld, type StoreName } from './world.ts';

export interface RunOptions {
  scenario: Scenario;
  store: StoreName;
  seed: number;
  /** How long faults happen. */
  seconds: number;
}

export interface Run extends Counted {
  scenario: string;
  store: StoreName;
  seed: number;
  seconds: number;
  figures: Figures;
  /** 429 that Slack answered. */
  rateLimited: number;
  /** What is wrong; none: it passed. */
  problems: string[];
  /** Where Herald's logs are, of a run that failed. */
  logs: string | undefined;
}

/** Applications, each with a channel of its own, and changes a second. The embedded store is for small clusters. */
const loads: Readonly<Record<StoreName, { applications: number; rate: number }>> = {
  pglite: { applications: 20, rate: 10 },
  redis: { applications: 60, rate: 40 },
  postgres: { applications: 60, rate: 30 },
};

/** Milliseconds for what is due at the end. */
const patience = 180_000;

export async function runScenario({ scenario, store, seed, seconds }: RunOptions): Promise<Run> {
  const random = createRandom(seed);
  const { hosts = ['herald'], deletes = true, preload } = scenario;
  const world = await createWorld({
    store,
    hosts: [...hosts],
    ...(scenario.slack ? { slack: scenario.slack } : {}),
    env: () => (preload === undefined ? {} : { NODE_OPTIONS: `--import ${preload}` }),
  });
  const workload = createWorkload(world.kubernetes.cluster, world.tally, createRandom(seed + 1), {
    ...loads[store],
    deletes,
  });
  workload.prepare();
  let rateLimited = 0;
  world.slack.onCall(({ answer }) => {
    if (answer === undefined) return;
    if (answer['error'] === 'ratelimited') rateLimited += 1;
  });
  const problems: string[] = [];
  for (const process of world.processes) {
    process.start();
    if (!(await process.ready())) problems.push(`${process.host} did not become ready`);
  }
  const ending = new AbortController();
  const { context, counted, recovered } = createContext(world, workload, random, ending.signal);
  const working = workload.run(ending.signal);
  const end = performance.now() + seconds * 1_000;
  while (performance.now() < end && problems.length === 0) {
    try {
      await scenario.fault(context);
    } catch (error) {
      problems.push(String(error));
    }
  }
  ending.abort();
  await working;
  for (const process of world.processes) {
    if (!(await process.ready(90_000))) problems.push(`${process.host} is not ready at the end`);
  }
  const isComplete = await world.tally.complete(patience);
  await recovered();
  for (const process of world.processes) {
    const code = await process.end('SIGTERM');
    if (code !== 0) problems.push(`${process.host} ended with ${code} at the end`);
    problems.push(...process.crashes);
  }
  const left = await world.left();
  const figures = world.tally.figures();
  if (!isComplete) problems.push(`${figures.lost} lost`);
  if (figures.doubled > 0 && !scenario.mayDouble) problems.push(`${figures.doubled} doubled`);
  if (figures.outOfOrder > 0) problems.push(`${figures.outOfOrder} out of order`);
  if (figures.unexpected > 0) problems.push(`${figures.unexpected} unexpected`);
  if (left.pending + left.parked > 0)
    problems.push(`the ledger still holds ${left.pending} pending and ${left.parked} parked`);
  if (problems.length > 0) problems.push(...world.tally.complaints().slice(0, 20));
  await world.close(problems.length > 0);
  return {
    scenario: scenario.name,
    store,
    seed,
    seconds,
    figures,
    ...counted,
    rateLimited,
    problems,
    logs: problems.length > 0 ? world.directory : undefined,
  };
}
