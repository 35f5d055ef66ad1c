import { type Clock, pause, systemClock } from '../clock.ts';
import type { Logger } from '../log.ts';
import type { JsonObject } from '../model.ts';
import { createBackoff } from './backoff.ts';
import { ClusterError, isTemporary } from './cluster-error.ts';
import type { Connection } from './connect.ts';
import { corePath } from './scope.ts';

/** The object that an Event is about; its namespace is the Event's. */
export interface EventSubject {
  apiVersion: string;
  kind: string;
  namespace: string;
  name: string;
  uid: string;
}

export interface ClusterEvent {
  subject: EventSubject;
  type: 'Normal' | 'Warning';
  /** One word in UpperCamelCase, such as `InvalidTrigger`. */
  reason: string;
  /** For people; cut at 1,024 characters. Holds no secret. */
  message: string;
}

/**
 * Writes Kubernetes Events, in order and in the background. The same event again within an hour counts up the first
 * one. One object gets 25 writes at once and then one every five minutes, as with client-go; what is more is left out,
 * though the count of a later write has it. A failure is logged, never thrown.
 */
export interface EventRecorder {
  record(event: ClusterEvent): void;
  /** Resolves when all that was recorded is written or given up. */
  idle(): Promise<void>;
  /** Waits for what is under way, but no longer than `withinMs`. Nothing is recorded after. */
  stop(withinMs: number): Promise<void>;
}

export interface EventRecorderDeps {
  connection: Pick<Connection, 'json'> & Partial<Pick<Connection, 'untilBack'>>;
  log: Logger;
  /** @defaultValue systemClock */
  clock?: Clock;
  /** @defaultValue Math.random */
  random?: () => number;
}

export interface EventRecorderOptions {
  /** @defaultValue herald */
  component?: string;
  /** The pod. @defaultValue '' */
  instance?: string;
}

interface Series {
  event: ClusterEvent;
  /** Of the Event on the server; undefined: not written yet. */
  name: string | undefined;
  count: number;
  first: number;
  last: number;
  queued: boolean;
}

interface Allowance {
  left: number;
  since: number;
}

const seriesMs = 3_600_000;
const burst = 25;
const refillMs = 300_000;
const maxRemembered = 1000;
const maxAttempts = 4;
const maxMessageLength = 1024;

export function createEventRecorder(
  deps: EventRecorderDeps,
  options: EventRecorderOptions = {},
): EventRecorder {
  const { connection, log, clock = systemClock, random = Math.random } = deps;
  const { component = 'herald', instance = '' } = options;
  const known = new Map<string, Series>();
  const allowances = new Map<string, Allowance>();
  const stopping = new AbortController();
  const { signal } = stopping;
  let queue: Series[] = [];
  let working: Promise<void> | undefined;
  let isAccepting = true;
  let isFailing = false;

  function isAllowed(uid: string, now: number): boolean {
    const allowance = allowances.get(uid) ?? { left: burst, since: now };
    const refilled = Math.floor((now - allowance.since) / refillMs);
    if (refilled > 0) {
      allowance.left = Math.min(burst, allowance.left + refilled);
      allowance.since += refilled * refillMs;
    }
    remember(allowances, uid, allowance);
    if (allowance.left === 0) return false;
    allowance.left -= 1;
    return true;
  }

  async function write(series: Series): Promise<void> {
    if (series.name !== undefined) {
      try {
        await connection.json({
          method: 'PATCH',
          path: `${corePath('events', series.event.subject.namespace)}/${encodeURIComponent(series.name)}`,
          contentType: 'application/merge-patch+json',
          body: { count: series.count, lastTimestamp: timestamp(series.last) },
          signal,
        });
        return;
      } catch (error) {
        // The server drops Events after an hour; then this is the first one again.
        if (!(error instanceof ClusterError && error.status === 404)) throw error;
        series.name = undefined;
      }
    }
    const name = eventName(series.event.subject.name, clock.now(), random);
    await connection.json({
      method: 'POST',
      path: corePath('events', series.event.subject.namespace),
      body: eventObject(series, name, component, instance),
      signal,
    });
    series.name = name;
  }

  async function writeWithRetries(series: Series): Promise<void> {
    const backoff = createBackoff(random, { baseMs: 500, capMs: 5000 });
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      try {
        await write(series);
        isFailing = false;
        return;
      } catch (error) {
        if (signal.aborted) return;
        const failure = error instanceof ClusterError ? error : undefined;
        const mayWork = isTemporary(error);
        // What is to be said while the server is away is said when it is back.
        if (mayWork && (await connection.untilBack?.(signal))) attempt = 0;
        if (signal.aborted) return;
        if (mayWork && attempt < maxAttempts) {
          await pause(clock, backoff.next(failure?.retryAfterMs), signal);
          continue;
        }
        if (!isFailing) {
          log.warn(
            { reason: series.event.reason, error: (error as Error).message },
            'Could not write a Kubernetes Event',
          );
        }
        isFailing = true;
        return;
      }
    }
  }

  async function work(): Promise<void> {
    for (let series = queue.shift(); series !== undefined; series = queue.shift()) {
      series.queued = false;
      await writeWithRetries(series);
    }
    working = undefined;
  }

  return {
    record(event) {
      if (!isAccepting) return;
      const now = clock.now();
      const { subject, type, reason, message } = event;
      const key = JSON.stringify([subject.uid, subject.namespace, subject.name, type, reason, message]);
      const earlier = known.get(key);
      const isSame = earlier !== undefined && now - earlier.last < seriesMs;
      const series = isSame
        ? earlier
        : { event, name: undefined, count: 0, first: now, last: now, queued: false };
      series.count += 1;
      series.last = now;
      remember(known, key, series);
      if (series.queued || queue.length >= maxRemembered) return;
      if (!isAllowed(subject.uid, now)) {
        log.debug({ reason, name: subject.name }, 'Left out a Kubernetes Event: too many for one object');
        return;
      }
      series.queued = true;
      queue.push(series);
      working ??= work();
    },
    idle: () => working ?? Promise.resolve(),
    async stop(withinMs) {
      isAccepting = false;
      const cancel = clock.after(withinMs, () => {
        queue = [];
        stopping.abort(new Error('The event recorder is stopped'));
      });
      await working;
      cancel();
    },
  };
}

function eventObject(series: Series, name: string, component: string, instance: string): JsonObject {
  const { subject, type, reason, message } = series.event;
  const { apiVersion, kind, namespace, name: subjectName, uid } = subject;
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name, namespace },
    involvedObject: { apiVersion, kind, namespace, name: subjectName, uid },
    type,
    reason,
    message: cut(message, maxMessageLength),
    count: series.count,
    firstTimestamp: timestamp(series.first),
    lastTimestamp: timestamp(series.last),
    source: { component },
    reportingComponent: component,
    reportingInstance: instance,
  };
}

/** Unique, and a valid name whatever the length of the object's. */
function eventName(subject: string, now: number, random: () => number): string {
  const chance = Math.floor(random() * 0x1_00_00_00)
    .toString(16)
    .padStart(6, '0');
  return `${subject.slice(0, 220).replace(/[^a-z0-9]+$/, '')}.${now.toString(16)}${chance}`;
}

function timestamp(now: number): string {
  return new Date(now).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** Cuts no character in half. */
function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  return `${text.slice(0, length - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/** Keeps the most recent entries only. */
function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  const oldest = map.keys().next().value;
  if (map.size > maxRemembered && oldest !== undefined) map.delete(oldest);
}
