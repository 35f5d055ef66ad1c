import { setTimeout as delay } from 'node:timers/promises';
import type { Evaluation } from '../alerts/decide.ts';
import type { Slot } from '../alerts/keys.ts';
import { mirrorKey, mirrorNotified, notifiedAnnotation } from '../alerts/notified-annotation.ts';
import { type AnnotateTarget, annotateApplication, readAnnotations } from '../cluster/annotate.ts';
import type { Connection } from '../cluster/connect.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Logger } from '../log.ts';
import type { Delivery } from '../model.ts';
import type { Configurations } from './configurations.ts';

/**
 * `--notified-annotation=write`: keeps argocd-notifications' annotation in step with the ledger, for clusters that
 * give Herald no disk, and for going back. One patch at a time per Application, of its own key only; what happens
 * meanwhile goes into the next one.
 */
export interface Mirror {
  sent(delivery: Delivery): void;
  ended(application: AnnotateTarget, evaluations: readonly Evaluation[]): void;
  /** Waits for the patches under way, no longer than `deadline` milliseconds. */
  stop(deadline: number): Promise<void>;
}

interface Deps {
  connection: Pick<Connection, 'json'>;
  configurations: Configurations;
  controllerNamespace: string;
  log: Logger;
  now(): number;
}

interface Pending {
  target: AnnotateTarget;
  notified: Map<string, number>;
  ended: Set<string>;
}

interface Options {
  /** Milliseconds before the first retry of a patch; each is twice as long as the one before. @defaultValue 400 */
  retryDelay?: number;
}

const attempts = 5;

export function createMirror(deps: Deps, { retryDelay = 400 }: Options = {}): Mirror {
  const pending = new Map<string, Pending>();
  const working = new Map<string, Promise<void>>();
  const abort = new AbortController();

  function keysOf(alert: Slot & { oncePer: string }): ReturnType<typeof mirrorKey> | undefined {
    const trigger = deps.configurations.get(alert.configNamespace)?.config.triggers.get(alert.trigger);
    const condition = trigger?.conditions.find(({ id }) => id === alert.condition);
    return condition && mirrorKey(alert, condition.index, deps.controllerNamespace);
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

  async function patch({ target, notified, ended }: Pending): Promise<void> {
    const application = `${target.namespace}/${target.name}`;
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      try {
        const annotations = await readAnnotations(deps.connection, target);
        if (!annotations) return;
        const before = annotations[notifiedAnnotation];
        const text = mirrorNotified(before, {
          notified: [...notified].map(([key, at]) => ({ key, at })),
          ended: [...ended],
        });
        if (text !== before)
          await annotateApplication(deps.connection, target, notifiedAnnotation, text ?? null, abort.signal);
        return;
      } catch (error) {
        if (abort.signal.aborted) return;
        if (attempt === attempts)
          deps.log.warn({ application, err: error }, 'Could not mirror what was notified');
        else
          await delay(retryDelay * 2 ** (attempt - 1), undefined, { signal: abort.signal }).catch(
            () => undefined,
          );
      }
    }
  }

  return {
    sent(delivery) {
      const [alert] = delivery.alerts;
      const keys = keysOf({ ...delivery, ...alert });
      if (!keys) return;
      change(alert.application, ({ notified, ended }) => {
        notified.set(keys.key, deps.now());
        ended.delete(keys.key);
        for (const key of keys.replaces) ended.add(key);
      });
    },
    ended(application, evaluations) {
      const { uid, namespace, name } = application;
      for (const evaluation of evaluations) {
        const keys = keysOf({ ...evaluation, oncePer: '' });
        if (!keys) continue;
        change({ uid, namespace, name }, ({ notified, ended }) => {
          notified.delete(keys.key);
          ended.add(keys.key);
        });
      }
    },
    async stop(deadline) {
      await Promise.race([Promise.allSettled(working.values()), delay(deadline, undefined, { ref: false })]);
      abort.abort();
    },
  };
}

/** Whether what was sent still holds: an alert without oncePer may be over by now, and its mirrored key gone. */
export async function stillHolds(
  ledger: Pick<Ledger, 'read'>,
  { id, notice, alerts: [{ oncePer, application }] }: Delivery,
): Promise<boolean> {
  if (oncePer !== '') return true;
  const [row] = await ledger.read(application.uid, 'notice', [notice]);
  return row?.value.alerts.some(({ delivery }) => delivery === id) ?? false;
}
