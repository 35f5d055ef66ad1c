import { createHash } from 'node:crypto';
import type { Delivery, JsonObject } from '../model.ts';
import { pack, unpack } from '../store/pack.ts';
import type {
  AttemptMark,
  Begun,
  EpisodeRecord,
  LedgerChange,
  ParkedDelivery,
  Settlement,
} from './ledger.ts';

/*
 * How the records of the ledger are written, the same in every store. Texts are JSON, in which NUL characters and
 * lone surrogates are escaped; fields added to a record are kept without a change here.
 */

export interface EpisodeRow {
  key: string;
  once: boolean;
  /** Groups the oncePer values of one condition and destination. */
  slot: string;
  record: string;
  openedAt: number;
  /** 0 where it was not notified. */
  notifiedAt: number;
}

export interface ClaimRow extends EpisodeRow {
  id: string;
  body: string;
  lane: string;
  snapshot: string;
  observedAt: number;
}

export interface ChangeRows {
  record?: Buffer;
  end: string[];
  imports: EpisodeRow[];
  confirm: { keys: string[]; at: number };
  claims: ClaimRow[];
  /** Packed, by the digest of their content: the deliveries of one change share one. */
  snapshots: Map<string, Buffer>;
}

export function rowsOfChange(change: LedgerChange): ChangeRows {
  const snapshots = new Map<string, Buffer>();
  const digests = new Map<JsonObject, string>();

  function digestOf(snapshot: JsonObject): string {
    const known = digests.get(snapshot);
    if (known !== undefined) return known;
    const digest = createHash('sha256').update(JSON.stringify(snapshot)).digest('hex').slice(0, 40);
    digests.set(snapshot, digest);
    if (!snapshots.has(digest)) snapshots.set(digest, pack(snapshot));
    return digest;
  }

  return {
    ...(change.record ? { record: pack({ ...change.record }) } : {}),
    end: change.end ?? [],
    imports: (change.import ?? []).map(rowOfEpisode),
    confirm: change.confirm ?? { keys: [], at: 0 },
    claims: (change.claim ?? []).map(({ episode, delivery }) => {
      const { snapshot, ...body } = delivery;
      return {
        ...rowOfEpisode(episode),
        id: delivery.id,
        body: JSON.stringify(body),
        lane: laneOf(delivery),
        snapshot: digestOf(snapshot),
        observedAt: Math.trunc(delivery.observedAt),
      };
    }),
    snapshots,
  };
}

function rowOfEpisode(episode: EpisodeRecord): EpisodeRow {
  const { notifiedAt, ...record } = episode;
  return {
    key: episode.key,
    once: episode.oncePer !== '',
    slot: slotOfEpisode(episode),
    record: JSON.stringify(record),
    openedAt: Math.trunc(episode.openedAt),
    notifiedAt: Math.trunc(notifiedAt ?? 0),
  };
}

function slotOfEpisode({ configNamespace, trigger, condition, service, recipient }: EpisodeRecord): string {
  const parts = JSON.stringify([configNamespace, trigger, condition, service, recipient]);
  return createHash('sha256').update(parts).digest('hex').slice(0, 24);
}

/** Of an Application and a destination: what keeps its order. */
export function laneOf({ configNamespace, destination, application }: Delivery): string {
  const parts = JSON.stringify([
    configNamespace,
    destination.service,
    destination.recipient,
    application.uid,
  ]);
  return createHash('sha256').update(parts).digest('hex').slice(0, 24);
}

export function episodeOfRow(record: string, notifiedAt: number): EpisodeRecord {
  const episode = JSON.parse(record) as EpisodeRecord;
  return notifiedAt > 0 ? { ...episode, notifiedAt } : episode;
}

export function deliveryOfRow(body: string, packedSnapshot: Uint8Array): Delivery {
  const delivery = JSON.parse(body) as Omit<Delivery, 'snapshot'>;
  return { ...delivery, snapshot: unpack<JsonObject>(packedSnapshot) };
}

/** The text that a parked delivery is kept with; undefined for one that was sent, of which nothing is kept. */
export function textOfSettlement(settlement: Settlement): string | undefined {
  return settlement.status === 'sent' ? undefined : JSON.stringify(settlement);
}

export function parkedOfRow(delivery: Delivery, settlement: string): ParkedDelivery {
  return { delivery, ...(JSON.parse(settlement) as Exclude<Settlement, { status: 'sent' }>) };
}

/** The same mark is always the same text: stores compare it. */
export function textOfMark({ since, until, by }: AttemptMark): string {
  return JSON.stringify({ since, until, by });
}

/** What stores answer to `begin`: a word, or the mark that stands. */
export function begunOf(answer: string): Begun {
  if (answer === 'begun' || answer === 'settled' || answer === 'behind') return { status: answer };
  return { status: 'unclear', earlier: JSON.parse(answer) as AttemptMark };
}
