import type { Delivery, JsonObject } from '../model.ts';
import { pack, unpack } from '../store/pack.ts';

/** What a job of the queue holds. Texts are JSON or base64, so that no store objects to a character in them. */
export interface JobData {
  v: 1;
  /** JSON of the delivery without its snapshot. */
  delivery: string;
  /** Packed, base64: an Application of 20 KB takes 4 KB. */
  snapshot: string;
  queuedAt: number;
  /** Counts what was tried and failed. */
  failures: number;
  /** When it is to run, Unix milliseconds. */
  dueAt: number;
  slot?: number;
}

/** The data of new jobs; deliveries that share a snapshot share the work of packing it. */
export function jobDataOf(deliveries: readonly Delivery[], now: number): JobData[] {
  const packed = new Map<JsonObject, string>();

  function packOnce(snapshot: JsonObject): string {
    const known = packed.get(snapshot) ?? pack(snapshot).toString('base64');
    packed.set(snapshot, known);
    return known;
  }

  return deliveries.map(({ snapshot, ...delivery }) => ({
    v: 1,
    delivery: JSON.stringify(delivery),
    snapshot: packOnce(snapshot),
    queuedAt: now,
    failures: 0,
    dueAt: now,
  }));
}

/** Throws when the data was not made by a release that this one understands. */
export function deliveryOfJob(data: JobData): Delivery {
  const version: number = data.v;
  if (version !== 1) throw new Error(`Job data has the unknown version ${version}`);
  const delivery = JSON.parse(data.delivery) as Omit<Delivery, 'snapshot'>;
  return { ...delivery, snapshot: unpack<JsonObject>(Buffer.from(data.snapshot, 'base64')) };
}
