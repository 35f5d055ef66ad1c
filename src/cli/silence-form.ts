/** Silences as the JSON of Alertmanager's API and of amtool has them. */
import { z } from 'zod';
import { createMatcher, type Matcher, printMatcher } from '../alerts/matcher.ts';
import { parseMatchers } from '../alerts/matcher-text.ts';
import { parseMoment } from '../alerts/moment.ts';
import type { Silence } from '../ledger/rows.ts';
import { problemOf } from './silence-matchers.ts';
import type { SilenceView } from './silence-view.ts';

interface MatcherForm {
  name: string;
  value: string;
  isRegex: boolean;
  isEqual: boolean;
}

/** Alertmanager's fields, and how many alerts it holds back; amtool passes over what it does not know. */
export function formOf({ id, silence, state, alerts }: SilenceView): Record<string, unknown> {
  const { matchers, startsAt, endsAt, createdBy, comment, annotations, updatedAt = startsAt } = silence;
  const [first = [], ...others] = matchers.map(formOfSet);
  return {
    id,
    status: { state },
    matchers: first,
    ...(others.length > 0 ? { matcherSets: [first, ...others] } : {}),
    startsAt: new Date(startsAt).toISOString(),
    endsAt: new Date(endsAt).toISOString(),
    updatedAt: new Date(updatedAt).toISOString(),
    createdBy,
    comment,
    ...(annotations ? { annotations } : {}),
    alerts: alerts.length,
  };
}

function formOfSet(texts: readonly string[]): MatcherForm[] {
  return texts.flatMap((text) => {
    const parsed = parseMatchers(text);
    if ('error' in parsed) return [];
    return parsed.matchers.map(({ label, operator, values: [value = ''] }) => ({
      name: label,
      value,
      isRegex: operator.endsWith('~'),
      isEqual: operator.startsWith('='),
    }));
  });
}

const moment = z.string().transform((text, context) => {
  const at = parseMoment(text);
  if (at !== undefined) return at;
  context.addIssue({ code: 'custom', message: `${JSON.stringify(text.slice(0, 100))} is no time` });
  return z.NEVER;
});

const matcherForm = z.object({
  name: z.string().min(1),
  value: z.string(),
  isRegex: z.boolean().default(false),
  isEqual: z.boolean().default(true),
});
const matcherSet = z.array(matcherForm);

const silenceForm = z.object({
  id: z
    .string()
    .regex(/^[\w.:-]{0,100}$/, 'is no id')
    .default(''),
  matchers: matcherSet,
  matcherSets: z.array(matcherSet).optional(),
  startsAt: moment,
  endsAt: moment,
  createdBy: z.string().min(1),
  comment: z.string().default(''),
  annotations: z.record(z.string(), z.string()).optional(),
});

/** `id`: '' where there is none. `error`: a sentence. */
export type ReadSilence = { id: string; silence: Silence; matchers: Matcher[] } | { error: string };

/** `updatedAt`: Unix milliseconds. */
export function readSilence(value: unknown, updatedAt: number): ReadSilence {
  const read = silenceForm.safeParse(value);
  if (!read.success) {
    const [issue] = read.error.issues;
    const path = issue?.path.join('.') ?? '';
    return { error: path === '' ? (issue?.message ?? '') : `${path}: ${issue?.message}` };
  }
  const { id, matchers, matcherSets = [matchers], annotations, ...silence } = read.data;
  const sets: Matcher[][] = [];
  for (const set of matcherSets) {
    const made = set.map(({ name, value: compared, isRegex, isEqual }) =>
      createMatcher(name, `${isEqual ? (isRegex ? '=~' : '=') : isRegex ? '!~' : '!='}`, [compared]),
    );
    const bad = made.find((each) => 'error' in each);
    if (bad) return bad;
    const good = made as Matcher[];
    const problem = problemOf(good);
    if (problem !== undefined) return { error: problem };
    sets.push(good);
  }
  const texts = sets.map((set) => set.map(printMatcher));
  const more = annotations ? { annotations } : {};
  return { id, silence: { ...silence, ...more, matchers: texts, updatedAt }, matchers: sets.flat() };
}
