/** What rules can match and group by. */
import { clusterOf, repositoriesOf } from '../application.ts';
import { textAt } from '../json.ts';
import type { JsonObject, ReservedLabel } from '../model.ts';
import type { LabelValues } from './matcher.ts';

/** What is known of an alert, and of whom it is for; without a destination the labels of a source of inhibition. */
export interface Labelled {
  readonly trigger: string;
  readonly severity: string;
  /** Of the condition. */
  readonly labels: Readonly<Record<string, string>>;
  readonly application: { readonly namespace: string; readonly name: string; readonly project: string };
  /** The Application, as it is or was last. */
  readonly object: JsonObject;
  readonly destination?: { readonly service: string; readonly recipient: string };
}

/**
 * The values of a label: first those with a meaning of their own, then the labels of the condition, then those of the
 * Application. A destination cluster has a server and a name, and an Application a repository for each source.
 */
export function labelValues(labelled: Labelled): LabelValues {
  const { object } = labelled;
  const cluster = clusterOf(object);
  const own: Record<ReservedLabel, () => readonly string[]> = {
    trigger: () => [labelled.trigger],
    severity: () => [labelled.severity],
    service: () => (labelled.destination ? [labelled.destination.service] : []),
    recipient: () => (labelled.destination ? [labelled.destination.recipient] : []),
    namespace: () => [labelled.application.namespace],
    name: () => [labelled.application.name],
    project: () => [labelled.application.project],
    destination: () => some(cluster.server, cluster.name),
    destinationServer: () => some(cluster.server),
    destinationName: () => some(cluster.name),
    destinationNamespace: () => some(cluster.namespace),
    repository: () => repositoriesOf(object),
  };
  return (label) => {
    if (Object.hasOwn(own, label)) return own[label as ReservedLabel]();
    if (Object.hasOwn(labelled.labels, label)) return [labelled.labels[label] as string];
    return some(textAt(object, 'metadata', 'labels', label));
  };
}

function some(...values: string[]): string[] {
  return values.filter((value) => value !== '');
}
