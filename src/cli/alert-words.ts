/** How alerts are written for people and programs. */
import type { Alert, HeldBy, OngoingNotice } from '../ledger/rows.ts';
import type { AlertView, NoticeView } from './alert-view.ts';
import { shownIdLength } from './ids.ts';
import { oneLine, printable, timeText } from './table.ts';

export function applicationOf({ application }: Alert): string {
  return `${application.namespace}/${application.name}`;
}

export function shortId({ key }: Alert): string {
  return key.slice(0, shownIdLength);
}

const uuid = /^([0-9a-f]{8})(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The id of a silence of the store is a name alone, of which the beginning suffices; others say what they are of: `muteTimes 2`. */
export function heldText({ by, id }: HeldBy): string {
  return by === 'silence' && !id.includes(' ') ? `silence ${uuid.exec(id)?.[1] ?? id}` : id;
}

export function destinationOf({ destination }: OngoingNotice): string {
  return `${destination.service}:${destination.recipient}`;
}

/** What keeps people from hearing of it, now or again. */
export function reasonsOf({ heldBy, acknowledged, alert, notices, isOnce }: AlertView): string[] {
  return [
    ...(isOnce ? ['told once'] : []),
    ...heldBy.map(heldText),
    ...(acknowledged ? [`acknowledged by ${acknowledged.by}`] : []),
    ...(alert.ended ? [`ended: ${alert.ended.why}`] : []),
    ...(alert.state === 'firing' && notices.length === 0 ? [waitingText(alert)] : []),
  ];
}

/** Nobody was told of it, and nothing that has a name holds it back. */
function waitingText({ toldBefore = [] }: Alert): string {
  return toldBefore.length > 0 ? 'told before of its oncePer value' : 'not told yet';
}

/** A cell of a table: on its line, and without what moves a cursor. */
export function cell(text: string, length = 200): string {
  return printable(oneLine(text, length));
}

/** As `-o json` has it; times in RFC 3339. */
export function factsOf(view: AlertView): Record<string, unknown> {
  const { alert, state, acknowledged, notices, heldBy, nextAt, isOnce } = view;
  const { key, application, configNamespace, trigger, oncePer, severity, labels } = alert;
  return {
    id: key,
    state,
    application,
    configNamespace,
    trigger,
    ...(oncePer === '' ? {} : { oncePer }),
    ...(isOnce ? { once: true } : { severity, labels }),
    since: timeOf(alert.since),
    ...timeField('firedAt', alert.firedAt),
    ...timeField('unmatchedAt', alert.unmatchedAt),
    ...(alert.ended ? { endedAt: timeOf(alert.ended.at), why: alert.ended.why } : {}),
    changes: alert.changes.map(timeOf),
    ...(acknowledged
      ? {
          acknowledged: {
            at: timeOf(acknowledged.at),
            by: acknowledged.by,
            comment: acknowledged.comment,
          },
        }
      : {}),
    // As in the ConfigMap.
    ...(alert.resolved ? { resolved: alert.resolved.length === 0 ? true : alert.resolved } : {}),
    ...(alert.toldBefore ? { toldBefore: alert.toldBefore } : {}),
    heldBy,
    notices: notices.map(noticeFacts),
    ...timeField('nextAt', nextAt),
  };
}

function noticeFacts({ key, notice, told, held }: NoticeView): Record<string, unknown> {
  const { destination, groupLabels, said = [] } = notice;
  return {
    id: key,
    destination,
    ...(groupLabels ? { groupLabels } : {}),
    ...(told
      ? {
          toldAt: timeOf(told.at),
          ...(notice.told
            ? {
                toldSeverity: told.severity,
                root: notice.told.root,
                delivery: notice.told.delivery,
              }
            : {}),
        }
      : {}),
    ...(held ? { heldBy: held } : {}),
    messages: said.map(({ at, reason }) => ({ at: timeOf(at), reason })),
    ...timeField('nextAt', notice.dueAt),
  };
}

function timeOf(at: number): string {
  return new Date(at).toISOString();
}

function timeField(name: string, at: number | undefined): Record<string, string> {
  return at === undefined ? {} : { [name]: timeOf(at) };
}

export function timeCell(at: number | undefined): string {
  return at === undefined ? '' : timeText(at);
}
