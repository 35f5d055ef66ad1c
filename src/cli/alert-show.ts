import { formatForPeople } from '../go/durations.ts';
import type { ParkedDelivery } from '../ledger/ledger.ts';
import type { DeliveryFacts, Destination } from '../model.ts';
import { type AlertView, readAlerts } from './alert-view.ts';
import { applicationOf, cell, destinationOf, factsOf, heldText, timeCell } from './alert-words.ts';
import { formatted } from './formatted.ts';
import { idOf, shownIdLength } from './ids.ts';
import { type CommandIo, exitCode, type OpenLedger } from './io.ts';
import type { AlertShowOptions } from './options.ts';
import { formatTable, timeText } from './table.ts';

/** `herald alerts show`: all that is known of an alert. */
export async function showAlert(options: AlertShowOptions, io: CommandIo): Promise<number> {
  const ledger = await io.openLedger(options.queue);
  try {
    const now = io.now();
    const views = new Map((await readAlerts(ledger, now)).map((view) => [view.alert.key, view]));
    const ids = options.ids.map((id) => idOf(id, views.keys(), unknownAlert(id)));
    const shown = [...new Set(ids)].flatMap((id) => views.get(id) ?? []);
    const deliveries = await deliveriesOf(ledger, shown);
    const { output } = options;
    if (output === 'wide')
      io.stdout(shown.map((view) => textOf(view, deliveries.get(view) ?? [], now)).join('\n'));
    else
      io.stdout(
        formatted(
          shown.map((view) => ({
            ...factsOf(view),
            deliveries: (deliveries.get(view) ?? []).map(deliveryFacts),
          })),
          output,
        ),
      );
    return exitCode.ok;
  } finally {
    await ledger.close();
  }
}

export function unknownAlert(id: string): string {
  return `there is no open alert ${JSON.stringify(id)}: herald alerts shows those that are`;
}

interface FoundDelivery {
  delivery: DeliveryFacts;
  status: string;
  /** Unix milliseconds. */
  at: number;
  /** Why there is a message, or why it was given up. */
  why: string;
}

/** Those under way and given up that tell of the alerts. */
async function deliveriesOf(
  ledger: Pick<OpenLedger, 'pending' | 'parked'>,
  views: readonly AlertView[],
): Promise<Map<AlertView, FoundDelivery[]>> {
  const found = new Map<AlertView, FoundDelivery[]>(views.map((view) => [view, []]));
  const note = (each: FoundDelivery) => {
    for (const view of views) if (isOf(view, each.delivery)) found.get(view)?.push(each);
  };
  for await (const batch of ledger.pending())
    for (const delivery of batch)
      note({ delivery, status: 'pending', at: delivery.observedAt, why: delivery.reason });
  for await (const batch of ledger.parked()) for (const each of batch) note(parkedOf(each));
  return found;
}

function parkedOf({ delivery, status, at, reason, error }: ParkedDelivery): FoundDelivery {
  return { delivery, status, at, why: error === reason ? reason : `${reason}: ${error}` };
}

/** A message of a large group does not name all of its alerts. */
function isOf({ alert, notices }: AlertView, delivery: DeliveryFacts): boolean {
  return (
    delivery.alerts.some(({ key }) => key === alert.key) || notices.some(({ key }) => key === delivery.notice)
  );
}

function deliveryFacts({ delivery, status, at, why }: FoundDelivery): Record<string, unknown> {
  const { id, destination, templates, reason } = delivery;
  return { id, destination, templates, reason, status, at: new Date(at).toISOString(), why };
}

function textOf(view: AlertView, deliveries: readonly FoundDelivery[], now: number): string {
  const tables = [noticesTable(view), messagesTable(view), deliveriesTable(deliveries)];
  return [fieldsOf(view, now), ...tables.filter((table) => table !== '')].join('\n');
}

function fieldsOf(view: AlertView, now: number): string {
  const { alert, state, acknowledged, nextAt } = view;
  const { since, firedAt, unmatchedAt, ended, changes, resolved, toldBefore = [] } = alert;
  const fields: [string, string | undefined][] = [
    ['ID', alert.key],
    ['State', state],
    ['Application', `${applicationOf(alert)}, project ${alert.application.project}`],
    ['Trigger', alert.trigger],
    ['ConfigMap of', alert.configNamespace],
    ['Once per', alert.oncePer || undefined],
    ['Severity', alert.severity || undefined],
    [
      'Labels',
      Object.entries(alert.labels)
        .map(([name, value]) => `${name}=${value}`)
        .join(', ') || undefined,
    ],
    ['Since', `${timeText(since)}, for ${formatForPeople((ended?.at ?? now) - since)}`],
    ['Fired', firedAt === undefined ? undefined : timeText(firedAt)],
    ['Matched again', changes.length === 0 ? undefined : `${changes.length} times: ${timesOf(changes)}`],
    ['Unmatched', unmatchedAt === undefined ? undefined : `since ${timeText(unmatchedAt)}, kept firing`],
    ['Ended', ended && `${timeText(ended.at)}, ${ended.why}`],
    ['End', alert.state === 'resolved' ? undefined : endText(resolved)],
    ['Acknowledged', acknowledged && acknowledgedText(acknowledged)],
    ['Told before', toldBefore.map(nameOf).join(', ') || undefined],
    ['Next', nextAt === undefined ? undefined : timeText(nextAt)],
  ];
  return formatTable(
    fields.flatMap(([name, text]) => (text === undefined ? [] : [[`${name}:`, cell(text, 500)]])),
  );
}

/** Of many the latest. */
function timesOf(changes: readonly number[]): string {
  const most = 10;
  const latest = changes.slice(-most).map(timeText).join(', ');
  return changes.length > most ? `… ${latest}` : latest;
}

function endText(resolved: readonly string[] | undefined): string {
  if (!resolved) return 'is not told';
  return resolved.length === 0 ? 'is told with the default message' : `is told with ${resolved.join(', ')}`;
}

function acknowledgedText({ at, by, comment }: NonNullable<AlertView['acknowledged']>): string {
  return `${timeText(at)} by ${by}${comment === '' ? '' : `: ${comment}`}`;
}

function nameOf({ service, recipient }: Destination): string {
  return `${service}:${recipient}`;
}

function noticesTable({ notices }: AlertView): string {
  if (notices.length === 0) return 'Nobody has been told.\n';
  const rows = notices.map(({ notice, told, held }) => [
    destinationOf(notice),
    groupText(notice.groupLabels),
    timeCell(told?.at),
    told?.severity ?? '',
    timeCell(notice.dueAt),
    held ? heldText(held) : '',
  ]);
  return tableOf(['DESTINATION', 'GROUP', 'TOLD', 'SEVERITY', 'NEXT', 'HELD BACK BY'], rows);
}

function groupText(labels: Readonly<Record<string, string>> | undefined): string {
  if (!labels) return '-';
  const texts = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
  return texts.length === 0 ? 'all' : texts.join(', ');
}

/** What was said of it, or of its group, the oldest first. */
function messagesTable({ notices }: AlertView): string {
  const said = notices.flatMap(({ notice }) =>
    (notice.said ?? []).map(({ at, reason }) => ({ at, reason, destination: destinationOf(notice) })),
  );
  if (said.length === 0) return '';
  const rows = said
    .toSorted((a, b) => a.at - b.at)
    .map(({ at, destination, reason }) => [timeText(at), destination, reason]);
  return tableOf(['MESSAGE', 'DESTINATION', 'REASON'], rows);
}

function deliveriesTable(deliveries: readonly FoundDelivery[]): string {
  if (deliveries.length === 0) return '';
  const rows = deliveries.map(({ delivery, status, at, why }) => [
    delivery.id.slice(0, shownIdLength),
    status,
    timeText(at),
    nameOf(delivery.destination),
    why,
  ]);
  return tableOf(['DELIVERY', 'STATUS', 'SINCE', 'DESTINATION', 'REASON'], rows);
}

function tableOf(heading: string[], rows: readonly string[][]): string {
  return formatTable([heading, ...rows.map((row) => row.map((text) => cell(text)))]);
}
