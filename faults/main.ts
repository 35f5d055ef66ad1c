import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Arguments, parseArguments, type Row, usage } from './arguments.ts';
import { holdsOf, rowOf, runReport } from './report.ts';
import { type RunResult, runScenario } from './run-scenario.ts';
import { scenarios } from './scenarios.ts';
import { soak } from './soak.ts';

const mostSeed = 2 ** 31;

async function main(): Promise<number> {
  let given: Arguments;
  try {
    given = parseArguments(process.argv.slice(2), Math.floor(Math.random() * mostSeed));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    return 2;
  }
  // Each process and server of a run wants to be ended with this one, and so do the signals.
  process.setMaxListeners(0);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
  process.stdout.write(`Seed ${given.seed}\n`);
  const { text, holds } = given.soak ? await playSoak(given) : await playRows(given);
  process.stdout.write(`\n${text}`);
  if (given.out !== undefined) writeFileSync(given.out, text);
  return holds ? 0 : 1;
}

async function playRows(given: Arguments): Promise<{ text: string; holds: boolean }> {
  const { rows, atOnce } = given;
  const results: RunResult[] = [];
  const left = rows.entries();
  async function playInTurn(): Promise<void> {
    for (const [index, row] of left) {
      process.stdout.write(
        `[${index + 1}/${rows.length}] ${row.scenario} on ${row.store}, ${row.seconds.toFixed(0)} s\n`,
      );
      results[index] = await playRow(given, row);
    }
  }
  await Promise.all(Array.from({ length: atOnce }, playInTurn));
  const text = runReport(results, scenarios, {
    now: new Date(),
    commands: (result) => commandOf(given, result),
  });
  return { text, holds: holdsOf(results) };
}

async function playRow(given: Arguments, row: Row): Promise<RunResult> {
  const { seed, applications, rate, root } = given;
  const result = await runScenario({
    ...row,
    seed,
    ...(applications !== undefined && { applications }),
    ...(rate !== undefined && { rate }),
    ...(root !== undefined && { root: resolve(root) }),
  });
  process.stdout.write(`| ${rowOf(result).join(' | ')} | took ${Math.round(result.took / 1_000)} s\n`);
  if (result.summary !== '') process.stdout.write(`  ${result.summary}\n`);
  if (result.logs !== undefined) {
    process.stdout.write(
      `  ${[...result.complaints, ...result.wrong].join('\n  ')}\n  Logs: ${result.logs}\n  ${commandOf(given, result)}\n`,
    );
  }
  return result;
}

function commandOf({ applications, rate }: Arguments, { scenario, store, seed, seconds }: RunResult): string {
  const command = `npm run faults -- --scenario ${scenario} --store ${store} --seed ${seed} --seconds ${Math.round(seconds)}`;
  return [
    command,
    ...(applications === undefined ? [] : [`--applications ${applications}`]),
    ...(rate === undefined ? [] : [`--rate ${rate}`]),
  ].join(' ');
}

async function playSoak({ applications = 10_000, rate = 50, minutes, stores, seed, root }: Arguments) {
  const store = stores.length === 1 ? (stores[0] ?? 'redis') : 'redis';
  return await soak({
    applications,
    rate,
    minutes,
    store,
    seed,
    ...(root !== undefined && { root: resolve(root) }),
  });
}

process.exit(await main());
