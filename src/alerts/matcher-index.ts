import { type LabelValues, type Matcher, matchesAll } from './matcher.ts';

/** Finds which of many rules match, without trying each. */
export interface MatcherIndex<T> {
  /** In their order. */
  matching(labels: LabelValues): T[];
  readonly size: number;
}

interface Placed<T> {
  item: T;
  order: number;
  matchers: readonly Matcher[];
}

/**
 * An item whose matchers ask a label for one of some values is found by that value; of several such labels, by the one
 * that tells most items apart. All others are tried each time.
 */
export function createMatcherIndex<T>(
  items: readonly T[],
  matchersOf: (item: T) => readonly Matcher[],
): MatcherIndex<T> {
  const variety = new Map<string, Set<string>>();
  for (const { label, values } of items.flatMap((item) => matchersOf(item).filter(isAnchor))) {
    const known = variety.get(label) ?? new Set();
    for (const value of values) known.add(value);
    variety.set(label, known);
  }
  const byValue = new Map<string, Map<string, Placed<T>[]>>();
  const others: Placed<T>[] = [];
  for (const [order, item] of items.entries()) {
    const placed = { item, order, matchers: matchersOf(item) };
    const anchors = placed.matchers.filter(isAnchor);
    const [anchor] = anchors.sort((a, b) => sizeOf(b.label) - sizeOf(a.label));
    if (anchor) for (const value of new Set(anchor.values)) place(anchor.label, value, placed);
    else others.push(placed);
  }

  function sizeOf(label: string): number {
    return variety.get(label)?.size ?? 0;
  }

  function place(label: string, value: string, placed: Placed<T>): void {
    const values = byValue.get(label) ?? new Map<string, Placed<T>[]>();
    byValue.set(label, values);
    const known = values.get(value);
    if (known) known.push(placed);
    else values.set(value, [placed]);
  }

  return {
    size: items.length,
    matching(labels) {
      const found = others.filter(({ matchers }) => matchesAll(matchers, labels));
      for (const [label, values] of byValue) {
        for (const value of labels(label)) {
          for (const placed of values.get(value) ?? [])
            if (matchesAll(placed.matchers, labels) && !found.includes(placed)) found.push(placed);
        }
      }
      return found.sort((a, b) => a.order - b.order).map(({ item }) => item);
    },
  };
}

/** It holds for no alert that lacks the label. */
function isAnchor({ operator, values }: Matcher): boolean {
  return operator === '=' && values.length > 0 && !values.includes('');
}
