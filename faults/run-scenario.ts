import { setTimeout as delay } from 'node:timers/promises';
import { observeAnswers } from './alerts/answers.ts';
import { createJudge } from './alerts/judge.ts';
import { createAlertStory } from './alerts/story.ts';
import { between, createRandom, derivedSeed } from './random.ts';
import type { Scenario, ScenarioContext, Story, Volume } from './scenario.ts';
import { scenarios } from './scenarios.ts';
import type { StoreName } from './store-server.ts';
import { type Account, createTally, type Figures } from './tally.ts';
import { configuration, createWorkload } from './workload.ts';
import { createWorld, type World } from './world.ts';

export interface RunOptions {
  /** Its name. */
  scenario: string;
  store: StoreName;
  /** All random choices come from it and the two names. */
  seed: number;
  /** For faults; what is needed to start and to settle comes on top. */
  seconds: number;
  /** @defaultValue 60 */
  applications?: number;
  /** Changes a second. @defaultValue 40 */
  rate?: number;
  /** The tree that Herald is run from. @defaultValue this one */
  root?: string;
}

export interface RunResult extends Figures {
  scenario: string;
  store: StoreName;
  seed: number;
  seconds: number;
  kills: number;
  faults: number;
  /** Milliseconds, with all that is needed to start and to settle. */
  took: number;
  /** Answers of Slack that a channel was asked too often. */
  tooFast: number;
  /** What the figures do not say; empty: nothing. */
  summary: string;
  /** Why it could not be run here. */
  skipped?: string;
  /** What does not hold; none: the promise is kept. */
  wrong: string[];
  /** Cases of it, with their timelines. */
  complaints: string[];
  /** Where Herald's logs are, when something does not hold. */
  logs?: string;
}

const tree = `${import.meta.dirname}/..`;
const defaultRate = 40;
const defaultPatience = 90_000;
/** Milliseconds for everything that was expected to arrive, once all is well. */
const mostSettling = 600_000;
const mostIdling = 60_000;
/** How much longer than a look the pause after it is. */
const lookShare = 20;
const complaintsShown = 3;

/** One scenario on one store, to its verdict. */
export async function runScenario(options: RunOptions): Promise<RunResult> {
  const { store, seed, seconds } = options;
  const scenario = scenarios.find(({ name }) => name === options.scenario);
  if (!scenario) throw new Error(`There is no scenario ${options.scenario}`);
  const volume = scenario.volume?.();
  if (typeof volume === 'string') return skipped(options, volume);
  const random = createRandom(derivedSeed(seed, scenario.name, store));
  const { account, begin, observe } = storyOf(scenario, options);
  const world = await createWorld({
    root: options.root ?? tree,
    tally: account,
    store,
    hosts: scenario.hosts ?? ['herald'],
    ...(scenario.slack && { slack: scenario.slack }),
    env: () => scenario.env ?? {},
    ...(volume && { storeDirectory: volume.directory }),
  });
  const began = performance.now();
  const ended = new AbortController();
  const observing = observe?.(world, ended.signal);
  let isKept = true;
  try {
    const result = await play(scenario, world, volume, { ...options, random, begin });
    isKept = result.wrong.length > 0;
    return {
      scenario: scenario.name,
      store,
      seed,
      seconds,
      took: performance.now() - began,
      tooFast: world.tooFast(),
      ...result,
      ...world.tally.figures(),
      summary: world.tally.summary(),
      ...(isKept && { logs: world.directory }),
    };
  } finally {
    ended.abort();
    await observing;
    await world.close(isKept);
    volume?.remove();
  }
}

async function play(
  scenario: Scenario,
  world: World,
  volume: Volume | undefined,
  options: RunOptions & { random: () => number; begin: BeginStory },
): Promise<Pick<RunResult, 'kills' | 'faults' | 'wrong' | 'complaints'>> {
  const { store, seconds, random } = options;
  const { tally, processes } = world;
  const patience = scenario.patience ?? defaultPatience;
  // Changes do not take numbers from the same row as faults: what they do must not depend on how fast Herald is.
  const story = options.begin(world, createRandom(Math.floor(random() * 2 ** 32)));
  const wrong: string[] = [];
  const counts = { kills: 0, faults: 0 };
  const process = (index: number) => {
    const found = processes[index];
    if (!found) throw new Error(`There is no process ${index}`);
    return found;
  };

  story.prepare();
  for (const each of processes) each.start();
  for (const each of processes) {
    if (!(await each.ready()) && !scenario.allowsExits) wrong.push(`${each.host} did not become ready`);
  }
  await settled(world, patience);

  const ending = new AbortController();
  const working = story.run(ending.signal);
  const duration = seconds * 1_000;
  const end = performance.now() + duration;
  const context: ScenarioContext = {
    world,
    story,
    random,
    store,
    volume,
    duration,
    goesOn: () => performance.now() < end,
    pause: (least, most) =>
      delay(Math.max(0, Math.min(between(random, least, most), end - performance.now()))),
    fault(what) {
      counts.faults += 1;
      tally.disturbed();
      tally.note(what);
    },
    async kill(index = 0) {
      const gone = process(index).end('SIGKILL');
      counts.kills += 1;
      tally.disturbed();
      tally.note(`killed ${process(index).host} (${index})`);
      await gone;
    },
    async start(index = 0, { wait = true } = {}) {
      process(index).start();
      tally.note(`started ${process(index).host} (${index})`);
      if (!wait) return;
      tally.cured(true);
      if (await process(index).ready()) {
        tally.note(`ready: ${process(index).host} (${index})`);
        tally.ready();
      } else if (!scenario.allowsExits) wrong.push(`${process(index).host} did not become ready again`);
    },
    async stop(index = 0) {
      tally.note(`SIGTERM to ${process(index).host} (${index})`);
      const code = await process(index).end('SIGTERM');
      tally.note(`${process(index).host} (${index}) has ended with ${code}`);
      if (code !== 0) wrong.push(`exit code ${code} after SIGTERM`);
    },
    cured(what) {
      tally.note(what);
      tally.cured();
    },
  };
  try {
    await scenario.run(context);
  } finally {
    ending.abort();
    await working;
  }
  tally.note('changes have ended');
  for (const end of story.endings ?? []) {
    await settled(world, patience);
    await end();
  }
  await settled(world, patience);
  await idle(world);
  return {
    ...counts,
    wrong: [...wrong, ...(await judge(scenario, world))],
    complaints: tally.complaints(complaintsShown),
  };
}

/** Runs until the signal. */
type Observe = (world: World, signal: AbortSignal) => Promise<void>;
type BeginStory = (world: World, random: () => number) => Story;

/** What goes on in the cluster, and who keeps account of what is told of it. */
function storyOf(
  scenario: Scenario,
  { seconds, applications, rate }: RunOptions,
): { account: Account; begin: BeginStory; observe?: Observe } {
  if (scenario.alerts) {
    const judge = createJudge(scenario.alerts.recovery);
    const begin: BeginStory = ({ kubernetes: { cluster }, configure }, random) => {
      const duration = seconds * 1_000;
      const size = { applications: applications ?? 40, rate: rate ?? 6, duration };
      const story = createAlertStory(cluster, judge, random, { ...size, configure });
      return { ...story, endings: [story.rest, story.mend] };
    };
    return {
      account: judge,
      begin,
      observe: ({ processes }, signal) => observeAnswers(processes, judge, signal),
    };
  }
  const tally = createTally();
  const begin: BeginStory = ({ kubernetes: { cluster }, configure }, random) => {
    configure(configuration);
    const size = { applications: applications ?? 60, rate: scenario.rate ?? rate ?? defaultRate };
    return createWorkload(cluster, tally, random, size);
  };
  return { account: tally, begin };
}

/** Resolves when nothing is missing, or nothing has come for so long that nothing more will. */
async function settled({ tally }: World, patience: number): Promise<void> {
  const began = Date.now();
  for (;;) {
    const now = Date.now();
    if (tally.missing() === 0) return;
    if (now - Math.max(began, tally.lastArrival()) > patience || now - began > mostSettling) return;
    // To look may take long, and Slack answers from this process.
    await delay(Math.max(50, lookShare * (Date.now() - now)));
  }
}

/** Resolves when no Herald has work left: what would be sent once more has been by then. */
async function idle(world: World): Promise<void> {
  const end = performance.now() + mostIdling;
  while (performance.now() < end) {
    if ((await world.deliveries()).pending === 0) return;
    await delay(1_000);
  }
}

async function judge(scenario: Scenario, world: World): Promise<string[]> {
  const wrong: string[] = [];
  for (const each of world.processes) {
    const isAlive = each.isRunning();
    const code = await each.end('SIGTERM');
    if (isAlive && code !== 0) wrong.push(`exit code ${code} at the end`);
    wrong.push(...(await each.crashes()).map((line) => `crash: ${line}`));
    if (!scenario.allowsExits) wrong.push(...each.exits);
  }
  const { lost, doubled, unexpected, outOfOrder = 0 } = world.tally.figures();
  const { pending, parked } = await world.deliveries();
  if (lost > 0) wrong.push(`${lost} lost`);
  if (doubled > 0 && !scenario.allowsDoubles) wrong.push(`${doubled} doubled`);
  if (unexpected > 0) wrong.push(`${unexpected} unexpected`);
  if (outOfOrder > 0 && !scenario.allowsDisorder) wrong.push(`${outOfOrder} out of order`);
  if (pending > 0) wrong.push(`${pending} still pending`);
  if (parked.length > 0) wrong.push(`${parked.length} parked: ${[...new Set(parked)].join(', ')}`);
  return wrong;
}

export function skipped({ scenario, store, seed, seconds }: RunOptions, reason: string): RunResult {
  return {
    scenario,
    store,
    seed,
    seconds,
    kills: 0,
    faults: 0,
    took: 0,
    tooFast: 0,
    changes: 0,
    expected: 0,
    arrived: 0,
    lost: 0,
    doubled: 0,
    unexpected: 0,
    summary: '',
    skipped: reason,
    wrong: [],
    complaints: [],
  };
}
