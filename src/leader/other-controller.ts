import { notifiedAnnotation, parseNotified } from '../alerts/notified-annotation.ts';
import type { Clock } from '../clock.ts';
import { fieldManager } from '../cluster/annotate.ts';
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics/interface.ts';
import type { Application } from '../model.ts';

/**
 * Notices that argocd-notifications-controller, or whoever else writes its annotation, notifies of the same Applications:
 * each message is then sent twice. It writes the annotation after it has sent, so that it is known by that, and no right
 * to look at its Deployment is needed.
 */
export interface OtherController {
  /** What the running watch shows of an Application, and what it showed before. */
  observed(application: Application, previous: Application | undefined): void;
  /** The field manager that has written, and when, Unix milliseconds; undefined: nobody has within the last hour. */
  seen(): { manager: string; at: number } | undefined;
  stop(): void;
}

interface Deps {
  metrics: Pick<Metrics, 'setOtherController'>;
  log: Logger;
  clock: Clock;
}

/** Milliseconds. It is said again after so long, and taken to be over when nothing was written for so long. */
const hour = 3_600_000;
/** How far behind ours the clock of another machine may be. */
const skew = 60_000;

export function createOtherController({ metrics, log, clock }: Deps): OtherController {
  const startedAt = clock.now();
  let seen: { manager: string; at: number } | undefined;
  let saidAt: number | undefined;
  let writes = 0;
  let cancel: (() => void) | undefined;

  function active(manager: string, application: Application): void {
    const at = clock.now();
    seen = { manager, at };
    writes += 1;
    metrics.setOtherController(true);
    cancel?.();
    cancel = clock.after(hour, () => {
      seen = undefined;
      metrics.setOtherController(false);
    });
    if (saidAt !== undefined && at - saidAt < hour) return;
    saidAt = at;
    log.error(
      {
        manager,
        application: `${application.namespace}/${application.name}`,
        annotation: notifiedAnnotation,
        writes,
        mend:
          'stop argocd-notifications-controller where it is declared: replicas 0 in its kustomization, ' +
          "notifications.enabled=false in argo-helm's values; what was scaled by hand is scaled back by Argo CD",
      },
      'Another controller notifies of the same Applications: each message is sent twice',
    );
    writes = 0;
  }

  return {
    observed(application, previous) {
      const { notifiedBy, annotations } = application;
      if (previous === undefined || notifiedBy === undefined || notifiedBy === fieldManager) return;
      const [before, text] = [previous.annotations[notifiedAnnotation], annotations[notifiedAnnotation]];
      if (text === before || !hasNews(before, text, startedAt - skew)) return;
      active(notifiedBy, application);
    },
    seen: () => seen,
    stop() {
      cancel?.();
      if (seen !== undefined) metrics.setOtherController(false);
      seen = undefined;
    },
  };
}

/** Something was notified since then. Who puts back an older annotation, as from a repository, notifies nobody. */
function hasNews(before: string | undefined, text: string | undefined, since: number): boolean {
  const known = parseNotified(before);
  for (const [key, at] of parseNotified(text)) {
    if (Number(at) * 1000 >= since && (known.get(key) ?? -1n) < at) return true;
  }
  return false;
}
