import type {
  ApplicationRecord,
  AttemptMark,
  Begun,
  EpisodeRecord,
  GoneApplication,
  Ledger,
  LedgerChange,
  LoadedApplication,
  Settled,
  Settlement,
} from '../../episodes/ledger.ts';
import { laneOf } from '../../episodes/ledger-rows.ts';
import type { Delivery } from '../../model.ts';
import { isBefore } from '../revision.ts';

interface ModelEpisode {
  record: EpisodeRecord;
  delivery: string;
  confirmedAt: number;
}

interface ModelDelivery {
  delivery: Delivery;
  order: number;
  settlement?: Settlement;
  mark?: AttemptMark;
}

/**
 * What the contract says, in memory and in the plainest way: every ledger answers as this does.
 * `lead.term`: of the leader, for what earlier ones still write.
 */
export function createMemoryLedger(lead: { term: number } = { term: 0 }): Ledger {
  const records = new Map<string, ApplicationRecord>();
  const episodes = new Map<string, Map<string, ModelEpisode>>();
  const deliveries = new Map<string, ModelDelivery>();
  const gone = new Map<string, string>();
  let progress: string | undefined;
  let order = 0;

  function episodesOf(uid: string): Map<string, ModelEpisode> {
    const known = episodes.get(uid) ?? new Map<string, ModelEpisode>();
    episodes.set(uid, known);
    return known;
  }

  function load(uid: string): LoadedApplication | GoneApplication | undefined {
    const record = records.get(uid);
    const goneAt = gone.get(uid);
    if (!record) return goneAt === undefined ? undefined : { goneAt };
    const open: EpisodeRecord[] = [];
    const latest = new Map<string, ModelEpisode>();
    for (const each of episodesOf(uid).values()) {
      const { configNamespace, trigger, condition, service, recipient, oncePer } = each.record;
      const slot = JSON.stringify([configNamespace, trigger, condition, service, recipient]);
      const other = latest.get(slot);
      if (oncePer === '') open.push(each.record);
      else if (!other || isLater(each, other)) latest.set(slot, each);
    }
    return { record, episodes: [...open, ...[...latest.values()].map((each) => each.record)] };
  }

  function apply(uid: string, change: LedgerChange): { suppressed: string[]; ready: string[] } {
    const known = episodesOf(uid);
    const claims = change.claim ?? [];
    if (change.record) {
      records.set(uid, change.record);
      gone.delete(uid);
    }
    for (const key of change.end ?? []) {
      const isRepeated = claims.some(
        (c) => c.episode.key === key && c.delivery.id === known.get(key)?.delivery,
      );
      if (!isRepeated) known.delete(key);
    }
    for (const record of change.import ?? []) {
      if (!known.has(record.key))
        known.set(record.key, { record, delivery: '', confirmedAt: record.openedAt });
    }
    for (const key of change.confirm?.keys ?? []) confirm(known.get(key), change.confirm?.at ?? 0);
    const suppressed: string[] = [];
    for (const { episode, delivery } of claims) {
      const present = known.get(episode.key);
      if (present) {
        confirm(present, episode.openedAt);
        if (present.delivery !== delivery.id) suppressed.push(episode.key);
        continue;
      }
      known.set(episode.key, { record: episode, delivery: delivery.id, confirmedAt: episode.openedAt });
      if (!deliveries.has(delivery.id)) deliveries.set(delivery.id, { delivery, order: (order += 1) });
    }
    const ready = claims.map(({ delivery }) => delivery.id).filter(isReady);
    return { suppressed, ready: [...new Set(ready)] };
  }

  /** Pending deliveries of one lane, first to last. */
  function laneMates(delivery: Delivery): ModelDelivery[] {
    return [...deliveries.values()]
      .filter((each) => !each.settlement && laneOf(each.delivery) === laneOf(delivery))
      .sort((a, b) => a.order - b.order);
  }

  function isReady(id: string): boolean {
    const known = deliveries.get(id);
    return known !== undefined && laneMates(known.delivery)[0] === known;
  }

  function begin(id: string, attempt: AttemptMark, replaces?: AttemptMark): Begun {
    const known = deliveries.get(id);
    if (!known || known.settlement) return { status: 'settled' };
    if (!isReady(id)) return { status: 'behind' };
    if (known.mark && known.mark.by !== replaces?.by) return { status: 'unclear', earlier: known.mark };
    known.mark = attempt;
    return { status: 'begun' };
  }

  function settle(id: string, settlement: Settlement): Settled {
    const known = deliveries.get(id);
    if (!known) return { settled: false, open: false };
    const settled = !known.settlement;
    const { application, episode } = known.delivery;
    const marked = episodesOf(application.uid).get(episode);
    const open = marked?.delivery === id;
    delete known.mark;
    if (settlement.status !== 'sent') {
      known.settlement = settlement;
    } else {
      deliveries.delete(id);
      if (open && marked) marked.record = { ...marked.record, notifiedAt: settlement.at };
    }
    const next = laneMates(known.delivery)[0]?.delivery;
    return { settled, open, ...(next ? { next } : {}) };
  }

  function prune(before: number): number {
    let pruned = 0;
    for (const known of episodes.values()) {
      for (const [key, { record, delivery, confirmedAt }] of known) {
        const entry = deliveries.get(delivery);
        const isPending = entry !== undefined && entry.settlement === undefined;
        if (record.oncePer !== '' && confirmedAt < before && !isPending) {
          known.delete(key);
          pruned += 1;
        }
      }
    }
    for (const [id, { settlement }] of deliveries) {
      if (settlement && settlement.at < before) {
        deliveries.delete(id);
        pruned += 1;
      }
    }
    return pruned;
  }

  function pending(): Delivery[] {
    return [...deliveries.values()]
      .filter(({ settlement }) => !settlement)
      .map(({ delivery }) => delivery)
      .sort((a, b) => a.observedAt - b.observedAt || compare(a.id, b.id));
  }

  return {
    async *applications() {
      yield [...records.values()];
    },
    load: async (uid) => load(uid),
    async *loadAll() {
      yield [...records.keys()].map(load).filter((each) => each !== undefined && 'record' in each);
    },
    apply: async (uid, change, term) =>
      term < lead.term ? { fenced: true } : { fenced: false, ...apply(uid, change) },
    async forget(uid, revision, term) {
      if (term < lead.term) return { fenced: true };
      records.delete(uid);
      episodes.delete(uid);
      gone.set(uid, revision);
      return { fenced: false };
    },
    progress: async () => progress,
    async setProgress(revision, term) {
      if (term < lead.term) return { fenced: true };
      progress = revision;
      for (const [uid, goneAt] of gone) if (!isBefore(revision, goneAt)) gone.delete(uid);
      return { fenced: false };
    },
    async *pending() {
      yield pending();
    },
    async *ready() {
      yield pending()
        .map(({ id }) => id)
        .filter(isReady);
    },
    read: async (ids) => pending().filter(({ id }) => ids.includes(id)),
    begin: async (id, attempt, replaces) => begin(id, attempt, replaces),
    async abandon(id, attempt) {
      const known = deliveries.get(id);
      if (known?.mark?.by === attempt.by) delete known.mark;
    },
    settle: async (id, settlement) => settle(id, settlement),
    async parked(limit) {
      return [...deliveries.values()]
        .flatMap(({ delivery, settlement }) =>
          settlement && settlement.status !== 'sent' ? [{ delivery, ...settlement }] : [],
        )
        .sort((a, b) => b.at - a.at || compare(b.delivery.id, a.delivery.id))
        .slice(0, limit);
    },
    async unpark(ids) {
      for (const id of ids) {
        const known = deliveries.get(id);
        if (!known?.settlement) continue;
        delete known.settlement;
        known.order = order += 1;
      }
      return pending().filter(({ id }) => ids.includes(id) && isReady(id));
    },
    prune: async (before) => prune(before),
  };
}

function confirm(episode: ModelEpisode | undefined, at: number): void {
  if (episode && episode.record.oncePer !== '') episode.confirmedAt = Math.max(episode.confirmedAt, at);
}

function isLater(a: ModelEpisode, b: ModelEpisode): boolean {
  return (
    a.confirmedAt > b.confirmedAt ||
    (a.confirmedAt === b.confirmedAt && compare(a.record.key, b.record.key) > 0)
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
