/** Silences that stand on an Application or its AppProject. */
import { didYouMean } from '../go/did-you-mean.ts';
import type { Problem } from '../model.ts';
import { momentFix, parseMoment } from './moment.ts';
import type { Silence } from './mutes.ts';

const domain = 'herald.argoproj.io/';
const silenceUntil = `${domain}silence-until`;
const silenceReason = `${domain}silence-reason`;
export const silenceAnnotations: readonly string[] = [silenceUntil, silenceReason];
/** Characters of what people have written that are repeated. */
const mostShown = 100;

/** `of`: the object, for people. Neither where it has none; a time that cannot be read silences nothing. */
export function silenceOfAnnotations(
  annotations: Readonly<Record<string, string>>,
  of: string,
): { silence?: Silence; problem?: Problem } {
  const text = annotations[silenceUntil]?.trim() ?? '';
  if (text === '') return {};
  const until = parseMoment(text);
  if (until === undefined) {
    const what = `${JSON.stringify(text.slice(0, mostShown))} is no time, so nothing is silenced`;
    return { problem: problemOf(`annotation ${silenceUntil}`, 'error', what, momentFix) };
  }
  const reason = annotations[silenceReason]?.trim().slice(0, mostShown) ?? '';
  const id = reason === '' ? `annotation of ${of}` : `annotation of ${of}: ${reason}`;
  return { silence: { id, matchers: [], from: Number.NEGATIVE_INFINITY, until } };
}

/** What is wrong in the silence of an object: a time that is none, a part of it missing or misspelt, labels in place of annotations. */
export function silenceProblems({
  annotations,
  labels,
}: {
  annotations: Readonly<Record<string, string>>;
  labels: Readonly<Record<string, string>>;
}): Problem[] {
  const problems: Problem[] = [];
  const warn = (key: string, what: string, fix: string) =>
    problems.push(problemOf(key, 'warning', what, fix));
  const { problem } = silenceOfAnnotations(annotations, '');
  if (problem) problems.push(problem);
  const hasReason = (annotations[silenceReason] ?? '') !== '';
  if (hasReason && (annotations[silenceUntil] ?? '').trim() === '') {
    warn(
      `annotation ${silenceReason}`,
      'it is a reason, and nothing says until when',
      `Add ${silenceUntil}.`,
    );
  }
  for (const name of Object.keys(annotations)) {
    const meant = misspelt(name);
    if (meant !== undefined)
      warn(
        `annotation ${name}`,
        'the annotation looks like a silence, but is none and is ignored',
        `Did you mean ${meant}?`,
      );
  }
  for (const name of silenceAnnotations.filter((each) => Object.hasOwn(labels, each)))
    warn(
      `label ${name}`,
      'it is a label, and silences are read from annotations only',
      'Move it to metadata.annotations.',
    );
  return problems;
}

/** Below our domain, or without it, or below that of subscriptions. */
function misspelt(name: string): string | undefined {
  if (silenceAnnotations.includes(name)) return undefined;
  const slash = name.indexOf('/');
  const prefix = name.slice(0, slash + 1);
  if (
    slash >= 0 &&
    prefix !== domain &&
    prefix !== 'notifications.argoproj.io/' &&
    didYouMean(prefix, [domain]) === undefined
  )
    return undefined;
  const local = name
    .slice(slash + 1)
    .replaceAll(/([a-z])([A-Z])/g, '$1-$2')
    .replaceAll(/[_.]/g, '-')
    .toLowerCase();
  const meant = silenceAnnotations.find((each) => each === `${domain}${local}`);
  // Any annotation of our own domain is meant for us; of others only one that says what it is.
  return meant ?? (prefix === domain ? didYouMean(name, silenceAnnotations) : undefined);
}

function problemOf(key: string, severity: Problem['severity'], what: string, fix: string): Problem {
  return { key, severity, what, fix };
}
