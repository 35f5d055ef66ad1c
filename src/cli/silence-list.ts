import type { Matcher } from '../alerts/matcher.ts';
import { parseMatchers } from '../alerts/matcher-text.ts';
import { type CommandIo, exitCode } from './io.ts';
import type { SilenceListOptions } from './options.ts';
import { readMatchers } from './silence-matchers.ts';
import { readSilences, renderSilences, type SilenceView } from './silence-view.ts';

/** `herald silence list`: what amtool's query shows. */
export async function listSilences(options: SilenceListOptions, io: CommandIo): Promise<number> {
  const { matchers } = readMatchers(options.matchers);
  const ledger = await io.openLedger(options.queue);
  try {
    const now = io.now();
    const found = (await readSilences(ledger, now)).filter((view) => isMeant(view, options, now));
    io.stdout(
      renderSilences(
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
  { id, silence, state }: SilenceView,
  { expired, within = Number.POSITIVE_INFINITY, createdBy, id: wanted }: SilenceListOptions,
  now: number,
): boolean {
  const { endsAt } = silence;
  if ((state === 'expired') !== expired || Math.abs(endsAt - now) > within) return false;
  return id.startsWith(wanted) && (createdBy === '' || silence.createdBy === createdBy);
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
