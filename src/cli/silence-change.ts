import { silenceRow } from '../ledger/rows.ts';
import { idOf } from './ids.ts';
import { CommandFailure, type CommandIo, exitCode, type OpenLedger } from './io.ts';
import type { SilenceExpireOptions, SilenceUpdateOptions } from './options.ts';
import { problemOfTimes } from './silence-times.ts';
import { readSilences, renderSilences, type SilenceView, unknownSilence } from './silence-view.ts';
import { timeText } from './table.ts';

/** `herald silence expire`: the bridge reads within seconds that they are over. */
export async function expireSilences({ queue, ids }: SilenceExpireOptions, io: CommandIo): Promise<number> {
  const ledger = await io.openLedger(queue);
  try {
    const now = io.now();
    const ended = await change(ledger, ids, now, (view) => {
      const { silence, state, id } = view;
      if (state === 'expired') throw failure(`${id} has ended at ${timeText(silence.endsAt)} already`);
      // Its last millisecond still belongs to it. One that has not begun never does (check 42).
      const endsAt = now - 1;
      return { ...view, silence: { ...silence, startsAt: Math.min(silence.startsAt, endsAt), endsAt } };
    });
    for (const { id, alerts } of ended) {
      const held = alerts.length === 1 ? '1 alert' : `${alerts.length || 'no'} alerts`;
      io.stdout(`${id} is over; it held back ${held}.\n`);
    }
    return exitCode.ok;
  } finally {
    await ledger.close();
  }
}

/** `herald silence update`: each keeps its id, one that was over begins to hold again. */
export async function updateSilences(options: SilenceUpdateOptions, io: CommandIo): Promise<number> {
  const ledger = await io.openLedger(options.queue);
  try {
    const now = io.now();
    const updated = await change(ledger, options.ids, now, (view) => {
      const { silence, id } = view;
      const { start: startsAt = silence.startsAt, duration, comment = silence.comment } = options;
      const { end: endsAt = duration === undefined ? silence.endsAt : startsAt + duration } = options;
      const problem = problemOfTimes(startsAt, endsAt, now);
      if (problem !== undefined) throw failure(`${id}: ${problem}`);
      const state = startsAt > now ? 'pending' : 'active';
      return { ...view, state, silence: { ...silence, startsAt, endsAt, comment } };
    });
    io.stdout(renderSilences(updated, options.output));
    return exitCode.ok;
  } finally {
    await ledger.close();
  }
}

/** Writes none of them unless all that are named can be meant, and be so. */
async function change(
  ledger: Pick<OpenLedger, 'rows' | 'load' | 'put'>,
  ids: readonly string[],
  now: number,
  next: (view: SilenceView) => SilenceView,
): Promise<SilenceView[]> {
  const views = new Map((await readSilences(ledger, now)).map((view) => [view.id, view]));
  const found = new Set(ids.map((id) => idOf(id, views.keys(), unknownSilence(id))));
  const changed = [...found]
    .flatMap((id) => views.get(id) ?? [])
    .map(next)
    .map((view) => ({ ...view, silence: { ...view.silence, updatedAt: now } }));
  for (const { id, silence } of changed) await ledger.put(silenceRow(id, silence));
  return changed;
}

function failure(message: string): CommandFailure {
  return new CommandFailure(message, { exit: exitCode.negative });
}
