/** What the store knows of the messages of one Application. */
import { noticeKey, type Slot, slotOf, toldKey } from '../../alerts/keys.ts';
import { placeOf } from '../../alerts/lives.ts';
import { oncePerValue } from '../../alerts/once-per.ts';
import { isBefore } from '../../cluster/revision.ts';
import type { ParkedDelivery } from '../../ledger/ledger.ts';
import type { Alert, ChangeHistory, Notice, OngoingNotice } from '../../ledger/rows.ts';
import type { ConditionResult, DeliveryFacts, Destination, JsonObject } from '../../model.ts';
import type { OpenLedger, WaitingJob } from '../io.ts';
import type { Decided, Standing } from './facts.ts';

export interface LedgerFacts {
  /** As it was seen last. */
  object: JsonObject | undefined;
  leader: { host: string; term: number } | undefined;
  /** The revision up to which what the watch shows is decided. */
  decided: string | undefined;
  /** For conditions that ask about the past. */
  history: ChangeHistory;
  /** By `slotOf`. */
  notices: ReadonlyMap<string, Notice>;
  alerts: readonly Alert[];
  ongoing: readonly { key: string; notice: OngoingNotice }[];
  pending: readonly { delivery: DeliveryFacts; job?: WaitingJob }[];
  parked: readonly ParkedDelivery[];
}

/** Reads whatever there is of the Application, also where groups tell of it. */
export async function readLedger(ledger: OpenLedger, uid: string, isSet: boolean): Promise<LedgerFacts> {
  const rows = await ledger.load(uid, ['application', 'notice', 'alert', 'ongoing']);
  const alerts = rows.flatMap((row) => (row.kind === 'alert' ? [row.value] : []));
  const keys = new Set(alerts.map(({ key }) => key));
  const ongoing = rows.flatMap((row) =>
    row.kind === 'ongoing' ? [{ key: row.key, notice: row.value }] : [],
  );
  if (keys.size > 0) {
    for await (const some of ledger.rows('ongoing'))
      for (const { scope, key, value } of some)
        if (scope !== uid && alertsOf(value).some((alert) => keys.has(alert)))
          ongoing.push({ key, notice: value });
  }
  const record = rows.find((row) => row.kind === 'application')?.value;
  const [progress] = await ledger.load('watch', ['progress']);
  const isOurs = ({ alerts: told }: DeliveryFacts) => told.some(({ application }) => application.uid === uid);
  const pending: DeliveryFacts[] = [];
  for await (const some of ledger.pending()) pending.push(...some.filter(isOurs));
  const parked: ParkedDelivery[] = [];
  for await (const some of ledger.parked()) parked.push(...some.filter(({ delivery }) => isOurs(delivery)));
  const jobs =
    pending.length === 0 ? new Map<string, WaitingJob>() : await ledger.jobs(pending.map(({ id }) => id));
  return {
    leader: await ledger.leader(),
    object: record?.object,
    decided: isSet ? progress?.value.sets : progress?.value.revision,
    history: record?.history ?? {},
    notices: new Map(
      rows.flatMap((row) =>
        row.kind === 'notice' ? [[slotOf({ ...row.value, ...row.value.of }), row.value] as const] : [],
      ),
    ),
    alerts,
    ongoing,
    pending: pending.map((delivery) => {
      const job = jobs.get(delivery.id);
      return { delivery, ...(job ? { job } : {}) };
    }),
    parked,
  };
}

function alertsOf({ told, held }: OngoingNotice): string[] {
  return [...Object.keys(told?.firing ?? {}), ...Object.keys(held ?? {})];
}

export function decidedOf({ decided }: LedgerFacts, resourceVersion: string): Decided {
  return decided !== undefined && !isBefore(decided, resourceVersion) ? 'yes' : 'no';
}

interface Asked extends Slot {
  uid: string;
  result: ConditionResult;
  repeat: number | undefined;
  pendingFor: number;
}

/** How far the message of a condition to a destination has come. */
export async function standingOf(
  facts: LedgerFacts,
  { uid, result, repeat, pendingFor, ...slot }: Asked,
  ledger: Pick<OpenLedger, 'read'>,
): Promise<{ standing: Standing; alert?: Alert; told?: { at: number; reason?: string } }> {
  const { destination } = slot;
  const isOf = ({ alerts, destination: to, configNamespace }: DeliveryFacts) =>
    configNamespace === slot.configNamespace &&
    isSame(to, destination) &&
    alerts.some(
      ({ trigger, condition, application }) =>
        application.uid === uid && trigger === slot.trigger && condition === slot.condition,
    );
  const parked = facts.parked.find(({ delivery }) => isOf(delivery));
  if (parked) {
    const { delivery, status, reason, error, scope, at } = parked;
    return {
      standing: { kind: 'parked', id: delivery.id, at, status, reason, error, ...(scope ? { scope } : {}) },
    };
  }
  const pending = facts.pending.find(({ delivery }) => isOf(delivery));
  if (pending) {
    const { delivery, job } = pending;
    return {
      standing: { kind: 'sending', id: delivery.id, since: delivery.observedAt, ...(job ? { job } : {}) },
    };
  }
  const alert = facts.alerts.find((each) => placeOf(each) === placeOf(slot) && each.state !== 'resolved');
  if (alert) return ofAlert(alert, facts, slot, { repeat, pendingFor });
  return ofNotice(facts, slot, uid, result, ledger);
}

function ofAlert(
  alert: Alert,
  facts: LedgerFacts,
  { destination }: Slot,
  { repeat, pendingFor }: Pick<Asked, 'repeat' | 'pendingFor'>,
): { standing: Standing; alert: Alert; told?: { at: number; reason?: string } } {
  if (alert.state === 'pending') {
    const { since } = alert;
    return { alert, standing: { kind: 'pending', since, firesAt: since + pendingFor } };
  }
  const own = facts.ongoing.filter(({ notice }) => isSame(notice.destination, destination));
  const held = own.map(({ notice }) => notice.held?.[alert.key]).find((each) => each !== undefined);
  const teller = own.find(({ notice }) => Object.hasOwn(notice.told?.firing ?? {}, alert.key))?.notice;
  const told = teller?.told;
  const last = told ? { told: teller.said?.at(-1) ?? { at: told.at } } : {};
  if (held) return { alert, standing: { kind: 'held', by: held }, ...last };
  if (told) {
    const repeatsAt = repeat === undefined || alert.acknowledged ? undefined : told.at + repeat;
    const { oncePer } = alert;
    return {
      alert,
      ...last,
      standing: { kind: 'told', at: told.at, oncePer, ...(repeatsAt === undefined ? {} : { repeatsAt }) },
    };
  }
  if (alert.toldBefore?.some((each) => isSame(each, destination)))
    return { alert, standing: { kind: 'told before', oncePer: alert.oncePer } };
  return { alert, standing: { kind: 'none' } };
}

async function ofNotice(
  { notices }: LedgerFacts,
  slot: Slot,
  uid: string,
  result: ConditionResult,
  ledger: Pick<OpenLedger, 'read'>,
): Promise<{ standing: Standing; told?: { at: number } }> {
  const last = notices.get(slotOf(slot))?.alerts.at(-1);
  const told = last ? { told: { at: last.since } } : {};
  if (result.status !== 'matched') return { standing: { kind: 'none' }, ...told };
  const oncePer = oncePerValue(result);
  if (last && (last.oncePer === oncePer || oncePer === '')) {
    const { since: at, delivery } = last;
    const kind = delivery === undefined ? ('imported' as const) : ('told' as const);
    return { standing: { kind, at, oncePer: last.oncePer }, ...told };
  }
  if (oncePer === '') return { standing: { kind: 'none' }, ...told };
  const key = toldKey(noticeKey(uid, slotOf(slot)), oncePer);
  const [row] = await ledger.read(uid, 'told', [key]);
  return {
    standing: row ? { kind: 'told before', oncePer } : { kind: 'none' },
    ...told,
  };
}

function isSame(a: Destination, b: Destination): boolean {
  return a.service === b.service && a.recipient === b.recipient;
}
