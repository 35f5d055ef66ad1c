import { applicationOf, cell, factsOf, shortId } from './alert-words.ts';
import { formatted } from './formatted.ts';
import { idOf } from './ids.ts';
import { type CommandIo, exitCode } from './io.ts';
import type { SilenceShowOptions } from './options.ts';
import { formOf } from './silence-form.ts';
import { matchersText, readSilences, type SilenceView, unknownSilence } from './silence-view.ts';
import { formatTable, timeText } from './table.ts';

/** `herald silence show`: silences, also those that are over, with the alerts that they hold back. */
export async function showSilences(options: SilenceShowOptions, io: CommandIo): Promise<number> {
  const ledger = await io.openLedger(options.queue);
  try {
    const views = new Map((await readSilences(ledger, io.now())).map((view) => [view.id, view]));
    const ids = new Set(options.ids.map((id) => idOf(id, views.keys(), unknownSilence(id))));
    const shown = [...ids].flatMap((id) => views.get(id) ?? []);
    const { output } = options;
    io.stdout(output === 'simple' ? shown.map(textOf).join('\n') : formatted(shown.map(detailsOf), output));
    return exitCode.ok;
  } finally {
    await ledger.close();
  }
}

function detailsOf(view: SilenceView): Record<string, unknown> {
  return { ...formOf(view), alerts: view.alerts.map(factsOf) };
}

function textOf({ id, silence, state, alerts }: SilenceView): string {
  const { startsAt, endsAt, createdBy, comment, annotations = {}, updatedAt = startsAt } = silence;
  const fields: [string, string][] = [
    ['ID', id],
    ['State', state],
    ['Matchers', matchersText(silence)],
    ['Starts', timeText(startsAt)],
    ['Ends', timeText(endsAt)],
    ['Updated', timeText(updatedAt)],
    ['Created by', createdBy],
    ['Comment', comment],
    ...Object.entries(annotations).map(([name, value]): [string, string] => [`Annotation ${name}`, value]),
    [
      'Holds back',
      alerts.length === 0 ? 'no alert' : alerts.length === 1 ? '1 alert' : `${alerts.length} alerts`,
    ],
  ];
  const table = formatTable(fields.map(([name, text]) => [`${cell(name)}:`, cell(text, 500)]));
  if (alerts.length === 0) return table;
  const rows = alerts.map(({ alert }) =>
    [shortId(alert), alert.severity, applicationOf(alert), alert.trigger, timeText(alert.since)].map((text) =>
      cell(text),
    ),
  );
  return `${table}\n${formatTable([['ID', 'SEVERITY', 'APPLICATION', 'TRIGGER', 'SINCE'], ...rows])}`;
}
