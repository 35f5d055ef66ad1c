import { createBullmqQueue } from '../../src/delivery/bullmq-queue.ts';
import { createLedger } from '../../src/episodes/store-ledger.ts';
import { createLog } from '../../src/log.ts';
import { openStore } from '../../src/store/open-store.ts';
import { claim, record, unfenced } from '../contract/ledger-fixtures.ts';

/*
 * A process for the tests to kill: `node child.ts URL TASK`. It prints one line for what the store has acknowledged.
 *
 *   hold    opens the store, prints "open" and keeps it
 *   claim   claims and queues without end; prints the uid after each, once both are acknowledged
 *   race    waits for a line on stdin, then claims 200 episodes; prints how many were suppressed
 *   hang    works on the queue and never finishes a job; prints the delivery's id when it got one
 */

const [url = '', task = ''] = process.argv.slice(2);
const log = createLog({ level: 'warn', format: 'text' });
const store = await openStore(url, { log, deadline: 30_000 }).catch((error: Error) => {
  process.stdout.write(`failed: ${error.message}\n`);
  process.exit(1);
});
const ledger = createLedger(store);
const queue = createBullmqQueue(store, { log });

switch (task) {
  case 'hold':
    process.stdout.write('open\n');
    setInterval(() => undefined, 1_000);
    break;
  case 'claim':
    await Promise.all([0, 1, 2, 3].map(claimWithoutEnd));
    break;
  case 'race':
    process.stdout.write('open\n');
    process.stdin.once('data', () => void race());
    break;
  case 'hang':
    queue.work(({ delivery }) => {
      process.stdout.write(`${delivery.id}\n`);
      return new Promise(() => undefined);
    });
    break;
  default:
    throw new Error(`Unknown task ${task}`);
}

async function claimWithoutEnd(lane: number): Promise<void> {
  for (let round = 0; ; round += 1) {
    const uid = `app-${process.pid}-${lane}-${round}`;
    const claims = ['a', 'b', 'c'].map((recipient) => claim(uid, { recipient }));
    await ledger.apply(uid, { record: record(uid), claim: claims }, 0);
    await queue.add(claims.map(({ delivery }) => delivery));
    process.stdout.write(`${uid}\n`);
  }
}

async function race(): Promise<void> {
  const claims = Array.from({ length: 200 }, (_, i) =>
    claim('raced', { recipient: `r${i}`, openedAt: process.pid }),
  );
  // In an order of its own, ten at a time, so that the two processes meet in the middle of their changes.
  if (process.pid % 2 === 0) claims.reverse();
  let suppressed = 0;
  for (let start = 0; start < claims.length; start += 10) {
    const change = { claim: claims.slice(start, start + 10) };
    suppressed += unfenced(await ledger.apply('raced', change, 0)).suppressed.length;
  }
  process.stdout.write(`${suppressed}\n`);
  process.exit(0);
}
