/**
 * What is said of an ongoing notice where no template is named: its end, a digest of a group, an acknowledgement. As
 * text for every service, and as attachments with a colour where the service has them as Slack does.
 */
import { kindOf } from '../application-set.ts';
import { formatForPeople } from '../go/durations.ts';
import { link } from '../go/namespaces/shared.ts';
import type { DeliveryAlert, JsonObject, Notification } from '../model.ts';
import { schemaOf } from '../services/schemas.ts';
import { worstSeverity } from '../severities.ts';
import {
  acknowledgementOf,
  changesOf,
  endOf,
  lineOf,
  type OngoingInput,
  type Print,
  subjectOf,
} from './notice-words.ts';

export interface DefaultOptions {
  /** Type of the destination's service. */
  serviceType: string;
  print: Print;
  /** Unix milliseconds. */
  now: number;
  /** The address of Argo CD's UI; empty: none is linked. */
  argocdUrl: string;
  /** What begins a new line. */
  lineBreak: string;
}

/** Characters of the list of a digest: the text of attachments is cut at 8,000, messages of others at about 4,000. */
const longestList = { attachments: 7_000, text: 3_000 };

const colours = { resolved: '#18be52', high: '#E96D76', middle: '#f4c030', low: '#0DADEA' };

export function defaultNotification(notice: OngoingInput, options: DefaultOptions): Notification {
  const section = schemaOf(options.serviceType)?.section;
  const hasAttachments = section?.json?.includes('attachments') === true;
  const isGroup = notice.ongoing.groupLabels !== undefined;
  const heading = headingOf(notice, options);
  const parts = isGroup
    ? digestOf(notice, options, hasAttachments ? longestList.attachments : longestList.text)
    : [detailsOf(notice, options)];
  const filled = parts.filter(({ lines }) => lines.length > 0);
  if (hasAttachments)
    return { message: heading, section: { attachments: JSON.stringify(filled.map(attachmentOf)) } };
  const text = filled.flatMap(({ title, lines }) => (isGroup && title ? [title, ...lines] : lines));
  const message = [heading, ...text].join(options.lineBreak);
  // A mail without a subject is taken for junk.
  return section?.fields['subject'] === undefined ? { message } : { message, section: { subject: heading } };
}

/** A block of lines with a colour. */
interface Part {
  colour: string;
  title?: string;
  titleLink?: string;
  lines: string[];
}

function attachmentOf({ colour, title, titleLink, lines }: Part): JsonObject {
  const text = lines.join('\n');
  return {
    color: colour,
    ...(title ? { title } : {}),
    ...(titleLink ? { title_link: titleLink } : {}),
    text,
    fallback: [title, text].filter(Boolean).join('\n'),
    mrkdwn_in: ['text'],
  };
}

function headingOf(notice: OngoingInput, { print, now }: DefaultOptions): string {
  const subject = subjectOf(notice, print);
  if (notice.ongoing.groupLabels) return `${subject}: ${lineOf(notice, now)}`;
  const [alert] = notice.alerts;
  const resolved = notice.ongoing.state === 'resolved' ? 'Resolved: ' : '';
  return `${resolved}${subject}: ${print(alert.trigger)}${severityOf(alert)}`;
}

function severityOf({ lifecycle }: DeliveryAlert): string {
  const { severity = '' } = lifecycle ?? {};
  return severity === '' || severity === 'none' ? '' : ` (${severity})`;
}

function detailsOf(notice: OngoingInput, { print, now, argocdUrl }: DefaultOptions): Part {
  const { alerts, snapshots, observedAt, ongoing } = notice;
  const [alert] = alerts;
  const { namespace, name, project } = alert.application;
  const url = link(snapshots[0], argocdUrl);
  const { since = observedAt, endedAt } = alert.lifecycle ?? {};
  const until = ongoing.state === 'resolved' && endedAt !== undefined ? `, until ${timeOf(endedAt)}` : '';
  return {
    colour: colourOf(ongoing.state, alert.lifecycle?.severity ?? ''),
    title: print(name),
    ...(url === '' ? {} : { titleLink: url }),
    lines: [
      lineOf(notice, now),
      `Since ${timeOf(since)}${until}`,
      `${kindOf(snapshots[0]).kind ?? 'Application'} ${print(`${namespace}/${name}`)}${project === '' ? '' : `, project ${print(project)}`}`,
    ],
  };
}

/** What fires, then what has ended: for each a list by Application, as long as there is room. */
function digestOf(notice: OngoingInput, options: DefaultOptions, room: number): Part[] {
  const { alerts, ongoing } = notice;
  const firing = alerts.filter(({ lifecycle }) => lifecycle?.state !== 'resolved');
  const resolved = alerts.filter(({ lifecycle }) => lifecycle?.state === 'resolved');
  const told = listOf(firing, ongoing.firing, notice, options, room);
  const ended = listOf(resolved, ongoing.resolved, notice, options, room - told.join('\n').length);
  const severity = worstSeverity(firing.map(({ lifecycle }) => lifecycle?.severity ?? ''));
  return [
    { colour: colourOf('firing', severity), title: 'Firing', lines: told },
    { colour: colours.resolved, title: 'Resolved', lines: ended },
  ];
}

/** `total`: how many there are, also those that the message has no room to name. */
function listOf(
  alerts: readonly DeliveryAlert[],
  total: number,
  notice: OngoingInput,
  options: DefaultOptions,
  room: number,
): string[] {
  const byApplication = Map.groupBy(
    alerts,
    ({ application }) => `${application.uid} ${application.namespace}/${application.name}`,
  );
  const lines: string[] = [];
  let left = room - moreOf(total).length - 1;
  let named = 0;
  for (const some of byApplication.values()) {
    const line = `• ${nameOf(some, notice, options)}: ${some.map((alert) => tellOf(alert, notice, options)).join('; ')}`;
    left -= line.length + 1;
    if (left < 0) break;
    lines.push(line);
    named += some.length;
  }
  return named < total ? [...lines, moreOf(total - named)] : lines;
}

const moreOf = (count: number): string => `and ${count} more`;

/** Linked where the service writes links so that they can be read as they stand. */
function nameOf(
  [first]: readonly DeliveryAlert[],
  { alerts, snapshots }: OngoingInput,
  { print, argocdUrl, serviceType }: DefaultOptions,
): string {
  if (first === undefined) return '';
  const { name } = first.application;
  const app = snapshots[alerts.indexOf(first)];
  const url = app && serviceType === 'slack' ? link(app, argocdUrl) : '';
  return url === '' ? print(name) : `<${url}|${print(name)}>`;
}

function tellOf(
  alert: DeliveryAlert,
  { ongoing, observedAt }: OngoingInput,
  { now, print }: DefaultOptions,
): string {
  const { since = observedAt, endedAt, severity = '', state } = alert.lifecycle ?? {};
  const trigger = ongoing.groupLabels?.['trigger'] === undefined ? print(alert.trigger) : '';
  const lasted = formatForPeople(Math.max(0, (state === 'resolved' ? (endedAt ?? now) : now) - since));
  const length =
    state === 'resolved' ? `after ${lasted}, ${endOf(alert)}` : `since ${timeOf(since)} (${lasted})`;
  const shownSeverity = severity === 'none' ? '' : severity;
  const acknowledged = acknowledgementOf(alert);
  const handled = acknowledged !== '' && state === 'firing' ? `acknowledged ${acknowledged}` : '';
  return [trigger, shownSeverity, length, changesOf(alert), handled].filter((part) => part !== '').join(', ');
}

/** `2026-11-28 06:25 UTC`. */
function timeOf(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

function colourOf(state: 'firing' | 'resolved', severity: string): string {
  if (state === 'resolved') return colours.resolved;
  if (severity === 'critical' || severity === 'error') return colours.high;
  return severity === 'info' || severity === 'none' ? colours.low : colours.middle;
}
