import { labelValues } from '../alerts/labels.ts';
import type { ConditionNow } from '../alerts/lives.ts';
import type { LabelValues } from '../alerts/matcher.ts';
import { type Silence, silencedBy } from '../alerts/mutes.ts';
import type { Application } from '../model.ts';
import type { AlertEvaluation } from './evaluate.ts';
import type { Holding } from './holding.ts';

/** A condition with the evaluations of its destinations, of which all have one result. */
export interface EvaluatedCondition {
  condition: ConditionNow;
  evaluations: readonly AlertEvaluation[];
}

interface Deps {
  holding: Pick<Holding, 'isIdle' | 'concerns' | 'book'>;
}

/** The conditions of an Application, each once, and whether its matches are alerts with an end. */
export function conditionsOf(
  { holding }: Deps,
  application: Application,
  evaluations: readonly AlertEvaluation[],
  own: readonly Silence[],
  now: number,
): EvaluatedCondition[] {
  const conditions: EvaluatedCondition[] = [];
  const isSilenced = silencedBy(own, () => [], now) !== undefined;
  for (let from = 0; from < evaluations.length; ) {
    const first = evaluations[from];
    if (!first) break;
    let until = from + 1;
    while (isOfSame(first, evaluations[until])) until += 1;
    const some = evaluations.slice(from, until);
    conditions.push({ condition: conditionOf(first, some), evaluations: some });
    from = until;
  }
  return conditions;

  function conditionOf(first: AlertEvaluation, all: readonly AlertEvaluation[]): ConditionNow {
    const { configNamespace, trigger, condition, severity, result, of } = first;
    const isConcerned = (): boolean => {
      if (isSilenced) return true;
      if (holding.isIdle(configNamespace)) return false;
      const labels = labelsOf(application, first);
      if (holding.book(configNamespace).isSource(labels())) return true;
      return all.some(({ destination }) => holding.concerns(configNamespace, labels(destination), now));
    };
    const since = result.status === 'failed' ? undefined : of.since?.(application.object);
    return {
      configNamespace,
      trigger,
      condition,
      severity,
      labels: of.labels,
      ...(of.lifecycle ? { lifecycle: of.lifecycle } : {}),
      isOngoing: of.lifecycle !== undefined || isConcerned(),
      result,
      ...(since === undefined ? {} : { since }),
    };
  }
}

function isOfSame(first: AlertEvaluation, other: AlertEvaluation | undefined): boolean {
  return (
    other !== undefined &&
    other.of === first.of &&
    other.trigger === first.trigger &&
    other.configNamespace === first.configNamespace
  );
}

function labelsOf(
  application: Application,
  { trigger, severity, of }: AlertEvaluation,
): (destination?: AlertEvaluation['destination']) => LabelValues {
  const { object } = application;
  return (destination) =>
    labelValues({
      trigger,
      severity,
      labels: of.labels,
      application,
      object,
      ...(destination ? { destination } : {}),
    });
}
