/** Parts of `alertmanager`. The folder may import what all services share, and the ground. */

/**
 * Alertmanager keeps alerts in memory, and ends those that nobody sends again: what fires is therefore sent once a minute
 * while it does, and its end for a while after it. What stands is in the services' state, so that each process knows of
 * what another has sent.
 */
import { type Clock, pause } from '../../clock.ts';
import { isObject, objectAt, textAt } from '../../json.ts';
import type { Logger } from '../../log.ts';
import type { JsonObject } from '../../model.ts';
import { withTimeLimit } from '../../net/time-limit.ts';
import type { ServiceState } from '../service.ts';

/** Milliseconds. */
const interval = 60_000;
/** Milliseconds that an end is sent again for: as Prometheus does. */
const endsFor = 15 * 60_000;
/** Milliseconds after the last message, when nobody is there any more who would tell of the end. */
export const standsFor = 7 * 24 * 60 * 60_000;
const most = 1_000;

export interface Standing {
  /** What has been sent of alerts with these labels. */
  keep(alerts: readonly JsonObject[]): Promise<void>;
  close(): Promise<void>;
}

interface Entry {
  alert: JsonObject;
  /** When it was sent by a message, Unix milliseconds. */
  at: number;
  isOver: boolean;
}

interface Deps {
  name: string;
  state: ServiceState;
  log: Logger;
  clock: Clock;
  /** Sends alerts to all targets; answers why none has taken them. Never rejects. */
  post(alerts: readonly JsonObject[], signal: AbortSignal): Promise<string | undefined>;
}

export function createStanding({ name, state, log, clock, post }: Deps): Standing {
  const row = `alertmanager/${name}/standing`;
  const entries = new Map<string, Entry>();
  const closing = new AbortController();
  let loop: Promise<void> | undefined;
  let isAway = false;
  let isRefused = false;

  /** What others have sent in the meantime counts where it is newer; what is over for long is forgotten. */
  async function exchange(told: readonly JsonObject[] = []): Promise<void> {
    const stored = await read();
    for (const [key, entry] of stored ?? []) {
      if (entry.at > (entries.get(key)?.at ?? 0)) entries.set(key, entry);
    }
    const now = clock.now();
    for (const alert of told) {
      const key = keyOf(alert);
      // Messages of one alert are in order, the clocks of processes may not be.
      const at = Math.max(now, (entries.get(key)?.at ?? 0) + 1);
      entries.set(key, { alert, at, isOver: Date.parse(textAt(alert, 'endsAt')) <= now });
    }
    for (const [key, { at, isOver }] of entries) {
      if (now - at > (isOver ? endsFor : standsFor)) entries.delete(key);
    }
    if (stored !== undefined && !isSame(stored, entries)) await write();
  }

  async function read(): Promise<ReadonlyMap<string, Entry> | undefined> {
    try {
      const stored = entriesIn(await state.get(row));
      isAway = false;
      return stored;
    } catch (error) {
      away(error);
      return undefined;
    }
  }

  async function write(): Promise<void> {
    try {
      await state.set(row, { entries: rowsOf(entries) }, standsFor / 1_000);
    } catch (error) {
      away(error);
    }
  }

  function away(error: unknown): void {
    if (!isAway) log.warn({ service: name, error: String(error) }, 'What fires cannot be kept');
    isAway = true;
  }

  async function run(): Promise<void> {
    for (;;) {
      await pause(clock, interval, closing.signal);
      if (closing.signal.aborted) return;
      await exchange();
      if (entries.size === 0) continue;
      const alerts = [...entries.values()].slice(0, most).map(({ alert, isOver }) => ({
        ...alert,
        ...(isOver ? {} : { endsAt: timestamp(clock.now() + standsFor) }),
      }));
      const error = await withTimeLimit(interval, closing.signal, (signal) => post(alerts, signal), clock);
      if (error !== undefined && !isRefused && !closing.signal.aborted)
        log.warn({ service: name, error }, 'What fires is not sent again, will try');
      isRefused = error !== undefined;
    }
  }

  return {
    async keep(alerts) {
      await exchange(alerts);
      if (!closing.signal.aborted) loop ??= run();
    },
    async close() {
      closing.abort();
      await loop;
    },
  };
}

export function timestamp(at: number): string {
  return new Date(at).toISOString().replace('.000Z', 'Z');
}

/** Alertmanager knows an alert by its labels. */
export function keyOf(alert: JsonObject): string {
  const labels = objectAt(alert, 'labels');
  const names = Object.keys(labels).sort();
  return JSON.stringify(names.map((name) => [name, labels[name]]));
}

function isSame(a: ReadonlyMap<string, Entry>, b: ReadonlyMap<string, Entry>): boolean {
  return a.size === b.size && [...a].every(([key, { at }]) => b.get(key)?.at === at);
}

function rowsOf(entries: ReadonlyMap<string, Entry>): JsonObject {
  return Object.fromEntries([...entries].map(([key, entry]) => [key, { ...entry }]));
}

function entriesIn(stored: JsonObject | undefined): Map<string, Entry> {
  const found = Object.entries(objectAt(stored, 'entries')).flatMap(([key, value]): [string, Entry][] => {
    const { alert, at, isOver } = isObject(value) ? value : {};
    return isObject(alert) && typeof at === 'number' ? [[key, { alert, at, isOver: isOver === true }]] : [];
  });
  return new Map(found);
}
