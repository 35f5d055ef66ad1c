import { acknowledgementRow } from '../ledger/rows.ts';
import { unknownAlert } from './alert-show.ts';
import { type AlertView, readAlerts } from './alert-view.ts';
import { applicationOf, cell, shortId } from './alert-words.ts';
import { idOf } from './ids.ts';
import { CommandFailure, type CommandIo, exitCode } from './io.ts';
import type { AcknowledgeOptions } from './options.ts';
import { timeText } from './table.ts';

/** `herald alerts ack`: the leader reads it within seconds, stops repeats and says so in the message. */
export function acknowledge(options: AcknowledgeOptions, io: CommandIo): Promise<number> {
  return write(options, io, (view) => `${named(view)} is acknowledged, and not repeated until it ends.\n`);
}

/** `herald alerts unack`: it is repeated again. */
export function withdraw(options: AcknowledgeOptions, io: CommandIo): Promise<number> {
  return write(
    options,
    io,
    (view) => `${named(view)} is not acknowledged any more.\n`,
    ({ alert, acknowledged }) => {
      if (acknowledged) return { withdrawn: true };
      throw failure(`${shortId(alert)} (${cell(applicationOf(alert))}) is not acknowledged`);
    },
  );
}

/** Writes nothing unless all that are named can be meant. */
async function write(
  { queue, ids, author, comment }: AcknowledgeOptions,
  io: CommandIo,
  done: (view: AlertView) => string,
  more: (view: AlertView) => { withdrawn?: true } = () => ({}),
): Promise<number> {
  const ledger = await io.openLedger(queue);
  try {
    const at = io.now();
    const views = new Map((await readAlerts(ledger, at)).map((view) => [view.alert.key, view]));
    const keys = new Set(ids.map((id) => idOf(id, views.keys(), unknownAlert(id))));
    const meant = [...keys].flatMap((key) => views.get(key) ?? []);
    const rows = meant.map((view) => {
      assertOpen(view);
      return acknowledgementRow(view.alert.key, { at, by: author, comment, ...more(view) });
    });
    for (const row of rows) await ledger.put(row);
    for (const view of meant) io.stdout(done(view));
    return exitCode.ok;
  } finally {
    await ledger.close();
  }
}

function assertOpen({ alert, isOnce }: AlertView): void {
  const { ended } = alert;
  if (isOnce)
    throw failure(
      `${shortId(alert)} (${cell(applicationOf(alert))}) is told once and never repeated: ` +
        `${cell(alert.trigger)} has no repeat or resolved`,
    );
  if (ended) throw failure(`${shortId(alert)} has ended at ${timeText(ended.at)}: ${ended.why}`);
}

function named({ alert }: AlertView): string {
  return `${shortId(alert)} (${cell(applicationOf(alert))}, ${cell(alert.trigger)})`;
}

function failure(message: string): CommandFailure {
  return new CommandFailure(message, { exit: exitCode.negative });
}
