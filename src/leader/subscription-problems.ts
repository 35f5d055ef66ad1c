import { isDeepStrictEqual } from 'node:util';
import { silenceProblems } from '../alerts/silence-annotations.ts';
import type { Clock } from '../clock.ts';
import type { ClusterEvent } from '../cluster/events.ts';
import type { Configurations } from '../configurations/configurations.ts';
import { describe } from '../configurations/problem-report.ts';
import { createLineBudget } from '../line-budget.ts';
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics/interface.ts';
import type { Problem } from '../model.ts';
import { type AnnotatedObject, subscriptionProblems } from '../subscriptions/problems.ts';

/** An Application or AppProject as the watch shows it. */
export interface WatchedObject {
  uid: string;
  namespace: string;
  name: string;
  annotations: Readonly<Record<string, string>>;
  labels: Readonly<Record<string, string>>;
}

/**
 * Says what is wrong in the subscriptions of each object, and in the silence that stands on it: an Event on it, a line in the log when it changes, a gauge by
 * namespace. Ten thousand objects with one mistake get their Events one after another, and a few lines in the log.
 */
export interface SubscriptionReporter {
  check(kind: AnnotatedObject['kind'], object: WatchedObject): void;
  forget(uid: string): void;
  /** Looks at everything again: a configuration has changed. */
  recheck(): Promise<void>;
  /** Nothing is reported any more; the gauges go. */
  stop(): void;
}

interface Deps {
  configurations: Pick<Configurations, 'of' | 'all'>;
  record(event: ClusterEvent): void;
  metrics: Pick<Metrics, 'setSubscriptionProblems'>;
  log: Logger;
  clock: Clock;
}

interface Reported {
  severity: Problem['severity'];
  about: 'Subscription' | 'Silence';
}

interface Known {
  kind: AnnotatedObject['kind'];
  object: WatchedObject;
  /** By text. */
  problems: ReadonlyMap<string, Reported>;
  /** The problems that an Event was made of. */
  told: Set<string>;
}

/** Objects whose Events are written at once, and then between two of them. */
const burst = 50;
const eventIntervalMs = 200;
/** Milliseconds of looking at objects after which other work gets its turn. */
const slice = 20;

export function createSubscriptionReporter(deps: Deps): SubscriptionReporter {
  const { configurations, metrics, log, clock } = deps;
  /** Objects with problems only: of most there is nothing to know. */
  const known = new Map<string, Known>();
  const objects = new Map<string, { kind: AnnotatedObject['kind']; object: WatchedObject }>();
  const counts = new Map<string, number>();
  const lines = createLineBudget(clock.now);
  const waiting = new Set<string>();
  let allowance = burst;
  let refilledAt = clock.now();
  let cancel: (() => void) | undefined;
  let isStopped = false;

  function problemsOf(kind: AnnotatedObject['kind'], object: WatchedObject): Map<string, Reported> {
    // A project's Applications may be anywhere, and so may be what its subscriptions name.
    const configs = kind === 'AppProject' ? configurations.all() : configurations.of(object.namespace);
    const { annotations, labels } = object;
    const reported = new Map<string, Reported>();
    const add = (about: Reported['about'], problems: readonly Problem[]) => {
      for (const problem of problems) reported.set(describe(problem), { severity: problem.severity, about });
    };
    add('Subscription', subscriptionProblems({ kind, annotations, labels }, configs));
    // Where nothing is told, nothing has to be silenced.
    if (configs.length > 0) add('Silence', silenceProblems({ annotations, labels }));
    return reported;
  }

  function check(kind: AnnotatedObject['kind'], object: WatchedObject): void {
    if (isStopped) return;
    const last = objects.get(object.uid)?.object;
    objects.set(object.uid, { kind, object });
    // Most changes of an object are changes of its status.
    const isSame =
      last !== undefined &&
      isDeepStrictEqual(last.annotations, object.annotations) &&
      isDeepStrictEqual(last.labels, object.labels);
    if (!isSame) inspect(kind, object);
  }

  function inspect(kind: AnnotatedObject['kind'], object: WatchedObject): void {
    if (isStopped) return;
    const before = known.get(object.uid);
    const problems = problemsOf(kind, object);
    if (before === undefined && problems.size === 0) return;
    const told = new Set([...(before?.told ?? [])].filter((text) => problems.has(text)));
    count(kind, object.namespace, problems.size - (before?.problems.size ?? 0));
    if (problems.size === 0) known.delete(object.uid);
    else known.set(object.uid, { kind, object, problems, told });
    const fresh = [...problems.keys()].filter((text) => !before?.problems.has(text));
    const solved = [...(before?.problems.keys() ?? [])].filter((text) => !problems.has(text)).length;
    if (fresh.length === 0 && solved === 0) return;
    say(kind, object, fresh, { solved, left: problems.size });
    if (fresh.length > 0) {
      waiting.add(object.uid);
      writeEvents();
    }
  }

  function say(
    kind: AnnotatedObject['kind'],
    { namespace, name }: WatchedObject,
    fresh: readonly string[],
    { solved, left }: { solved: number; left: number },
  ): void {
    const fields = { kind, object: `${namespace}/${name}` };
    if (fresh.length > 0) {
      const worth = lines.take(fresh.join('\n'));
      log[worth === 'no' ? 'debug' : 'warn']({ ...fields, problems: fresh }, 'Problems in annotations');
      if (worth === 'last') log.warn('More problems in annotations are logged at debug level');
    }
    if (solved > 0) {
      const level = lines.take('') === 'no' ? 'debug' : 'info';
      log[level]({ ...fields, solved, left }, 'Problems in annotations are gone');
    }
  }

  function count(kind: AnnotatedObject['kind'], namespace: string, change: number): void {
    if (change === 0) return;
    const key = JSON.stringify([kind, namespace]);
    const problems = (counts.get(key) ?? 0) + change;
    if (problems === 0) counts.delete(key);
    else counts.set(key, problems);
    metrics.setSubscriptionProblems({ kind, namespace }, problems);
  }

  function writeEvents(): void {
    if (isStopped) return;
    const refill = Math.floor((clock.now() - refilledAt) / eventIntervalMs);
    allowance = Math.min(burst, allowance + refill);
    refilledAt += refill * eventIntervalMs;
    for (const uid of waiting) {
      if (allowance <= 0) break;
      waiting.delete(uid);
      const entry = known.get(uid);
      if (entry === undefined) continue;
      allowance -= 1;
      record(entry);
    }
    if (waiting.size === 0 || cancel !== undefined) return;
    cancel = clock.after(eventIntervalMs, () => {
      cancel = undefined;
      writeEvents();
    });
  }

  function record({ kind, object, problems, told }: Known): void {
    const { namespace, name, uid } = object;
    for (const [text, { severity, about }] of problems) {
      if (told.has(text)) continue;
      told.add(text);
      deps.record({
        subject: { apiVersion: 'argoproj.io/v1alpha1', kind, namespace, name, uid },
        type: 'Warning',
        reason: `${severity === 'error' ? 'Invalid' : 'Questionable'}${about}`,
        message: text,
      });
    }
  }

  let round = 0;
  return {
    check,
    forget(uid) {
      objects.delete(uid);
      waiting.delete(uid);
      const entry = known.get(uid);
      if (entry === undefined || isStopped) return;
      known.delete(uid);
      count(entry.kind, entry.object.namespace, -entry.problems.size);
    },
    async recheck() {
      // A request that comes meanwhile begins from the first.
      round += 1;
      const own = round;
      let since = clock.monotonic();
      for (const { kind, object } of objects.values()) {
        if (isStopped || own !== round) return;
        inspect(kind, object);
        if (clock.monotonic() - since < slice) continue;
        await clock.turn();
        since = clock.monotonic();
      }
    },
    stop() {
      isStopped = true;
      cancel?.();
      for (const key of counts.keys()) {
        const [kind, namespace] = JSON.parse(key) as [AnnotatedObject['kind'], string];
        metrics.setSubscriptionProblems({ kind, namespace }, 0);
      }
      for (const each of [known, objects, counts, waiting]) each.clear();
    },
  };
}
