import { cpus, totalmem } from 'node:os';
import { markdownTable } from '../scripts/markdown-table.ts';
import type { RunResult } from './run-scenario.ts';
import type { Scenario } from './scenario.ts';

/** When and on what figures were taken. */
export function circumstances(now: Date): string {
  const { length: cores } = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${now.toISOString().slice(0, 16).replace('T', ' ')} UTC, ${cores} cores, ${memory} GiB, Node.js ${process.versions.node}`;
}

/** Whether the promise was kept. Where nothing was played, nobody knows. */
export function holdsOf(results: readonly RunResult[]): boolean {
  const played = results.filter(({ skipped }) => skipped === undefined);
  return played.length > 0 && played.every(({ wrong }) => wrong.length === 0);
}

const heading = [
  'scenario',
  'store',
  'changes',
  'expected',
  'lost',
  'doubled',
  'out of order',
  '> 1 min late',
  'longest delay',
  'kills',
  'other faults',
  '429s',
  'recovery: first, last message',
  'verdict',
];

/** A section of Markdown about a whole run. */
export function runReport(
  results: readonly RunResult[],
  about: readonly Scenario[],
  { now, commands }: { now: Date; commands: (result: RunResult) => string },
): string {
  const played = results.filter(({ skipped }) => skipped === undefined);
  const sum = (key: 'changes' | 'expected' | 'lost' | 'doubled' | 'kills' | 'faults') =>
    played.reduce((total, result) => total + result[key], 0);
  const names = new Set(results.map(({ scenario }) => scenario));
  return [
    '## Fault injection',
    '',
    `${circumstances(now)}, seed ${results[0]?.seed ?? '-'}.`,
    `${sum('changes')} changes, ${sum('expected')} messages expected, ${sum('lost')} lost, ${sum('doubled')} doubled, ` +
      `${sum('kills')} kills, ${sum('faults')} other faults.`,
    '',
    markdownTable(heading, results.map(rowOf)),
    '',
    ...about.filter(({ name }) => names.has(name)).map(({ name, about: text }) => `- \`${name}\`: ${text}.`),
    '',
    'Each row again:',
    '',
    '```sh',
    ...results.map(commands),
    '```',
    '',
  ].join('\n');
}

export function rowOf(result: RunResult): string[] {
  const { scenario, store, skipped, wrong } = result;
  if (skipped !== undefined)
    return [scenario, store, ...heading.slice(3).map(() => '–'), `skipped: ${skipped}`];
  return [
    scenario,
    store,
    ...[result.changes, result.expected, result.lost, result.doubled].map(String),
    ...[result.outOfOrder, result.late].map((count) => `${count ?? '–'}`),
    seconds(result.longestDelay),
    ...[result.kills, result.faults, result.tooFast].map(String),
    `${seconds(result.recoveryFirst)}, ${result.lost === 0 ? seconds(result.recoveryLast) : 'never'}`,
    wrong.length === 0
      ? 'holds'
      : `**${wrong.map((text) => text.slice(0, 120).replaceAll('|', '/')).join('; ')}**`,
  ];
}

function seconds(milliseconds: number | undefined): string {
  return milliseconds === undefined ? '–' : `${(milliseconds / 1_000).toFixed(1)} s`;
}
