import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createBullmqQueue } from '../src/delivery/bullmq-queue.ts';
import type { Change } from '../src/ledger/ledger.ts';
import { createLedger } from '../src/ledger/store-ledger.ts';
import { createLog } from '../src/log.ts';
import type { JsonObject } from '../src/model.ts';
import { openStore } from '../src/store/open-store.ts';
import type { Store } from '../src/store/store.ts';
import { all, committer, delivery, noticeRow, recordRow } from '../test/contract/ledger-fixtures.ts';
import { startChild } from '../test/store/child-process.ts';
import { emptyStore } from './stores.ts';

/*
 * What each store reaches: `node bench/store.ts [sqlite|redis|postgres …]`. Applications of 20 KB, 20 subscriptions each.
 *
 *   commit        changes of one Application with 20 notices and deliveries each, 32 at a time, as the pipeline writes them
 *   told          which of 20 oncePer values were told, asked before such a change
 *   add           jobs of those deliveries put into the queue
 *   deliver       jobs worked on: asked for in the ledger, "sent", settled
 *   load          the record and notices of 10,000 Applications
 *   kill          SIGKILL in the middle: what was acknowledged before and is there afterwards
 */

const subscriptions = 20;
const applications = 10_000;
const burst = 1_000;
const kills = 1_000;
const names = ['sqlite', 'redis', 'postgres'] as const;
type Name = (typeof names)[number];

const asked = names.filter((name) => process.argv.includes(name));
for (const name of asked.length > 0 ? asked : names) await measure(name);

async function measure(name: Name): Promise<void> {
  const { url, remove } = await emptyStore(name);
  const open = () => openStore(url, { log: createLog({ level: 'warn', format: 'text' }), deadline: 60_000 });
  let store = await open();
  const loop = monitorEventLoopDelay({ resolution: 10 });
  loop.enable();
  await measureLedger(name, store);
  await measureLoad(name, store);
  loop.disable();
  report(name, 'event loop held up at most', loop.max / 1e6, 'ms');
  report(name, 'resident memory', process.memoryUsage().rss / 1e6, 'MB');
  await store.close(10_000);

  const child = startChild(url, 'claim');
  await child.until(kills);
  await child.kill();
  store = await open();
  const pending = new Set((await all(createLedger(store).pending())).map(({ id }) => id));
  const expected = child.lines.flatMap((uid) =>
    ['a', 'b', 'c'].map((recipient) => delivery(uid, { recipient }).id),
  );
  const queue = createBullmqQueue(store, {
    log: createLog({ level: 'warn', format: 'text' }),
    deadline: 60_000,
  });
  const missing = await queue.missing(expected);
  const found = expected.filter((id) => pending.has(id)).length;
  report(name, `kill: deliveries there, of ${expected.length} acknowledged`, found, '');
  report(name, `kill: jobs there, of ${expected.length} acknowledged`, expected.length - missing.length, '');
  await queue.close(5_000);
  await store.close(10_000);
  await remove();
}

async function measureLedger(name: Name, store: Store): Promise<void> {
  const ledger = createLedger(store, { deadline: 60_000 });
  const queue = createBullmqQueue(store, {
    log: createLog({ level: 'warn', format: 'text' }),
    deadline: 60_000,
  });
  const changes = Array.from({ length: burst }, (_, i) => changeOf(`burst-${i}`));
  const commit = committer(ledger);
  await timed(name, 'commit', changes.length, 'changes/s', () =>
    each(changes, 32, async ({ uid, change }) => void (await commit(uid, change))),
  );
  await timed(name, 'told', changes.length, 'reads/s', () =>
    each(changes, 32, async ({ uid, change }) => {
      await ledger.read(
        uid,
        'told',
        (change.add ?? []).map(({ id }) => id),
      );
    }),
  );
  const deliveries = changes.map(({ change }) => (change.add ?? []).map(({ id }) => id));
  const count = deliveries.flat().length;
  await timed(name, 'add', count, 'jobs/s', () => each(deliveries, 32, (ids) => queue.add(ids)));
  const { promise: finished, resolve } = Promise.withResolvers<void>();
  let done = 0;
  await timed(name, 'deliver', count, 'deliveries/s', async () => {
    queue.work(async ({ id }) => {
      const { status } = await ledger.begin(id, { since: 0, until: 0, by: id });
      if (status === 'begun') {
        const { next } = await ledger.settle(id, { status: 'sent', at: Date.now() });
        if (next) await queue.add([next]);
      }
      done += 1;
      if (done === count) resolve();
      return { status: 'done' };
    });
    await finished;
  });
  await queue.close(10_000);
}

async function measureLoad(name: Name, store: Store): Promise<void> {
  const ledger = createLedger(store, { deadline: 60_000 });
  const commit = committer(ledger, 1);
  const uids = Array.from({ length: applications }, (_, i) => `load-${i}`);
  await timed(name, 'write records', uids.length, 'records/s', () =>
    each(uids, 32, async (uid) => {
      const row = recordRow(uid);
      await commit(uid, { put: [{ ...row, value: { ...row.value, object: applicationOf(uid) } }] });
    }),
  );
  await timed(name, 'read all records', uids.length, 'Applications/s', async () => {
    await all(ledger.rows('application'));
  });
  await timed(name, 'load one by one, 64 at a time', uids.length, 'Applications/s', () =>
    each(uids, 64, async (uid) => void (await ledger.load(uid, ['application', 'notice', 'gone']))),
  );
}

function changeOf(uid: string): { uid: string; change: Change } {
  const snapshot = applicationOf(uid);
  const recipients = Array.from({ length: subscriptions }, (_, i) => `channel-${i}`);
  const put = [recordRow(uid), ...recipients.map((recipient) => noticeRow('on-sync', recipient))];
  return { uid, change: { put, add: recipients.map((recipient) => delivery(uid, { recipient, snapshot })) } };
}

/** About 20 KB, as varied as a real Application is. */
function applicationOf(uid: string): JsonObject {
  const resources = Array.from({ length: 80 }, (_, i) => ({
    group: 'apps',
    kind: i % 3 === 0 ? 'Deployment' : 'Service',
    name: `${uid}-component-${i}`,
    namespace: `team-${i % 7}`,
    status: i % 5 === 0 ? 'OutOfSync' : 'Synced',
    health: { status: 'Healthy', message: `revision ${(i * 7919).toString(16)} rolled out` },
    version: 'v1',
  }));
  return {
    metadata: { name: uid, uid, annotations: {} },
    spec: { project: 'default' },
    status: { resources },
  };
}

async function each<T>(items: readonly T[], atOnce: number, run: (item: T) => Promise<void>): Promise<void> {
  const left = items.values();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const item of left) await run(item);
    }),
  );
}

async function timed(
  name: Name,
  what: string,
  count: number,
  unit: string,
  run: () => Promise<void>,
): Promise<void> {
  const begun = performance.now();
  await run();
  const seconds = (performance.now() - begun) / 1_000;
  report(name, `${what} (${count} in ${seconds.toFixed(2)} s)`, count / seconds, unit);
}

function report(name: Name, what: string, value: number, unit: string): void {
  process.stdout.write(
    `${name.padEnd(9)} ${what.padEnd(48)} ${Math.round(value).toString().padStart(7)} ${unit}\n`,
  );
}
