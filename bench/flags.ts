import { readdirSync } from 'node:fs';
import { join, parse } from 'node:path';
import { parseArgs } from 'node:util';

export const rowsFolder = join(import.meta.dirname, 'rows');
const rowNames = readdirSync(rowsFolder).map((file) => parse(file).name);
const storeNames = ['redis', 'sqlite', 'postgres'];

export const usage = `npm run bench -- [--only ROW]… [--rounds 3] [--write]
    [--applications 10000] [--changes 1000] [--seconds 30] [--store redis|sqlite|postgres]…
    [--peer PROGRAM [--peer-flags "FLAG …"]] [--checkout DIRECTORY] [--profile DIRECTORY]

  --only        rows: ${rowNames.join(', ')}; all of them
  --write       puts the ratios into bench/baseline.json in place of comparing them
  --changes     of the burst; --seconds: of the 20 changes a second after it
  --store       of the burst and of large installations; all of them
  --peer        another controller to measure the burst of: argocd, or what takes the flags of its notifications
  --checkout    measures the Herald of another checkout
  --profile     where the profile of the measured Herald is written
A ratio is compared with that of a figure of the same name, which holds its sizes: other sizes have no baseline.
`;

/** The flags of `npm run bench`, which every row is given. Throws with a sentence for people where one is wrong. */
export function flags(args: readonly string[] = process.argv.slice(2)) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', multiple: true, default: rowNames },
      rounds: { type: 'string', default: '3' },
      write: { type: 'boolean', default: false },
      applications: { type: 'string', default: '10000' },
      changes: { type: 'string', default: '1000' },
      seconds: { type: 'string', default: '30' },
      store: { type: 'string', multiple: true, default: storeNames },
      peer: { type: 'string' },
      'peer-flags': { type: 'string', default: '' },
      checkout: { type: 'string' },
      profile: { type: 'string' },
    },
  });
  return {
    ...values,
    only: known(values.only, rowNames, 'row'),
    store: known(values.store, storeNames, 'store'),
    rounds: whole(values.rounds, 'rounds'),
    applications: whole(values.applications, 'applications'),
    changes: whole(values.changes, 'changes'),
    seconds: whole(values.seconds, 'seconds'),
  };
}

function known(given: readonly string[], all: readonly string[], what: string): readonly string[] {
  const unknown = given.find((name) => !all.includes(name));
  if (unknown === undefined) return given;
  throw new Error(`There is no ${what} ${unknown}; there are ${all.join(', ')}`);
}

function whole(text: string, name: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new Error(`--${name} ${text}: write a whole number from 1 on`);
}
