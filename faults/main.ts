import { appendFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { headingOf, machine, rowOf, summaryOf, tableOf } from './report.ts';
import { type Run, runScenario } from './run-scenario.ts';
import { allStores, type Scenario } from './scenario.ts';
import { processScenarios } from './scenarios/processes.ts';
import { surroundingScenarios } from './scenarios/surroundings.ts';
import { soak } from './soak.ts';
import type { StoreName } from './world.ts';

const scenarios: readonly Scenario[] = [...processScenarios, ...surroundingScenarios];
/** What CI runs: one of each kind of failure, on the store that it concerns most. */
const short: readonly [string, StoreName][] = [
  ['kill', 'pglite'],
  ['kill', 'postgres'],
  ['kill-between', 'redis'],
  ['replicas-kill', 'redis'],
  ['replicas-rolling', 'postgres'],
  ['store-restart', 'redis'],
  ['store-outage', 'postgres'],
  ['slack-lost-answers', 'redis'],
  ['watch-410', 'redis'],
];
const shortSeconds = 10;

const help = `npm run faults -- [options]

  --scenario NAMES  ${scenarios.map(({ name }) => name).join(', ')}
  --store NAMES     ${allStores.join(', ')}
  --seed N          of all moments and choices; printed when it is not given
  --seconds N       for each scenario and store
  --minutes N       for all of them together, in place of --seconds
  --short           what CI runs
  --soak            steady load in place of faults; with --applications, --rate, --minutes, --store
  --out FILE        appends the table as Markdown
`;

const { values } = parseArgs({
  options: {
    scenario: { type: 'string' },
    store: { type: 'string' },
    seed: { type: 'string' },
    seconds: { type: 'string' },
    minutes: { type: 'string' },
    short: { type: 'boolean', default: false },
    soak: { type: 'boolean', default: false },
    applications: { type: 'string', default: '10000' },
    rate: { type: 'string', default: '50' },
    out: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

// Servers that are given by their URL are not ours to kill.
delete process.env['HERALD_TEST_REDIS'];
delete process.env['HERALD_TEST_POSTGRES'];

const seed = Number(values.seed ?? Math.floor(Math.random() * 1e9));
process.exitCode = values.help ? usage() : values.soak ? await soakRun() : await faultRuns();

function usage(): number {
  process.stdout.write(help);
  return 0;
}

async function soakRun(): Promise<number> {
  const store = values.store === 'postgres' ? 'postgres' : 'redis';
  const { text, passed } = await soak({
    applications: Number(values.applications),
    rate: Number(values.rate),
    minutes: Number(values.minutes ?? 60),
    store,
    seed,
  });
  publish(text);
  return passed ? 0 : 1;
}

async function faultRuns(): Promise<number> {
  const chosen = choose();
  const seconds = Number(
    values.seconds ??
      (values.minutes === undefined ? shortSeconds : (Number(values.minutes) * 60) / chosen.length),
  );
  process.stdout.write(`Seed ${seed}, ${chosen.length} runs of ${Math.round(seconds)} s\n`);
  process.stdout.write(`${headingOf()}\n`);
  const runs: Run[] = [];
  for (const [scenario, store] of chosen) {
    const run = await runScenario({ scenario, store, seed, seconds });
    runs.push(run);
    process.stdout.write(`${rowOf(run)}\n`);
    for (const problem of run.problems) process.stdout.write(`    ${problem}\n`);
    if (run.problems.length > 0) {
      const again = `--scenario ${run.scenario} --store ${run.store} --seed ${seed} --seconds ${Math.round(seconds)}`;
      process.stdout.write(`    again: npm run faults -- ${again}\n    logs: ${run.logs}\n`);
    }
  }
  publish(
    [
      `### Faults, ${new Date().toISOString().slice(0, 10)}`,
      '',
      `${machine()}. \`npm run faults -- --seed ${seed} --seconds ${Math.round(seconds)}\``,
      '',
      tableOf(runs, scenarios),
      '',
      summaryOf(runs),
      '',
    ].join('\n'),
  );
  return runs.every(({ problems }) => problems.length === 0) ? 0 : 1;
}

function choose(): [Scenario, StoreName][] {
  const named = (list: string | undefined) => list?.split(',').map((name) => name.trim());
  const names = named(values.scenario);
  const stores = named(values.store);
  for (const name of names ?? []) {
    if (!scenarios.some((scenario) => scenario.name === name))
      throw new Error(`No scenario is named ${name}: see --help`);
  }
  for (const name of stores ?? []) {
    if (!allStores.some((store) => store === name)) throw new Error(`No store is named ${name}: see --help`);
  }
  return scenarios.flatMap((scenario) =>
    scenario.stores
      .filter((store) => stores?.includes(store) ?? true)
      .filter((store) => !values.short || short.some(([name, on]) => name === scenario.name && on === store))
      .filter(() => names?.includes(scenario.name) ?? true)
      .map((store): [Scenario, StoreName] => [scenario, store]),
  );
}

function publish(text: string): void {
  process.stdout.write(`\n${text}\n`);
  if (values.out !== undefined) appendFileSync(values.out, `${text}\n`);
}
