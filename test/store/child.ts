import { createBullmqQueue } from '../../src/delivery/bullmq-queue.ts';
import { createLedger } from '../../src/ledger/store-ledger.ts';
import { createLog } from '../../src/log.ts';
import { openStore } from '../../src/store/open-store.ts';
import { committer, delivery, recordRow } from '../contract/ledger-fixtures.ts';

/*
 * A process for the tests to kill: `node child.ts URL TASK`. It prints one line for what the store has acknowledged.
 *
 *   hold    opens the store, prints "open" and keeps it
 *   claim   adds deliveries and queues them without end; prints the uid after each, once both are acknowledged
 *   hang    works on the queue and never finishes a job; prints the delivery's id when it got one
 */

const [url = '', task = ''] = process.argv.slice(2);
const log = createLog({ level: 'warn', format: 'text' });
const store = await openStore(url, { log, deadline: 30_000 }).catch((error: Error) => {
  process.stdout.write(`failed: ${error.message}\n`);
  process.exit(1);
});
const commit = committer(createLedger(store));
const queue = createBullmqQueue(store, { log });

switch (task) {
  case 'hold':
    process.stdout.write('open\n');
    setInterval(() => undefined, 1_000);
    break;
  case 'claim':
    await Promise.all([0, 1, 2, 3].map(claimWithoutEnd));
    break;
  case 'hang':
    queue.work(({ id }) => {
      process.stdout.write(`${id}\n`);
      return new Promise(() => undefined);
    });
    break;
  default:
    throw new Error(`Unknown task ${task}`);
}

async function claimWithoutEnd(lane: number): Promise<void> {
  for (let round = 0; ; round += 1) {
    const uid = `app-${process.pid}-${lane}-${round}`;
    const add = ['a', 'b', 'c'].map((recipient) => delivery(uid, { recipient }));
    await queue.add(await commit(uid, { put: [recordRow(uid)], add }));
    process.stdout.write(`${uid}\n`);
  }
}
