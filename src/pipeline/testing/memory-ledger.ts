import type {
  ApplicationRecord,
  EpisodeRecord,
  Ledger,
  LedgerChange,
  LoadedApplication,
  Settlement,
} from '../../episodes/ledger.ts';
import type { Delivery } from '../../model.ts';

interface ModelEpisode {
  record: EpisodeRecord;
  delivery: string;
  confirmedAt: number;
}

/** What the contract says, in memory and in the plainest way: every ledger answers as this does. */
export function createMemoryLedger(): Ledger {
  const records = new Map<string, ApplicationRecord>();
  const episodes = new Map<string, Map<string, ModelEpisode>>();
  const deliveries = new Map<string, { delivery: Delivery; settlement?: Settlement }>();

  function episodesOf(uid: string): Map<string, ModelEpisode> {
    const known = episodes.get(uid) ?? new Map<string, ModelEpisode>();
    episodes.set(uid, known);
    return known;
  }

  function load(uid: string): LoadedApplication | undefined {
    const record = records.get(uid);
    if (!record) return undefined;
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

  function apply(uid: string, change: LedgerChange): { suppressed: string[] } {
    const known = episodesOf(uid);
    const claims = change.claim ?? [];
    if (change.record) records.set(uid, change.record);
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
      if (!deliveries.has(delivery.id)) deliveries.set(delivery.id, { delivery });
    }
    return { suppressed };
  }

  function settle(id: string, settlement: Settlement): void {
    const known = deliveries.get(id);
    if (!known) return;
    if (settlement.status !== 'sent') {
      known.settlement = settlement;
      return;
    }
    deliveries.delete(id);
    const { application, episode } = known.delivery;
    const marked = episodesOf(application.uid).get(episode);
    if (marked?.delivery === id) marked.record = { ...marked.record, notifiedAt: settlement.at };
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
      yield [...records.keys()].map(load).filter((each) => each !== undefined);
    },
    apply: async (uid, change) => apply(uid, change),
    async forget(uid) {
      records.delete(uid);
      episodes.delete(uid);
    },
    async *pending() {
      yield pending();
    },
    async isPending(id) {
      const known = deliveries.get(id);
      return known !== undefined && !known.settlement;
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
      for (const id of ids) delete deliveries.get(id)?.settlement;
      return pending().filter(({ id }) => ids.includes(id));
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
