import { type Matcher } from '../alerts/matcher.ts';
import { parseMatchers } from '../alerts/matcher-text.ts';
import { cell } from './alert-words.ts';
import { formatted } from './formatted.ts';
import { type CommandIo, exitCode } from './io.ts';
import type { SilenceListOptions, SilenceOutput } from './options.ts';
import { formOf } from './silence-form.ts';
import { readMatchers } from './silence-matchers.ts';
import { matchersText, readSilences, type SilenceView } from './silence-view.ts';
import { formatTable, timeText } from './table.ts';

/** `herald silence list`: what amtool's query shows. */
export async function listSilences(options: SilenceListOptions, io: CommandIo): Promise<number> {
  const { matchers } = readMatchers(options.matchers);
  const ledger = await io.openLedger(options.queue);
  try {
    const now = io.now();
    const found = (await readSilences(ledger, now)).filter((view) => isMeant(view, options, now));
    io.stdout(
      render(
        found.filter((view) => isFor(view, matchers)),
        options.output,
      ),
    );
    return exitCode.ok;
  } finally {
    await ledger.close();
  }
}

function isMeant(
  { silence, state }: SilenceView,
  { expired, within = Number.POSITIVE_INFINITY, createdBy }: SilenceListOptions,
  now: number,
): boolean {
  const { endsAt } = silence;
  if ((state === 'expired') !== expired || Math.abs(endsAt - now) > within) return false;
  return createdBy === '' || silence.createdBy === createdBy;
}

/** As Alertmanager filters them: each matcher has to hold for the value that the silence has of its label. */
function isFor({ silence }: SilenceView, wanted: readonly Matcher[]): boolean {
  if (wanted.length === 0) return true;
  return silence.matchers.some((set) => {
    const values = new Map<string, string>();
    for (const text of set) {
      const parsed = parseMatchers(text);
      if ('matchers' in parsed)
        for (const {
          label,
          values: [value = ''],
        } of parsed.matchers)
          values.set(label, value);
    }
    return wanted.every((matcher) => {
      const value = values.get(matcher.label);
      return matcher.matches(value === undefined ? [] : [value]);
    });
  });
}

function render(views: readonly SilenceView[], output: SilenceOutput): string {
  if (output === 'name') return views.map(({ id }) => `${id}\n`).join('');
  if (output === 'json' || output === 'yaml') return formatted(views.map(formOf), output);
  if (views.length === 0) return 'No silences.\n';
  const isExtended = output === 'extended';
  const heading = ['ID', 'STATE', 'MATCHERS', ...(isExtended ? ['STARTS', 'ENDS', 'UPDATED'] : ['ENDS'])];
  const rows = views.map(({ id, silence, state, alerts }) => {
    const { startsAt, endsAt, createdBy, comment, updatedAt = startsAt, annotations = {} } = silence;
    const words = Object.entries(annotations).map(([name, value]) => `${name}=${value}`);
    return [
      id,
      state,
      matchersText(silence),
      ...(isExtended ? [timeText(startsAt), timeText(endsAt), timeText(updatedAt)] : [timeText(endsAt)]),
      `${alerts.length}`,
      createdBy,
      ...(isExtended ? [words.join(', ')] : []),
      comment,
    ].map((text) => cell(text));
  });
  const rest = ['ALERTS', 'CREATED BY', ...(isExtended ? ['ANNOTATIONS'] : []), 'COMMENT'];
  return formatTable([[...heading, ...rest], ...rows]);
}
