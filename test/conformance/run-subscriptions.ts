import { parseConfig } from '../../src/config/parse-config.ts';
import { resolveSubscriptions } from '../../src/subscriptions/resolve.ts';
import { difference, type Verdict } from './verdict.ts';

interface Triple {
  trigger: string;
  service: string;
  recipient: string;
}

/** A case of `subscriptions.json`. */
export interface SubscriptionCase {
  name: string;
  group: string;
  appAnnotations: Record<string, string> | null;
  projectAnnotations: Record<string, string> | null;
  hasProject: boolean;
  labels: Record<string, string> | null;
  /** `data` of the ConfigMap. */
  config: Record<string, string>;
  /** Absent with `error`: the engine refuses the ConfigMap. */
  result?: Triple[];
  error?: string;
}

export function runSubscriptions(file: { cases: SubscriptionCase[] }): Verdict[] {
  return file.cases.map((vector) => ({
    name: vector.name,
    group: vector.group,
    ...judge(vector),
  }));
}

type Judgement = Omit<Verdict, 'name' | 'group'>;

function judge(vector: SubscriptionCase): Judgement {
  const config = parseConfig({ configMap: vector.config, secret: {} });
  const errors = config.problems.filter((problem) => problem.severity === 'error');
  if (vector.error !== undefined) {
    const located = errors.some(({ key, line }) => key in vector.config && line !== undefined);
    return located
      ? {
          status: 'documented',
          detail: 'c: the bad key is reported with its line, the rest of the ConfigMap works',
        }
      : { status: 'failed', detail: 'the engine refuses the ConfigMap, and no located error is reported' };
  }
  const application = { annotations: vector.appAnnotations ?? {}, labels: vector.labels ?? {} };
  const project = vector.hasProject ? (vector.projectAnnotations ?? {}) : {};
  const actual = resolveSubscriptions(application, project, config).subscriptions.map(
    ({ trigger, destination }) => ({ trigger, ...destination }),
  );
  const expected = vector.result ?? [];
  const differs = compare(expected, actual);
  if (differs === undefined) {
    return errors.length === 0 ? { status: 'passed' } : { status: 'failed', detail: errors[0]?.what ?? '' };
  }
  if (compare(expected.filter(hasService), actual) === undefined) {
    return {
      status: 'documented',
      detail: 'e: destinations without a service are problems, not destinations',
    };
  }
  if (compare(expected.filter(hasService), actual.map(cut)) === undefined) {
    return { status: 'documented', detail: 'd: a recipient keeps what follows its second colon' };
  }
  return { status: 'failed', detail: differs };
}

const hasService = ({ service }: Triple) => service !== '';

/** A recipient as the engine cuts it. */
const cut = (triple: Triple): Triple => ({ ...triple, recipient: triple.recipient.split(':')[0] ?? '' });

function compare(expected: Triple[], actual: Triple[]): string | undefined {
  const order = (triples: Triple[]) =>
    [
      ...new Set(
        triples.map(({ trigger, service, recipient }) => JSON.stringify([trigger, service, recipient])),
      ),
    ].sort();
  if (new Set(order(actual)).size !== actual.length && actual.length === expected.length) return 'duplicates';
  return difference('subscriptions', order(expected), order(actual));
}
