import type { ClusterEvent } from '../cluster/events.ts';
import type { ConfigSnapshot } from '../cluster/watch-config.ts';
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics/interface.ts';
import type { Problem } from '../model.ts';

interface Deps {
  record(event: ClusterEvent): void;
  metrics: Pick<Metrics, 'setConfigLoaded'>;
  log: Logger;
}

/** Problems of one change that are logged and recorded one by one, the errors first. */
export const mostLines = 50;

/**
 * Says what is wrong in a configuration, in the log, as Events of the ConfigMap and as a metric: each problem once, as
 * long as it stands. `before` is what was told of the one that it replaces; answers what is told now.
 */
export type ReportProblems = (
  snapshot: ConfigSnapshot,
  problems: readonly Problem[],
  before: ReadonlySet<string>,
) => Set<string>;

export function createProblemReport({ record, metrics, log }: Deps): ReportProblems {
  return (snapshot, problems, before) => {
    const { namespace, configMap } = snapshot;
    // A ConfigMap may hold thousands of keys, and each be wrong.
    const inOrder = [...problems].sort((a, b) => rank(a) - rank(b));
    metrics.setConfigLoaded(namespace, inOrder);
    const told = new Set<string>();
    let lines = 0;
    for (const problem of inOrder) {
      const text = describe(problem);
      told.add(text);
      if (before.has(text)) continue;
      lines += 1;
      if (lines > mostLines) continue;
      const { severity, ...fields } = problem;
      log.warn({ namespace, severity, ...fields }, 'Problem in the configuration');
      if (!configMap) continue;
      const { uid, name } = configMap;
      record({
        subject: { apiVersion: 'v1', kind: 'ConfigMap', namespace, name, uid },
        type: 'Warning',
        reason: severity === 'error' ? 'InvalidConfiguration' : 'QuestionableConfiguration',
        message: text,
      });
    }
    if (lines > mostLines) {
      const more = lines - mostLines;
      log.warn({ namespace, more }, 'More problems in the configuration, which herald config check lists');
    }
    const solved = [...before].filter((text) => !told.has(text)).length;
    if (solved > 0)
      log.info({ namespace, solved, left: told.size }, 'Problems in the configuration are gone');
    return told;
  };
}

function rank({ severity }: Problem): number {
  return severity === 'error' ? 0 : 1;
}

/** `trigger.on-deployed, line 3, column 9: what. Fix.` */
export function describe({ key, line, column, what, fix }: Problem): string {
  const at = [
    key,
    ...(line === undefined ? [] : [`line ${line}`]),
    ...(column === undefined ? [] : [`column ${column}`]),
  ];
  return `${at.join(', ')}: ${what}. ${fix}`;
}
