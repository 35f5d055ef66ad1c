/** An ongoing notice in words: what it is about, and why it says something again. Values come ready to be printed. */
import { formatForPeople } from '../go/durations.ts';
import type { AlertEnd } from '../ledger/rows.ts';
import type { DeliveryAlert } from '../model.ts';
import { worstSeverity } from '../severities.ts';
import { ends, type NoticeInput } from './notice-values.ts';

export type OngoingInput = NoticeInput & Required<Pick<NoticeInput, 'ongoing'>>;

/** Makes a value of the cluster fit to be printed; what the operator and people have written stays as it is. */
export type Print = (value: string) => string;

/** What it is about: the Application, or the labels of the group. */
export function subjectOf({ ongoing, alerts }: OngoingInput, print: Print): string {
  const { groupLabels } = ongoing;
  if (groupLabels === undefined) return print(alerts[0].application.name);
  const told = Object.entries(groupLabels).filter(([, value]) => value !== '');
  if (told.length === 0) return 'Alerts';
  return told
    .map(([label, value]) => (label === 'trigger' ? print(value) : `${print(label)} ${print(value)}`))
    .join(', ');
}

/** Why it says something, in one line; of the first message what there is. `now` is Unix milliseconds. */
export function lineOf(notice: OngoingInput, now: number): string {
  const said = notice.ongoing.groupLabels ? ofGroup(notice) : ofOne(notice, now);
  const { reason, ongoing } = notice;
  // An acknowledgement stands in each message until the end.
  const acknowledged =
    ongoing.state === 'firing' && reason !== 'acknowledged' ? acknowledgements(notice) : '';
  return acknowledged === '' ? said : `${said}; acknowledged ${acknowledged}`;
}

function ofOne(notice: OngoingInput, now: number): string {
  const { reason, alerts, observedAt } = notice;
  const [{ lifecycle }] = alerts;
  const { since = observedAt, endedAt = now, severity = '' } = lifecycle ?? {};
  const lasted = formatForPeople(Math.max(0, (notice.ongoing.state === 'resolved' ? endedAt : now) - since));
  const changed = changesOf(alerts[0]);
  const also = changed === '' ? '' : `, ${changed}`;
  if (notice.ongoing.state === 'resolved') return `Resolved after ${lasted}: ${endOf(alerts[0])}${also}`;
  switch (reason) {
    case 'acknowledged':
      return `Acknowledged ${acknowledgements(notice)}`;
    case 'severity raised':
      return `Severity raised to ${severity}, firing for ${lasted}${also}`;
    case 'severity lowered':
      return `Severity lowered to ${severity}${also}`;
    case 'repeated':
    case 'silence ended':
    case 'mute ended':
    case 'inhibition ended':
      return `Still firing after ${lasted} (${reason})${also}`;
    default:
      return `Firing for ${lasted}${also}`;
  }
}

/** Why an alert has ended. */
export function endOf({ lifecycle }: DeliveryAlert): string {
  const { why = 'recovered' } = lifecycle ?? {};
  return Object.hasOwn(ends, why) ? ends[why as AlertEnd] : why;
}

function ofGroup(notice: OngoingInput): string {
  const { reason, ongoing } = notice;
  const { firing, resolved } = ongoing;
  const alsoResolved = resolved > 0 ? `, ${resolved} resolved` : '';
  if (ongoing.state === 'resolved') return 'All resolved';
  switch (reason) {
    case 'new in group':
      return `New alerts, ${firing} firing${alsoResolved}`;
    case 'some resolved':
      return `${resolved} resolved, ${firing} still firing`;
    case 'acknowledged':
      return `Acknowledged ${acknowledgements(notice)}, ${firing} firing${alsoResolved}`;
    case 'severity raised':
    case 'severity lowered': {
      const severity = worstSeverity(notice.alerts.map(({ lifecycle }) => lifecycle?.severity ?? ''));
      const how = reason === 'severity raised' ? 'raised' : 'lowered';
      return `Severity ${how}, ${severity} at the most, ${firing} firing${alsoResolved}`;
    }
    case 'repeated':
    case 'silence ended':
    case 'mute ended':
    case 'inhibition ended':
      return `${firing} still firing (${reason})${alsoResolved}`;
    default:
      return `${firing} firing${alsoResolved}`;
  }
}

/** So many acknowledgements are named. */
const mostNamed = 3;

/** `by ana: looking at it`; each once. */
function acknowledgements({ alerts }: OngoingInput): string {
  const unique = [...new Set(alerts.map(acknowledgementOf).filter((each) => each !== ''))];
  const more = unique.length - mostNamed;
  return unique.slice(0, mostNamed).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** `changed 6 times in 10 minutes`; empty where it has not. */
export function changesOf({ lifecycle }: DeliveryAlert): string {
  const changes = lifecycle?.changes ?? [];
  const [first] = changes;
  const last = changes.at(-1);
  if (first === undefined || last === undefined) return '';
  if (changes.length === 1) return 'changed once';
  const times = changes.length === 2 ? 'twice' : `${changes.length} times`;
  return `changed ${times} in ${inWords(last - first)}`;
}

const units = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const;

/** To the nearest of the largest unit that it has two of: `90 minutes`, `3 hours`. */
function inWords(milliseconds: number): string {
  const [unit, size] = units.find(([, each]) => milliseconds >= 2 * each) ?? ['minute', 60_000];
  const count = Math.max(1, Math.round(milliseconds / size));
  return new Intl.NumberFormat('en', { style: 'unit', unit, unitDisplay: 'long' }).format(count);
}

/** `by ana: on it`, in one line; empty where nobody has acknowledged it. */
export function acknowledgementOf({ lifecycle }: DeliveryAlert): string {
  if (lifecycle?.acknowledged === undefined) return '';
  const { by, comment } = lifecycle.acknowledged;
  return (comment === '' ? `by ${by}` : `by ${by}: ${comment}`).replaceAll(/\s+/g, ' ').trim();
}
