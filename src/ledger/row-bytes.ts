import { hash } from 'node:crypto';
import type { Delivery, DeliveryFacts, JsonObject } from '../model.ts';
import { packText, unpack } from '../store/pack.ts';
import type { AttemptMark, Begun, ParkedDelivery, Settlement } from './ledger.ts';
import type { Row, RowKind, RowValues } from './rows.ts';
import type { Snapshots } from './snapshots.ts';

/*
 * How rows and deliveries are written, the same in every store. Texts are JSON, in which NUL characters and lone
 * surrogates are escaped; fields added to a value are kept without a change here.
 */

/** From this size on a value is packed: below it, packing takes longer than all else that is done to write it. */
const packedFrom = 2_048;

export function bytesOfValue(value: RowValues[RowKind]): Buffer {
  const text = JSON.stringify(value);
  return text.length < packedFrom ? Buffer.from(text) : packText(text);
}

const openingBrace = 0x7b;

/** Throws when the bytes were not made by {@link bytesOfValue}. */
export function rowOf<Kind extends RowKind>(
  kind: Kind,
  key: string,
  bytes: Uint8Array,
  expiresAt?: number,
): Row<Kind> {
  const value =
    bytes[0] === openingBrace
      ? (JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')) as object)
      : unpack<object>(bytes);
  return { kind, key, value, ...(expiresAt === undefined ? {} : { expiresAt }) } as Row<Kind>;
}

/** A delivery as a store keeps it: its snapshots apart, under the digest of what they hold, once for all that share them. */
export interface DeliveryRow {
  id: string;
  lane: string;
  /** Name of the service as JSON, by which parked ones are counted. */
  service: string;
  /** JSON of the rest. */
  body: string;
  /** Digests, one for each alert. */
  snapshots: string[];
}

export interface DeliveryRows {
  deliveries: DeliveryRow[];
  /** Packed, by digest. */
  snapshots: Map<string, Buffer>;
}

export function rowsOfDeliveries(deliveries: readonly Delivery[], memory: Snapshots): DeliveryRows {
  const packed = new Map<string, Buffer>();
  const digests = new Map<JsonObject, string>();

  function digestOf(snapshot: JsonObject): string {
    const known = digests.get(snapshot);
    if (known !== undefined) return known;
    const text = JSON.stringify(snapshot);
    const digest = hash('sha256', text).slice(0, 40);
    digests.set(snapshot, digest);
    memory.note(digest, snapshot);
    if (!packed.has(digest)) packed.set(digest, packText(text));
    return digest;
  }

  return {
    deliveries: deliveries.map(({ snapshots, ...facts }) => ({
      id: facts.id,
      lane: facts.lane,
      service: JSON.stringify(facts.destination.service),
      body: JSON.stringify(facts),
      snapshots: snapshots.map(digestOf),
    })),
    snapshots: packed,
  };
}

export function parkedCounts(
  counts: Iterable<readonly [service: string, count: number]>,
): Map<string, number> {
  return new Map([...counts].map(([service, count]) => [JSON.parse(service) as string, count]));
}

export function factsOfBody(body: string): DeliveryFacts {
  return JSON.parse(body) as DeliveryFacts;
}

/** `digests`: of its snapshots, one for each alert; `packed`: what the store holds under one. */
export function deliveryOf(
  body: string,
  digests: readonly string[],
  packed: (digest: string, index: number) => Uint8Array | undefined,
  memory: Snapshots,
): Delivery {
  const [first, ...others] = digests.map((digest, index) =>
    memory.read(digest, () => {
      const bytes = packed(digest, index);
      if (bytes === undefined) throw new Error(`A delivery has lost its snapshot ${digest}`);
      return bytes;
    }),
  );
  if (first === undefined) throw new Error('A delivery has no snapshot');
  return { ...factsOfBody(body), snapshots: [first, ...others] };
}

/** The text that a parked delivery is kept with. */
export function textOfSettlement(settlement: Exclude<Settlement, { status: 'sent' }>): string {
  return JSON.stringify(settlement);
}

export function mayHaveArrived(settlement: string): boolean {
  return (JSON.parse(settlement) as { mayHaveArrived?: true }).mayHaveArrived === true;
}

export function parkedOf(body: string, settlement: string): ParkedDelivery {
  return {
    delivery: factsOfBody(body),
    ...(JSON.parse(settlement) as Exclude<Settlement, { status: 'sent' }>),
  };
}

/** The same mark is always the same text: stores compare it. */
export function textOfMark({ since, until, by }: AttemptMark): string {
  return JSON.stringify({ since, until, by });
}

/** What stores answer to `begin`: a word, or the mark that stands. */
export function begunOf(answer: string, delivery: () => Delivery): Begun {
  if (answer === 'settled' || answer === 'behind') return { status: answer };
  if (answer === 'begun') return { status: answer, delivery: delivery() };
  return { status: 'unclear', delivery: delivery(), earlier: JSON.parse(answer) as AttemptMark };
}
