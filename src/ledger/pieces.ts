import type { Delivery } from '../model.ts';
import { type Change, mostItems } from './ledger.ts';
import type { Row, RowId } from './rows.ts';

/** What must not be torn apart: a row, and the deliveries that it says are made. */
export interface Part {
  remove?: readonly RowId[];
  put?: readonly Row[];
  add?: readonly Delivery[];
}

/** A change of any size, as it is decided. */
export interface Draft {
  /** Every row of the scope goes first. */
  clear?: boolean;
  parts?: readonly Part[];
  /** Says that all of this was decided: an Application's record, with its revision. */
  last?: Part;
}

/**
 * Cuts a change into such as a ledger commits at once, in their order. Parts stay whole and `last` is in the last piece:
 * after a crash between two pieces the next leader finds rows and deliveries of some parts and the earlier record,
 * decides the change again, and comes to the parts that are missing. Most changes are one piece.
 */
export function piecesOf({ clear = false, parts = [], last }: Draft): Change[] {
  const pieces: Change[] = [];
  let gathered: Part[] = [];
  let size = 0;

  function close(): void {
    pieces.push({
      ...(clear && pieces.length === 0 ? { clear } : {}),
      remove: gathered.flatMap(({ remove = [] }) => remove),
      put: gathered.flatMap(({ put = [] }) => put),
      add: gathered.flatMap(({ add = [] }) => add),
    });
    gathered = [];
    size = 0;
  }

  for (const part of last ? [...parts, last] : parts) {
    const items = sizeOf(part);
    if (size + items > mostItems) close();
    gathered.push(part);
    size += items;
  }
  if (gathered.length > 0 || clear) close();
  return pieces;
}

function sizeOf({ remove = [], put = [], add = [] }: Part): number {
  return remove.length + put.length + add.length;
}

/** Rejects what is more than a store is asked at once. */
export function assertBounded(items: number): void {
  if (items > mostItems) throw new RangeError(`${items} items at once are more than ${mostItems}`);
}

export function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
