import { randomUUID } from 'node:crypto';
import { printMatcher } from '../alerts/matcher.ts';
import { silenceRow } from '../ledger/rows.ts';
import { CommandFailure, type CommandIo, exitCode } from './io.ts';
import type { SilenceAddOptions } from './options.ts';
import { doubtfulLabels, problemOf, readMatchers } from './silence-matchers.ts';
import { problemOfTimes } from './silence-times.ts';

/** `herald silence add`: prints its id and nothing else, as amtool does. */
export async function addSilence(options: SilenceAddOptions, io: CommandIo): Promise<number> {
  const now = io.now();
  const { author, comment, duration, start = now, end = start + duration } = options;
  const { matchers, warnings } = readMatchers(options.matchers);
  const problem = problemOf(matchers) ?? problemOfTimes(start, end, now);
  if (problem !== undefined) throw new CommandFailure(problem);
  const annotations = annotationsOf(options.annotations);
  const ledger = await io.openLedger(options.queue);
  try {
    const id = randomUUID();
    await ledger.put(
      silenceRow(id, {
        matchers: [matchers.map(printMatcher)],
        startsAt: Math.max(start, now),
        endsAt: end,
        createdBy: author,
        comment,
        updatedAt: now,
        ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
      }),
    );
    for (const warning of [...warnings, ...doubtfulLabels(matchers)]) io.stderr(`${warning}\n`);
    io.stdout(`${id}\n`);
    return exitCode.ok;
  } finally {
    await ledger.close();
  }
}

function annotationsOf(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const [matcher, another] = text.includes('=') ? readMatchers([text]).matchers : [];
      if (matcher?.operator === '=' && another === undefined) return [matcher.label, matcher.values[0] ?? ''];
      throw new CommandFailure(`--annotation ${JSON.stringify(text)} is none: write it as name=value`);
    }),
  );
}
