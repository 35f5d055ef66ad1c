/** What rules can match and group by. */
import type { Json, JsonObject } from '../model.ts';
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

/** Names with a meaning of their own, which labels of a condition cannot have. */
export const reservedLabels = [
  'trigger',
  'severity',
  'service',
  'recipient',
  'namespace',
  'name',
  'project',
  'destination',
  'destinationServer',
  'destinationName',
  'destinationNamespace',
  'repository',
] as const;

/**
 * The values of a label: first those with a meaning of their own, then the labels of the condition, then those of the
 * Application. A destination cluster has a server and a name, and an Application a repository for each source.
 */
export function labelValues(labelled: Labelled): LabelValues {
  const { object } = labelled;
  const destination = at(object, 'spec', 'destination');
  const own: Record<(typeof reservedLabels)[number], () => readonly string[]> = {
    trigger: () => [labelled.trigger],
    severity: () => [labelled.severity],
    service: () => (labelled.destination ? [labelled.destination.service] : []),
    recipient: () => (labelled.destination ? [labelled.destination.recipient] : []),
    namespace: () => [labelled.application.namespace],
    name: () => [labelled.application.name],
    project: () => [labelled.application.project],
    destination: () => texts(at(destination, 'server'), at(destination, 'name')),
    destinationServer: () => texts(at(destination, 'server')),
    destinationName: () => texts(at(destination, 'name')),
    destinationNamespace: () => texts(at(destination, 'namespace')),
    repository: () => repositories(object),
  };
  const ofApplication = at(object, 'metadata', 'labels');
  return (label) => {
    if (Object.hasOwn(own, label)) return own[label as keyof typeof own]();
    if (Object.hasOwn(labelled.labels, label)) return [labelled.labels[label] as string];
    return texts(at(ofApplication, label));
  };
}

function repositories(object: JsonObject): string[] {
  const sources = at(object, 'spec', 'sources');
  const all = Array.isArray(sources) ? sources : [at(object, 'spec', 'source') ?? null];
  return [...new Set(all.flatMap((source) => texts(at(source, 'repoURL'))))];
}

function at(value: Json | undefined, ...path: string[]): Json | undefined {
  let found = value;
  for (const key of path) {
    if (typeof found !== 'object' || found === null || Array.isArray(found)) return undefined;
    found = Object.hasOwn(found, key) ? found[key] : undefined;
  }
  return found;
}

function texts(...values: (Json | undefined)[]): string[] {
  return values.filter((value): value is string => typeof value === 'string' && value !== '');
}
