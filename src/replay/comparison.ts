import type { News, TimelineMessage } from './timeline.ts';

/** How the messages of one configuration differ from those of another. */
export interface Comparison {
  /** Only the new one sends it. */
  appears: TimelineMessage[];
  /** Only the old one sends it. */
  vanishes: TimelineMessage[];
  /** Both send it, at other times. */
  moves: Pair[];
  /** Both send it at the same time, with another text or reason, or only one of them can send it. */
  differs: Pair[];
  /** One message tells what were several. */
  merges: { from: TimelineMessage[]; to: TimelineMessage }[];
  /** Several messages tell what was one. */
  splits: { from: TimelineMessage; to: TimelineMessage[] }[];
  same: number;
}

interface Pair {
  before: TimelineMessage;
  after: TimelineMessage;
}

/** Milliseconds: what came about further apart is not the same. The object may say since when, or Herald has seen it. */
const nearest = 15 * 60_000;
/** Pairs that are looked at to put two sequences side by side as well as possible; longer ones are put in order. */
const mostPairs = 4_000_000;

/** What the messages are news of decides which are the same: their recipient, trigger and Application, and when it came about. */
export function compare(before: readonly TimelineMessage[], after: readonly TimelineMessage[]): Comparison {
  const links = link(newsByTopic(before), newsByTopic(after));
  const comparison: Comparison = {
    appears: [],
    vanishes: [],
    moves: [],
    differs: [],
    merges: [],
    splits: [],
    same: 0,
  };
  const { forth, back } = links;
  const taken = new Set<TimelineMessage>();
  for (const to of after) {
    const from = [...(back.get(to) ?? [])];
    if (from.length === 0) comparison.appears.push(to);
    else if (from.length > 1) {
      comparison.merges.push({ from: from.toSorted((a, b) => a.at - b.at), to });
      for (const each of from) taken.add(each);
    }
  }
  for (const from of before) {
    const to = [...(forth.get(from) ?? [])];
    const [only] = to;
    if (!only) comparison.vanishes.push(from);
    else if (to.length > 1) comparison.splits.push({ from, to: to.toSorted((a, b) => a.at - b.at) });
    else if (!taken.has(from)) pair(comparison, { before: from, after: only });
  }
  return comparison;
}

function pair(comparison: Comparison, { before, after }: Pair): void {
  if (before.at !== after.at) comparison.moves.push({ before, after });
  else if (isAlike(before, after)) comparison.same += 1;
  else comparison.differs.push({ before, after });
}

function isAlike(a: TimelineMessage, b: TimelineMessage): boolean {
  return a.text === b.text && a.reason === b.reason && a.error === b.error;
}

interface Told {
  news: News;
  message: TimelineMessage;
}

function newsByTopic(messages: readonly TimelineMessage[]): Map<string, Told[]> {
  const all = messages.flatMap((message) => message.news.map((news) => ({ news, message })));
  const topics = Map.groupBy(all, ({ news, message: { service, recipient } }) =>
    JSON.stringify([service, recipient, news.what, news.trigger, news.uid]),
  );
  for (const told of topics.values()) told.sort((a, b) => a.news.since - b.news.since);
  return topics;
}

interface Links {
  forth: Map<TimelineMessage, Set<TimelineMessage>>;
  back: Map<TimelineMessage, Set<TimelineMessage>>;
}

function link(before: Map<string, Told[]>, after: Map<string, Told[]>): Links {
  const links: Links = { forth: new Map(), back: new Map() };
  for (const [topic, earlier] of before) {
    for (const [a, b] of aligned(earlier, after.get(topic) ?? [])) {
      add(links.forth, a.message, b.message);
      add(links.back, b.message, a.message);
    }
  }
  return links;
}

function add<K, V>(sets: Map<K, Set<V>>, key: K, value: V): void {
  const known = sets.get(key);
  if (known) known.add(value);
  else sets.set(key, new Set([value]));
}

/** Pairs in the order of both, as near to each other in time as can be. */
function aligned(a: readonly Told[], b: readonly Told[]): [Told, Told][] {
  if (a.length * b.length > mostPairs) return a.slice(0, b.length).map((told, i) => [told, b[i] as Told]);
  const width = b.length + 1;
  // What it costs at the least to pair the rest of both, from a place in each on; what stays alone costs `nearest`.
  const costs = new Float64Array((a.length + 1) * width);
  for (let i = a.length; i >= 0; i -= 1) {
    for (let j = b.length; j >= 0; j -= 1) {
      if (i === a.length && j === b.length) continue;
      const alone = Math.min(
        i < a.length ? (costs[(i + 1) * width + j] as number) : Number.POSITIVE_INFINITY,
        j < b.length ? (costs[i * width + j + 1] as number) : Number.POSITIVE_INFINITY,
      );
      costs[i * width + j] = Math.min(alone + nearest, costOfPair(a, b, i, j, costs, width));
    }
  }
  const pairs: [Told, Told][] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const cost = costs[i * width + j];
    if (cost === costOfPair(a, b, i, j, costs, width)) pairs.push([a[i++] as Told, b[j++] as Told]);
    else if (cost === (costs[(i + 1) * width + j] as number) + nearest) i += 1;
    else j += 1;
  }
  return pairs;
}

function costOfPair(
  a: readonly Told[],
  b: readonly Told[],
  i: number,
  j: number,
  costs: Float64Array,
  width: number,
): number {
  const [one, other] = [a[i], b[j]];
  if (!one || !other) return Number.POSITIVE_INFINITY;
  const apart = Math.abs(one.news.since - other.news.since);
  return apart > nearest ? Number.POSITIVE_INFINITY : apart + (costs[(i + 1) * width + j + 1] as number);
}
