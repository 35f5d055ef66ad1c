import type { ParkedDelivery } from '../ledger/ledger.ts';
import type { DeliveryFacts } from '../model.ts';
import { idOf, shownIdLength } from './ids.ts';
import { type CommandIo, exitCode, type OpenLedger } from './io.ts';
import type { DeliveriesOptions, ParkedOptions } from './options.ts';
import { formatTable, oneLine, printable, timeText } from './table.ts';

/** `herald deliveries`: what was given up, newest first, then what is under way, oldest first. */
export async function showDeliveries(options: DeliveriesOptions, io: CommandIo): Promise<number> {
  const ledger = await io.openLedger(options.queue);
  try {
    const parked = await firstOf(ledger.parked(), options.limit + 1);
    const pending = options.failed ? [] : await firstOf(ledger.pending(), options.limit + 1);
    const shown = { parked: parked.slice(0, options.limit), pending: pending.slice(0, options.limit) };
    io.stdout(options.output === 'json' ? jsonOf(shown) : tableOf(shown));
    if (parked.length > options.limit || pending.length > options.limit) {
      io.stderr(`There are more than ${options.limit}: give --limit to see them.\n`);
    }
    return exitCode.ok;
  } finally {
    await ledger.close();
  }
}

/** `herald deliveries retry`: makes parked deliveries pending; the bridge queues what is pending without a job. */
export async function retryDeliveries(options: ParkedOptions, io: CommandIo): Promise<number> {
  const due = await withParked(options, io, async (ledger, ids) => {
    await ledger.unpark(ids);
    return ids.length;
  });
  if (due === 0) io.stdout('Nothing was given up, so there is nothing to retry.\n');
  else io.stdout(`${counted(due)} due again; the bridge sends within seconds, or when it is started.\n`);
  return exitCode.ok;
}

/** `herald deliveries discard`: removes parked deliveries for good. */
export async function discardDeliveries(options: ParkedOptions, io: CommandIo): Promise<number> {
  const gone = await withParked(options, io, (ledger, ids) => ledger.discard(ids));
  if (gone === 0) io.stdout('Nothing was given up, so there is nothing to discard.\n');
  else io.stdout(`${counted(gone)} discarded, and will not be sent.\n`);
  return exitCode.ok;
}

/** Runs with the ids of those that were given up and are meant, the oldest first; answers how many it was done to. */
async function withParked(
  options: ParkedOptions,
  io: CommandIo,
  run: (ledger: OpenLedger, ids: string[]) => Promise<number>,
): Promise<number> {
  const ledger = await io.openLedger(options.queue);
  try {
    const parked: { id: string; observedAt: number }[] = [];
    for await (const some of ledger.parked()) {
      parked.push(...some.map(({ delivery: { id, observedAt } }) => ({ id, observedAt })));
    }
    const all = parked.toSorted((a, b) => a.observedAt - b.observedAt).map(({ id }) => id);
    const fix = 'herald deliveries --failed shows those that were';
    const meant = new Set(
      options.ids.map((id) => idOf(id, all, `no delivery ${JSON.stringify(id)} was given up: ${fix}`)),
    );
    return await run(ledger, options.ids.length === 0 ? all : all.filter((id) => meant.has(id)));
  } finally {
    await ledger.close();
  }
}

function counted(count: number): string {
  return count === 1 ? '1 delivery is' : `${count} deliveries are`;
}

interface Shown {
  parked: ParkedDelivery[];
  pending: DeliveryFacts[];
}

function tableOf({ parked, pending }: Shown): string {
  if (parked.length + pending.length === 0) return 'No deliveries.\n';
  const rows = [
    ...parked.map(({ delivery, status, at, reason, error }) =>
      rowOf(delivery, status, at, error === reason ? reason : `${reason}: ${error}`),
    ),
    ...pending.map((delivery) => rowOf(delivery, 'pending', delivery.observedAt, '')),
  ];
  const heading = ['ID', 'STATUS', 'SINCE', 'APPLICATION', 'TRIGGER', 'DESTINATION', 'REASON'];
  return formatTable([heading, ...rows]);
}

function rowOf(
  { id, alerts, destination }: DeliveryFacts,
  status: string,
  since: number,
  reason: string,
): string[] {
  const [{ application, trigger }] = alerts;
  return [
    id.slice(0, shownIdLength),
    status,
    timeText(since),
    `${application.namespace}/${application.name}`,
    trigger,
    `${destination.service}:${destination.recipient}`,
    reason,
  ].map((cell) => printable(oneLine(cell, 200)));
}

/** One object per delivery. */
function jsonOf({ parked, pending }: Shown): string {
  const items = [
    ...parked.map(({ delivery, status, at, reason, error }) => ({
      ...factsOf(delivery),
      status,
      at,
      reason,
      error,
    })),
    ...pending.map((delivery) => ({ ...factsOf(delivery), status: 'pending', at: delivery.observedAt })),
  ].map((item) => ({ ...item, at: new Date(item.at).toISOString() }));
  return `${JSON.stringify(items, null, 2)}\n`;
}

function factsOf({ id, alerts, destination, templates, configNamespace }: DeliveryFacts) {
  const [{ trigger, oncePer, application }] = alerts;
  return { id, application, trigger, oncePer, destination, templates, configNamespace };
}

async function firstOf<T>(batches: AsyncIterable<T[]>, count: number): Promise<T[]> {
  const items: T[] = [];
  for await (const batch of batches) {
    items.push(...batch);
    if (items.length >= count) break;
  }
  return items.slice(0, count);
}
