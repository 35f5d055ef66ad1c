import { createChangeCounter } from '../alerts/change-history.ts';
import type { Evaluation } from '../alerts/decide.ts';
import type { Slot } from '../alerts/keys.ts';
import { enginePrint, notifiedAnnotation, parseNotified } from '../alerts/notified-annotation.ts';
import { mirrorKeys, mirrorNotified } from '../alerts/notified-mirror.ts';
import { isApplicationSet } from '../application-set.ts';
import { type Clock, pause } from '../clock.ts';
import { type AnnotateTarget, annotateApplication, readAnnotations } from '../cluster/annotate.ts';
import { createBackoff } from '../cluster/backoff.ts';
import { ClusterError, isTemporary } from '../cluster/cluster-error.ts';
import type { Connection } from '../cluster/connect.ts';
import { isBefore } from '../cluster/revision.ts';
import type { Configurations } from '../configurations/configurations.ts';
import { createFifo } from '../fifo.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Logger } from '../log.ts';
import type { Application, Delivery, JsonObject } from '../model.ts';
import { settledWithin } from '../store/deadline.ts';
import { conditionVars } from '../triggers/schema.ts';

/**
 * `--notified-annotation=write`: keeps argocd-notifications' annotation in step with the ledger, for clusters that
 * give Herald no disk, and for going back. One patch at a time per Application, of its own key only; what happens
 * meanwhile goes into the next one. Whoever takes away what stands in it (an ApplicationSet, Terraform) gets it written
 * again: at once, and then at growing distances, so that nobody fights.
 */
export interface Mirror {
  sent(delivery: Delivery): void;
  ended(application: AnnotateTarget, evaluations: readonly Evaluation[]): void;
  /** What the watch shows of an Application. */
  observed(application: Application): void;
  forget(uid: string): void;
  /** Waits for the patches under way, no longer than `deadline` milliseconds. */
  stop(deadline: number): Promise<void>;
}

interface Deps {
  connection: Pick<Connection, 'json'> & Partial<Pick<Connection, 'untilBack'>>;
  configurations: Configurations;
  controllerNamespace: string;
  /** What was notified, for an Application that has lost the annotation while nobody watched. */
  load: Ledger['load'];
  log: Logger;
  clock: Clock;
}

type MirroredAlert = Slot & { oncePer: string };

/** The annotation as it is to be, and how often it was not. */
interface Written {
  text: string;
  /** Of the Application with this text: what the watch shows of an older one says nothing. */
  revision: string;
  restored: number;
  restoredAt: number;
  cancel?: () => void;
}

interface Pending {
  target: AnnotateTarget;
  notified: Map<string, number>;
  ended: Set<string>;
}

interface Options {
  /** Milliseconds at the most before the first retry of a patch; each is twice as long as the one before. @defaultValue 500 */
  retryDelay?: number;
}

/** Of a patch that the API server refuses for good, and of any while Herald stops. */
const attempts = 5;
/** Between taking away and writing again: doubles from the first up to the second, and begins anew after a quiet hour. */
const shortestRestore = 1_000;
const longestRestore = 600_000;
const quiet = 3_600_000;
/** Applications at the same time whose annotation is looked up in the ledger. */
const loads = 4;

export function createMirror(deps: Deps, { retryDelay = 500 }: Options = {}): Mirror {
  const pending = new Map<string, Pending>();
  const working = new Map<string, Promise<void>>();
  const written = new Map<string, Written>();
  const toLoad = createFifo<Application>();
  const { clock } = deps;
  const abort = new AbortController();
  const stopping = new AbortController();
  let loading = 0;

  /** `object`: the Application when it was notified, or the nearest to it that is known. */
  function keysOf(alert: MirroredAlert, object: JsonObject | undefined, at: number): string[] {
    const active = deps.configurations.get(alert.configNamespace);
    const condition = active?.config.triggers
      .get(alert.trigger)
      ?.conditions.find(({ id }) => id === alert.condition);
    if (!active || !condition) return [];
    let printed = alert.oncePer;
    // A list may be Herald's own value for what the engine cannot tell apart.
    if (printed.startsWith('[') && object !== undefined) {
      const counter = createChangeCounter({}, at);
      const result = condition.evaluate(
        conditionVars({
          app: object,
          context: active.config.context,
          secrets: active.secrets ?? {},
          appProject: {},
          now: at,
          changes: counter.changes,
          operations: counter,
        }),
      );
      printed = result.status === 'matched' ? enginePrint(result) : '';
      // Of another sync than the one that was notified.
      if (printed.startsWith('[')) printed = alert.oncePer;
    }
    return mirrorKeys(alert, { index: condition.index, printed }, deps.controllerNamespace);
  }

  function change(target: AnnotateTarget, apply: (entry: Pending) => void): void {
    const { uid } = target;
    const entry = pending.get(uid) ?? { target, notified: new Map(), ended: new Set() };
    apply(entry);
    pending.set(uid, entry);
    if (working.has(uid)) return;
    working.set(uid, work(uid));
  }

  async function work(uid: string): Promise<void> {
    for (let entry = pending.get(uid); entry && !abort.signal.aborted; entry = pending.get(uid)) {
      pending.delete(uid);
      await patch(entry);
    }
    // In the same turn in which nothing was left: what comes later starts anew.
    working.delete(uid);
  }

  /** One that may work later is tried until it does: what is not written now, nobody would write later. */
  async function patch(entry: Pending): Promise<void> {
    const { namespace, name } = entry.target;
    const { connection, log } = deps;
    const backoff = createBackoff(Math.random, { baseMs: retryDelay });
    for (let failures = 0; !abort.signal.aborted; ) {
      try {
        await patchOnce(entry);
        return;
      } catch (error) {
        if (abort.signal.aborted) return;
        failures += 1;
        if (failures === attempts)
          log.warn({ application: `${namespace}/${name}`, err: error }, 'Could not mirror what was notified');
        const mayWork = isTemporary(error);
        if (failures >= attempts && (!mayWork || stopping.signal.aborted)) return;
        if (mayWork && (await connection.untilBack?.(stopping.signal))) continue;
        const { retryAfterMs } = error instanceof ClusterError ? error : {};
        const { signal } = stopping.signal.aborted ? abort : stopping;
        await pause(clock, backoff.next(retryAfterMs), signal);
      }
    }
  }

  async function patchOnce({ target, notified, ended }: Pending): Promise<void> {
    const { connection } = deps;
    const annotations = await readAnnotations(connection, target);
    if (!annotations) return;
    const before = annotations[notifiedAnnotation];
    const text = mirrorNotified(before, {
      notified: [...notified].map(([key, at]) => ({ key, at })),
      ended: [...ended],
    });
    if (text === before) return;
    const value = text ?? null;
    const result = await annotateApplication(connection, target, notifiedAnnotation, value, abort.signal);
    if (result.status === 'patched') noteWritten(target.uid, text ?? '', result.resourceVersion);
  }

  function noteWritten(uid: string, text: string, revision: string): void {
    const known = written.get(uid);
    if (known) Object.assign(known, { text, revision });
    else written.set(uid, { text, revision, restored: 0, restoredAt: 0 });
  }

  /** Somebody has taken away what was written. */
  function restore(application: Application, known: Written): void {
    if (known.cancel !== undefined) return;
    const now = clock.now();
    if (now - known.restoredAt > quiet) known.restored = 0;
    const wait =
      known.restored === 0
        ? 0
        : Math.max(
            0,
            known.restoredAt + Math.min(shortestRestore * 2 ** (known.restored - 1), longestRestore) - now,
          );
    known.cancel = clock.after(wait, () => {
      delete known.cancel;
      known.restored += 1;
      known.restoredAt = clock.now();
      const { uid, namespace, name } = application;
      if (known.restored === 3) {
        deps.log.warn(
          { application: `${namespace}/${name}`, annotation: notifiedAnnotation },
          'Something removes the annotation again and again: it is written again at growing distances',
        );
      }
      change({ uid, namespace, name }, ({ notified, ended }) => {
        for (const [key, at] of parseNotified(known.text)) {
          if (!ended.has(key) && !notified.has(key)) notified.set(key, Number(at) * 1000);
        }
      });
    });
  }

  function loadNext(): void {
    while (loading < loads && !abort.signal.aborted) {
      const application = toLoad.shift();
      if (application === undefined) return;
      loading += 1;
      void restoreFromLedger(application).finally(() => {
        loading -= 1;
        loadNext();
      });
    }
  }

  async function restoreFromLedger({ uid, namespace, name, object }: Application): Promise<void> {
    try {
      for (const { value } of await deps.load(uid, ['notice'])) {
        const { configNamespace, destination, of, alerts } = value;
        for (const { oncePer, since } of alerts) {
          const keys = of ? keysOf({ configNamespace, destination, ...of, oncePer }, object, since) : [];
          change({ uid, namespace, name }, ({ notified, ended }) => {
            for (const key of keys) if (!ended.has(key) && !notified.has(key)) notified.set(key, since);
          });
        }
      }
    } catch (error) {
      deps.log.warn(
        { application: `${namespace}/${name}`, err: error },
        'Could not mirror what was notified',
      );
    }
  }

  return {
    sent(delivery) {
      const [alert] = delivery.alerts;
      const [object] = delivery.snapshots;
      // argocd-notifications knows of Applications only.
      if (isApplicationSet(object)) return;
      const keys = keysOf({ ...delivery, ...alert }, object, delivery.observedAt);
      if (keys.length === 0) return;
      change(alert.application, ({ notified, ended }) => {
        for (const key of keys) {
          notified.set(key, clock.now());
          ended.delete(key);
        }
      });
    },
    ended(application, evaluations) {
      const { uid, namespace, name } = application;
      for (const evaluation of evaluations) {
        const keys = keysOf({ ...evaluation, oncePer: '' }, undefined, 0);
        if (keys.length === 0) continue;
        change({ uid, namespace, name }, ({ notified, ended }) => {
          for (const key of keys) {
            notified.delete(key);
            ended.add(key);
          }
        });
      }
    },
    observed(application) {
      const { uid, annotations, resourceVersion } = application;
      const text = annotations[notifiedAnnotation];
      const known = written.get(uid);
      if (known === undefined) {
        written.set(uid, { text: text ?? '', revision: resourceVersion, restored: 0, restoredAt: 0 });
        if (text === undefined) {
          toLoad.push(application);
          loadNext();
        }
        return;
      }
      if (isBefore(resourceVersion, known.revision) || text === known.text) return;
      const shown = parseNotified(text);
      const isLost = [...parseNotified(known.text).keys()].some((key) => !shown.has(key));
      if (isLost) restore(application, known);
      else Object.assign(known, { text: text ?? '', revision: resourceVersion });
    },
    forget(uid) {
      written.get(uid)?.cancel?.();
      written.delete(uid);
    },
    async stop(deadline) {
      stopping.abort();
      await settledWithin(Promise.allSettled(working.values()), deadline, clock);
      abort.abort();
      for (const { cancel } of written.values()) cancel?.();
    },
  };
}
