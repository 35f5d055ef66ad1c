/** Where Herald means to differ from the engine, as rules: what the engine does, and what Herald does in its place. */
import { readdirSync } from 'node:fs';
import type { Expectation, ServiceCase, Step, WireRequest } from './vectors.ts';

/** What a step came to. */
export interface Seen {
  requests: WireRequest[];
  /** See `resultOf`; `sent`, `rejected:recipient`, `retry:http_500`, `problem:service` … */
  result: string;
  /** The sentence for people, where there is one. */
  error?: string;
  stdout?: string;
}

/** A step as Herald is to take it. */
export interface ExpectedStep extends Omit<Step, 'expect'> {
  expect: Omit<Expectation, 'requests'> & {
    /** `any`: `check` judges them. */
    requests: WireRequest[] | 'any';
    /** Judges what requests and error cannot say; answers what is wrong. */
    check?: (seen: Seen) => string | undefined;
  };
}

export interface Difference {
  /** Types of service; absent: all. */
  services?: readonly string[];
  /** Sentences of docs/conformance.md. */
  engine: string;
  herald: string;
  /**
   * The step in which the difference shows, changed to what Herald does; undefined where it does not show. `index` is
   * its place among those of the case.
   */
  instead(step: ExpectedStep, vector: ServiceCase, index: number): ExpectedStep | undefined;
}

/** What Herald sends beside what the engine sends, in every request; it is no part of the comparison. */
export interface Addition {
  services: readonly string[];
  /** A sentence of docs/conformance.md. */
  herald: string;
  /** The request as the engine would send it. What is left out must be what Herald means to send. */
  without(request: WireRequest, deliveryId: string): WireRequest;
}

export interface Differences {
  differences: Difference[];
  additions: Addition[];
}

/** Every rule, those of all services first; each file of `differences/` holds those of one. */
export async function loadDifferences(): Promise<Differences> {
  const folder = new URL('differences/', import.meta.url);
  const files = readdirSync(folder).filter((name) => name.endsWith('.ts'));
  const shared = 'every-service.ts';
  const order = [shared, ...files.filter((name) => name !== shared).sort()];
  const modules = await Promise.all(
    order.map((name) => import(new URL(name, folder).href) as Promise<Partial<Differences>>),
  );
  return {
    differences: modules.flatMap(({ differences = [] }) => differences),
    additions: modules.flatMap(({ additions = [] }) => additions),
  };
}

/** The step with every difference that shows in it, and which they are. */
export function applied(
  differences: readonly Difference[],
  step: Step,
  vector: ServiceCase,
  index: number,
): { step: ExpectedStep; shown: Difference[] } {
  let expected: ExpectedStep = step;
  const shown: Difference[] = [];
  for (const difference of differences) {
    if (difference.services && !difference.services.includes(vector.service)) continue;
    const changed = difference.instead(expected, vector, index);
    if (changed === undefined) continue;
    expected = changed;
    shown.push(difference);
  }
  return { step: expected, shown };
}

/** The rows of the table in docs/conformance.md. */
export function differenceRows({ differences, additions }: Differences): string[] {
  return [
    '| service | the engine | Herald |',
    '| --- | --- | --- |',
    ...differences.map(
      ({ services, engine, herald }) => `| ${services?.join(', ') ?? 'all'} | ${engine} | ${herald} |`,
    ),
    ...additions.map(({ services, herald }) => `| ${services.join(', ')} | | ${herald} |`),
  ];
}

/** What stands in place of what the engine expects, with the requests judged by a function. */
export function expecting(
  step: ExpectedStep,
  error: string | null,
  check: (seen: Seen) => string | undefined,
): ExpectedStep {
  return { ...step, expect: { error, requests: 'any', check } };
}

/** A request without a header that has this value. */
export function withoutHeader(request: WireRequest, name: string, value: string): WireRequest {
  const { headers, ...rest } = request;
  if (headers?.[name] !== value) return request;
  const { [name]: _, ...kept } = headers;
  return Object.keys(kept).length === 0 ? rest : { ...rest, headers: kept };
}

/** The step with each of its requests changed; undefined where `change` answers all of them as they are. */
export function withRequests(
  step: ExpectedStep,
  change: (request: WireRequest) => WireRequest,
): ExpectedStep | undefined {
  const { requests } = step.expect;
  if (requests === 'any') return undefined;
  const changed = requests.map(change);
  if (changed.every((request, at) => request === requests[at])) return undefined;
  return { ...step, expect: { ...step.expect, requests: changed } };
}
