import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../cli/support.ts';
import { repository } from '../shipping/kustomize.ts';

/** Starts the demo in a process group of its own, as a terminal does. */
function start(flags: string[]) {
  const folder = temporaryFolder();
  const child = spawn(process.execPath, [join(repository, 'demo/start.cjs'), ...flags], {
    detached: true,
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-(child.pid ?? 0), 'SIGKILL');
  });
  let printed = '';
  const said = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (printed.includes(text)) resolve();
      };
      child.stdout.on('data', look);
      child.once('close', () => reject(new Error(`ended before it said ${text}: ${printed}`)));
      look();
    });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
  }
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return {
    said,
    ended,
    printed: () => printed,
    interrupt: () => process.kill(-(child.pid ?? 0), 'SIGINT'),
    left: () => readdirSync(folder).filter((name) => name.startsWith('herald-demo')),
  };
}

test.each([
  ['its start', 'Herald demo: the page is'],
  ['its first step', 'my-app starts to sync'],
  ['its kill step', 'Herald is killed'],
])('Ctrl-C during %s leaves nothing, in no words', async (_when, text) => {
  const demo = start(['--once', '--port', '0']);
  await demo.said(text);
  demo.interrupt();
  expect(await demo.ended).toBe(0);
  expect(demo.left()).toEqual([]);
  expect(demo.printed()).not.toMatch(/ {4}at |Error|ended by itself|✗/);
});

test('a port that is taken: one line, and nothing is left', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  onTestFinished(() => void taken.close());
  const { port } = taken.address() as AddressInfo;
  const demo = start(['--port', String(port)]);
  expect(await demo.ended).toBe(1);
  expect(demo.printed()).toMatch(
    new RegExp(`^\\S+ \\S+ --port ${port} is taken: give another one, or 0 for any that is free\\n$`),
  );
  expect(demo.left()).toEqual([]);
});
