import { silenceRow } from '../ledger/rows.ts';
import { idOf } from './ids.ts';
import { CommandFailure, type CommandIo, exitCode } from './io.ts';
import type { SilenceExpireOptions } from './options.ts';
import { readSilences, unknownSilence } from './silence-view.ts';
import { timeText } from './table.ts';

/** `herald silence expire`: ends none of them unless all that are named can be meant. */
export async function expireSilences({ queue, ids }: SilenceExpireOptions, io: CommandIo): Promise<number> {
  const ledger = await io.openLedger(queue);
  try {
    const now = io.now();
    const views = new Map((await readSilences(ledger, now)).map((view) => [view.id, view]));
    const found = new Set(ids.map((id) => idOf(id, views.keys(), unknownSilence(id))));
    const meant = [...found].flatMap((id) => views.get(id) ?? []);
    for (const { id, silence, state } of meant) {
      if (state !== 'expired') continue;
      const error = `${id} has ended at ${timeText(silence.endsAt)} already`;
      throw new CommandFailure(error, { exit: exitCode.negative });
    }
    for (const { id, silence } of meant) {
      // Its last millisecond still belongs to it. One that has not begun never does (check 42).
      const endsAt = now - 1;
      const times = { startsAt: Math.min(silence.startsAt, endsAt), endsAt, updatedAt: now };
      await ledger.put(silenceRow(id, { ...silence, ...times }));
    }
    for (const { id, alerts } of meant) {
      const held =
        alerts.length === 0 ? 'no alerts' : alerts.length === 1 ? '1 alert' : `${alerts.length} alerts`;
      io.stdout(`${id} is over; it held back ${held}.\n`);
    }
    return exitCode.ok;
  } finally {
    await ledger.close();
  }
}
