import { parseArgs } from 'node:util';
import { scenarios } from './scenarios.ts';
import { type StoreName, storeNames } from './store-server.ts';

export interface Row {
  scenario: string;
  store: StoreName;
  /** For faults. */
  seconds: number;
}

export interface Arguments {
  rows: Row[];
  /** Rows that are played at the same time. */
  atOnce: number;
  soak: boolean;
  seed: number;
  applications: number | undefined;
  rate: number | undefined;
  minutes: number;
  out: string | undefined;
  /** The tree that Herald is run from. */
  root: string | undefined;
  stores: StoreName[];
}

export const usage = `npm run faults -- [--scenario NAME,…] [--store sqlite,redis,postgres] [--seed N]
    [--short | --minutes M | --seconds S] [--at-once N] [--applications N] [--rate PER-SECOND]
    [--herald DIRECTORY] [--out FILE.md]
npm run faults -- --soak [--applications 10000] [--rate 50] [--minutes 60] [--store redis]

  --short      a choice of rows, in two to three minutes
  --minutes    for all rows together, shared out among them
  --seconds    of faults for each row; where nothing is said 60, and more where processes are killed
  --at-once    rows that are played at the same time; 1, and 2 in the short form
  --herald     run the Herald of another tree
Scenarios: ${scenarios.map(({ name }) => name).join(', ')}
`;

/** Of the short form. */
const shortRows: readonly (readonly [string, StoreName])[] = [
  ['kill', 'sqlite'],
  ['kill-between', 'redis'],
  ['store-restart', 'redis'],
  ['watch-410', 'redis'],
  ['slack-lost-answers', 'postgres'],
  ['replicas-kill', 'redis'],
  ['kill', 'postgres'],
  ['alerts-kill', 'sqlite'],
  ['alerts-kill-between', 'redis'],
  ['alerts-store-restart', 'postgres'],
];
const shortSeconds = 10;
/** A row is waiting most of the time. */
const shortAtOnce = 2;
/** What a row takes beside its faults. */
const overhead = 15;

/** Throws with a sentence for people where something is wrong. */
export function parseArguments(given: readonly string[], randomSeed: number): Arguments {
  const { values } = parseArgs({
    args: [...given],
    options: {
      scenario: { type: 'string' },
      store: { type: 'string' },
      seed: { type: 'string' },
      short: { type: 'boolean', default: false },
      soak: { type: 'boolean', default: false },
      minutes: { type: 'string' },
      seconds: { type: 'string' },
      'at-once': { type: 'string' },
      applications: { type: 'string' },
      rate: { type: 'string' },
      herald: { type: 'string' },
      out: { type: 'string' },
    },
  });
  const names = listed(
    values.scenario,
    scenarios.map(({ name }) => name),
    'scenario',
  );
  const stores = listed(values.store, storeNames, 'store');
  const isShort = values.short;
  const all = scenarios
    .filter(({ name }) => names.includes(name))
    .flatMap((scenario) =>
      (scenario.stores ?? storeNames)
        .filter((store) => stores.includes(store))
        .map((store) => ({ scenario: scenario.name, store, share: scenario.share ?? 1 })),
    )
    .filter(({ scenario, store }) => !isShort || shortRows.some(([a, b]) => a === scenario && b === store));
  if (all.length === 0 && !values.soak) throw new Error('None of these scenarios is for one of these stores');
  const minutes = number(values.minutes, 'minutes');
  const atOnce = atOnceOf(values['at-once']) ?? (isShort ? shortAtOnce : 1);
  const shares = all.reduce((sum, { share }) => sum + share, 0);
  const one = minutes && Math.max(5, (minutes * 60 * atOnce - all.length * overhead) / shares);
  const each = number(values.seconds, 'seconds') ?? (isShort ? shortSeconds : undefined);
  return {
    rows: all.map(({ share, ...row }) => ({ ...row, seconds: each ?? (one ?? 60) * share })),
    atOnce,
    soak: values.soak,
    seed: number(values.seed, 'seed') ?? randomSeed,
    applications: number(values.applications, 'applications'),
    rate: number(values.rate, 'rate'),
    minutes: minutes ?? 60,
    out: values.out,
    root: values.herald,
    stores,
  };
}

function listed<T extends string>(text: string | undefined, all: readonly T[], what: string): T[] {
  if (text === undefined) return [...all];
  const wanted = text.split(',').map((name) => name.trim());
  const unknown = wanted.find((name) => !all.some((one) => one === name));
  if (unknown !== undefined) throw new Error(`There is no ${what} ${unknown}; there are ${all.join(', ')}`);
  return all.filter((one) => wanted.includes(one));
}

function atOnceOf(text: string | undefined): number | undefined {
  const value = number(text, 'at-once');
  if (value === undefined || (Number.isInteger(value) && value > 0)) return value;
  throw new Error(`--at-once ${text}: write a whole number from 1 on`);
}

function number(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0 || text.trim() === '') {
    throw new Error(`--${name} ${text}: write a number`);
  }
  return value;
}
