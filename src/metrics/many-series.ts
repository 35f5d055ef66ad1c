/**
 * Metrics of which each Application has series of its own. prom-client formats every label of every series at each
 * scrape, in one go, which at 50,000 Applications holds up everything else for a second. Here a series is kept as the text
 * of its labels, and the exposition is put together in turns of the event loop.
 */
import type { Clock } from '../clock.ts';

export interface ManySeries<Label extends string> {
  /** The text of the labels, by which a series is known. */
  idOf(labels: Readonly<Record<Label, string>>): string;
  set(id: string, value: number): void;
  add(id: string, value: number): void;
  remove(id: string): void;
  /** As it is now. */
  snapshot(): Snapshot;
}

interface Snapshot {
  name: string;
  /** Its lines of help and type. */
  head: string;
  ids: readonly string[];
  values: readonly number[];
}

/** Milliseconds after which other work gets its turn. */
const slice = 10;
/** Lines between two looks at the clock. */
const batch = 500;

export function createManySeries<Label extends string>({
  name,
  help,
  type,
  labelNames,
}: {
  name: string;
  help: string;
  type: 'gauge' | 'counter';
  labelNames: readonly Label[];
}): ManySeries<Label> {
  const series = new Map<string, number>();
  const head = `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
  return {
    idOf: (labels) => `{${labelNames.map((label) => `${label}="${escaped(labels[label])}"`).join(',')}}`,
    set: (id, value) => void series.set(id, value),
    add: (id, value) => void series.set(id, (series.get(id) ?? 0) + value),
    remove: (id) => void series.delete(id),
    snapshot: () => ({ name, head, ids: [...series.keys()], values: [...series.values()] }),
  };
}

/** The text exposition of all, as they are when it is called, in UTF-8. */
export async function exposeMany(
  metrics: readonly Pick<ManySeries<string>, 'snapshot'>[],
  clock: Pick<Clock, 'turn' | 'monotonic'>,
): Promise<Buffer> {
  const snapshots = metrics.map((metric) => metric.snapshot());
  const parts: Buffer[] = [];
  let since = clock.monotonic();
  for (const { name, head, ids, values } of snapshots) {
    parts.push(Buffer.from(head));
    for (let from = 0; from < ids.length; from += batch) {
      let lines = '';
      for (let index = from; index < Math.min(from + batch, ids.length); index += 1)
        lines += `${name}${ids[index]} ${values[index]}\n`;
      // Each by itself: the whole as one text would be put together at the end, in one go.
      parts.push(Buffer.from(lines));
      if (clock.monotonic() - since < slice) continue;
      await clock.turn();
      since = clock.monotonic();
    }
  }
  return Buffer.concat(parts);
}

function escaped(value: string): string {
  return /[\\\n"]/.test(value)
    ? value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')
    : value;
}
