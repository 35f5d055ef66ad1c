/** Alerts as the ledger has them: each with the notices that tell of it or hold it back. */
import type { Acknowledgement, Alert, HeldBy, OngoingNotice, ScopedRow } from '../ledger/rows.ts';
import type { OpenLedger } from './io.ts';
import type { ShownState } from './options.ts';
import { readOnce } from './told-once.ts';

export interface AlertView {
  alert: Alert;
  state: ShownState;
  /** As people have asked for it last, whether or not the leader knows yet. */
  acknowledged?: Pick<Acknowledgement, 'at' | 'by' | 'comment'>;
  notices: NoticeView[];
  /** Each thing once, whatever it holds back. */
  heldBy: HeldBy[];
  /** When time alone may change something next, Unix milliseconds; absent where that is not known, or never. */
  nextAt?: number;
  /** Of a condition whose matches are told once, and have no end that is told. Its severity is not known here: ''. */
  isOnce?: true;
}

export interface NoticeView {
  key: string;
  notice: OngoingNotice;
  /** When the destination was told last; absent where it was not told of this alert. */
  told?: { at: number; severity: string };
  held?: HeldBy;
}

const heldStates = { silence: 'silenced', mute: 'muted', inhibit: 'inhibited' } as const;

/** Every alert, the one that began first first. `now`: Unix milliseconds. */
export async function readAlerts(ledger: Pick<OpenLedger, 'rows' | 'load'>, now: number) {
  const notices = new Map<string, NoticeView[]>();
  for await (const rows of ledger.rows('ongoing')) for (const row of rows) index(notices, row);
  const asked = new Map(
    (await ledger.load('acknowledgements', ['acknowledgement'])).map(({ key, value }) => [key, value]),
  );
  const views: AlertView[] = [];
  for await (const rows of ledger.rows('alert'))
    for (const { key, value } of rows) views.push(viewOf(value, notices.get(key) ?? [], asked.get(key), now));
  views.push(...(await readOnce(ledger)));
  return views.toSorted((a, b) => a.alert.since - b.alert.since || (a.alert.key < b.alert.key ? -1 : 1));
}

/** Whose state is one of these; none: any. */
export function isAmong({ state }: AlertView, states: readonly ShownState[]): boolean {
  return states.length === 0 || states.includes(state);
}

function index(notices: Map<string, NoticeView[]>, { key, value }: ScopedRow<'ongoing'>): void {
  const { told, held = {} } = value;
  const severities = told?.firing ?? {};
  for (const alert of new Set([...Object.keys(severities), ...Object.keys(held)])) {
    const severity = severities[alert];
    const heldBy = held[alert];
    const view: NoticeView = {
      key,
      notice: value,
      ...(told && severity !== undefined ? { told: { at: told.at, severity } } : {}),
      ...(heldBy ? { held: heldBy } : {}),
    };
    const known = notices.get(alert);
    if (known) known.push(view);
    else notices.set(alert, [view]);
  }
}

function viewOf(
  alert: Alert,
  notices: NoticeView[],
  asked: Acknowledgement | undefined,
  now: number,
): AlertView {
  const heldBy = new Map(
    notices.flatMap(({ held }) => (held ? [[`${held.by} ${held.id}`, held] as const] : [])),
  );
  const acknowledged = asked ? (asked.withdrawn ? undefined : asked) : alert.acknowledged;
  const dues = [alert.dueAt, ...notices.map(({ notice }) => notice.dueAt)].filter(
    (at) => at !== undefined && at > now,
  ) as number[];
  const [held] = heldBy.values();
  return {
    alert,
    state: stateOf(alert, held, acknowledged !== undefined),
    ...(acknowledged && alert.state !== 'resolved' ? { acknowledged } : {}),
    notices,
    heldBy: [...heldBy.values()],
    ...(dues.length > 0 ? { nextAt: Math.min(...dues) } : {}),
  };
}

/** One of them, as the metrics say it. */
function stateOf(alert: Alert, held: HeldBy | undefined, isAcknowledged: boolean): ShownState {
  if (alert.state !== 'firing') return alert.state;
  if (held) return heldStates[held.by];
  return isAcknowledged ? 'acknowledged' : 'firing';
}
