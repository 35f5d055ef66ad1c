/* `herald --version`, which scripts ask again and again, beside a Node.js that does nothing. */
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { median, report } from '../figure.ts';
import { flags } from '../flags.ts';

const { checkout } = flags();
const program = join(checkout ?? resolve(import.meta.dirname, '..', '..'), 'bin', 'herald.cjs');

function lasts(args: string[]): number {
  const began = performance.now();
  const { status } = spawnSync(process.execPath, args);
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}`);
  return performance.now() - began;
}

const times = Array.from({ length: 9 }, () => ({
  ours: lasts([program, '--version']),
  bare: lasts(['-e', '0']),
}));
const ours = median(times.map((each) => each.ours));
const ratio = ours / median(times.map(({ bare }) => bare));
report({ figure: 'herald --version', value: ours, unit: 'ms', ratio, goal: 1.5 });
