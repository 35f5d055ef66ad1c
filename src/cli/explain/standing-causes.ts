import { oneLine, timeText } from '../table.ts';
import type { Cause } from './cause.ts';
import type { ConditionFacts, Standing } from './facts.ts';

/** Of what is under way or held back; undefined: what the condition says now counts. */
export function causeOfStanding(about: string, { standing, result }: ConditionFacts): Cause | undefined {
  switch (standing.kind) {
    case 'parked':
      return parked(about, standing);
    case 'sending':
      return sending(about, standing);
    case 'held':
      return held(about, standing);
    case 'grouped':
      return {
        kind: 'grouped',
        sentence: `${about}: it waits for others of its group (${standing.rule}), and is told by ${timeText(standing.at)}.`,
      };
    case 'pending':
      return result.status === 'unmatched'
        ? undefined
        : {
            kind: 'pending',
            sentence: `${about}: it matches since ${timeText(standing.since)} and fires at ${timeText(standing.firesAt)}, when it has lasted for as long as for says.`,
          };
    case 'none':
    case 'told':
    case 'told before':
    case 'imported':
      return undefined;
  }
}

function parked(
  about: string,
  { id, scope, reason, error, status, at }: Extract<Standing, { kind: 'parked' }>,
): Cause {
  const text = oneLine(error, 300).replace(/[.]$/, '');
  const again = `then it is sent again by itself for a day, or by herald deliveries retry ${id.slice(0, 12)}`;
  if (status === 'expired')
    return {
      kind: 'parked',
      sentence: `${about}: it was given up at ${timeText(at)} after a day of attempts (${reason}): ${text}.`,
      mend: `herald deliveries retry ${id.slice(0, 12)}`,
    };
  if (scope === 'service')
    return {
      kind: 'bad token',
      sentence: `${about}: the service does not accept Herald (${reason}): ${text}.`,
      mend: `Mend the service's key of the ConfigMap or the Secret; ${again}.`,
    };
  if (scope === 'recipient')
    return {
      kind: 'wrong recipient',
      sentence: `${about}: the recipient cannot be reached (${reason}): ${text}.`,
      mend: `Mend the recipient in the subscription, or at the service; then herald deliveries retry ${id.slice(0, 12)}.`,
    };
  return {
    kind: 'parked',
    sentence: `${about}: the message was refused at ${timeText(at)} (${reason}): ${text}.`,
    mend: `Mend the template; ${again}.`,
  };
}

function sending(about: string, { since, job }: Extract<Standing, { kind: 'sending' }>): Cause {
  if (job && job.failures > 0)
    return {
      kind: 'retried',
      sentence: `${about}: it is tried since ${timeText(since)}, ${times(job.failures)} in vain, and again at ${timeText(job.dueAt)}.`,
      mend: 'The log has the error of each attempt: "Not sent, will retry".',
    };
  if (job?.waited)
    return {
      kind: 'paced',
      sentence: `${about}: it waits for its turn since ${timeText(since)}, as others go to the same recipient first, and is looked at again at ${timeText(job.dueAt)}.`,
    };
  return {
    kind: 'being sent',
    sentence: `${about}: it is in the queue since ${timeText(since)}, ${job ? 'about to be sent' : 'behind others of the same Application and destination'}.`,
  };
}

const holders = { silence: 'silenced', mute: 'muted', inhibit: 'inhibited' } as const;

function held(about: string, { by: { by, id } }: Extract<Standing, { kind: 'held' }>): Cause {
  const kind = holders[by];
  const what = by === 'silence' && !id.includes(' ') ? `silence ${id}` : id;
  const mend = {
    silenced:
      'herald silence list shows silences, and herald silence expire ends one; those of the ConfigMap and of annotations stand there.',
    muted: 'Change muteTimes in the ConfigMap, or wait.',
    inhibited: 'It is told when no alert that matches the source of that rule fires any more.',
  }[kind];
  return { kind, sentence: `${about}: it is ${kind} by ${oneLine(what, 200)}.`, mend };
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}
