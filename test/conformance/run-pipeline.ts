import { isDeepStrictEqual } from 'node:util';
import { createSlackSimulator, type SlackSimulator } from '../../simulator/slack.ts';
import { parseYaml } from '../../src/go/yaml.ts';
import type { JsonObject, Notification, Outcome } from '../../src/model.ts';
import { presentationOf, type Service } from '../../src/services/service.ts';
import { renderNotification } from '../../src/templates/render.ts';
import { compileTemplate } from '../../src/templates/schema.ts';
import type { Template } from '../../src/templates/template.ts';
import { templateVars } from '../../src/templates/vars.ts';
import { startService } from '../services/start-service.ts';

/** `pipeline.json`: the data of a ConfigMap, and what slack-go posted for each send. */
export interface PipelineVectors {
  header: { frozenNow: string };
  cases: PipelineCase[];
}

interface PipelineCase {
  name: string;
  data: Record<string, string>;
  serviceOptions: string;
  sends: { send: string[]; recipient: string; varsRef: string; expect?: Expectation }[];
  configError?: string;
}

interface Expectation {
  apiCalls?: ApiCall[];
  /** The calls of slack-go 0.23.1, which argo-cd links, where they differ. */
  apiCalls_slackgo_0_23_1?: ApiCall[];
  error?: string;
  errorStage?: 'format' | 'send';
}

interface ApiCall {
  method: string;
  form: Record<string, string>;
}

export interface Fixtures {
  context: Record<string, string>;
  secrets: Record<string, string>;
  appProject: JsonObject;
  apps: Record<string, JsonObject>;
}

export interface PipelineReport {
  passed: number;
  /** Cases in which Herald means to differ, and how; each was checked to differ in just that. */
  documented: { name: string; why: string }[];
  failures: { name: string; expected: unknown; actual: unknown }[];
}

type Verdict =
  | { status: 'passed' }
  | { status: 'documented'; why: string }
  | { status: 'failed'; expected: unknown; actual: unknown };

/** Longest text of a section, beyond which Slack refuses the message. */
const sectionLimit = 3_000;

/**
 * Runs every case through the template compiler, the renderer and the Slack service, against a Slack on localhost
 * that accepts what it is posted and answers as the vectors' fake did; compares the forms, but for `metadata`.
 */
export async function runPipeline(vectors: PipelineVectors, fixtures: Fixtures): Promise<PipelineReport> {
  const report: PipelineReport = { passed: 0, documented: [], failures: [] };
  let callsBefore = 0;
  const simulator: SlackSimulator = createSlackSimulator({
    strict: false,
    nextTs: () => `17000000${String(simulator.calls.length - callsBefore).padStart(2, '0')}.000100`,
  });
  await simulator.start();
  try {
    for (const vector of vectors.cases) {
      callsBefore = simulator.calls.length;
      const now = Date.parse(vectors.header.frozenNow);
      const verdict = await runCase(vector, fixtures, simulator, now);
      if (verdict.status === 'passed') report.passed += 1;
      else if (verdict.status === 'documented')
        report.documented.push({ name: vector.name, why: verdict.why });
      else report.failures.push({ name: vector.name, expected: verdict.expected, actual: verdict.actual });
    }
  } finally {
    await simulator.stop();
  }
  return report;
}

async function runCase(
  vector: PipelineCase,
  fixtures: Fixtures,
  simulator: SlackSimulator,
  now: number,
): Promise<Verdict> {
  const { templates, errors } = compile(vector.data);
  if (vector.configError !== undefined) {
    return errors.length > 0
      ? { status: 'passed' }
      : { status: 'failed', expected: vector.configError, actual: 'compiles' };
  }
  if (errors.length > 0) return { status: 'failed', expected: 'compiles', actual: errors };

  const service = slackService(vector.serviceOptions, simulator);
  let documented: string | undefined;
  try {
    for (const [index, { send, recipient, varsRef, expect = {} }] of vector.sends.entries()) {
      const app = fixtures.apps[varsRef];
      if (app === undefined)
        throw new Error(`${vector.name} names no Application of the fixtures: ${varsRef}`);
      const before = simulator.calls.length;
      if (recipient === 'missing-channel') simulator.fail({ kind: 'error', error: 'channel_not_found' });
      const rendered = render(send, templates, service, { ...fixtures, app, recipient, now });
      const outcome =
        'error' in rendered
          ? rendered
          : await deliver(service, rendered, recipient, `${vector.name}-${index}`);
      const calls = simulator.calls
        .slice(before)
        .map(({ method, form }) => ({ method, form: withoutMetadata(form) }));
      const verdict = judge(expect, outcome, calls);
      simulator.clearFaults();
      if (verdict.status === 'failed') return verdict;
      if (verdict.status === 'documented') documented = verdict.why;
    }
  } finally {
    await service.close();
  }
  return documented === undefined ? { status: 'passed' } : { status: 'documented', why: documented };
}

function withoutMetadata(form: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(form).filter(([name]) => name !== 'metadata'));
}

function compile(data: Record<string, string>): { templates: Map<string, Template>; errors: string[] } {
  const templates = new Map<string, Template>();
  const errors: string[] = [];
  for (const [key, text] of Object.entries(data)) {
    const name = key.replace(/^template\./, '');
    const { template, problems } = compileTemplate(name, text);
    errors.push(...problems.filter(({ severity }) => severity === 'error').map(({ what }) => what));
    if (template !== undefined) templates.set(name, template);
  }
  return { templates, errors };
}

function slackService(source: string, simulator: SlackSimulator): Service {
  const given = parseYaml(source).value as JsonObject;
  return startService('slack', { ...given, token: simulator.token, apiURL: simulator.apiUrl });
}

interface Input extends Fixtures {
  app: JsonObject;
  recipient: string;
  now: number;
}

function render(
  names: string[],
  templates: ReadonlyMap<string, Template>,
  service: Service,
  { app, appProject, context, secrets, recipient, now }: Input,
): Notification | { error: string } {
  const missing = names.find((name) => !templates.has(name));
  if (missing !== undefined) return { error: `there is no template ${missing}` };
  const vars = templateVars({ app, appProject, context, secrets, serviceType: 'slack', recipient, now });
  const result = renderNotification(
    names.map((name) => templates.get(name) as Template),
    vars,
    presentationOf(service),
  );
  return result.ok ? result.notification : { error: result.error };
}

function deliver(
  service: Service,
  notification: Notification,
  recipient: string,
  deliveryId: string,
): Promise<Outcome> {
  return service.send(notification, recipient, { deliveryId, signal: AbortSignal.timeout(600_000) });
}

function judge(expect: Expectation, outcome: Outcome | { error: string }, calls: ApiCall[]): Verdict {
  const expected = expect.apiCalls_slackgo_0_23_1 ?? expect.apiCalls ?? [];
  const failed: Verdict = {
    status: 'failed',
    expected: { ...expect, calls: expected },
    actual: { outcome, calls },
  };
  if (expect.errorStage === 'format') return 'status' in outcome ? failed : { status: 'passed' };
  if (!('status' in outcome)) return failed;
  if (expect.errorStage === 'send' && expected.length === 0) {
    const sent = outcome.status === 'sent' && calls.length === 1 && calls[0]?.form.text !== undefined;
    return sent
      ? { status: 'documented', why: '(b) a broken attachment or block does not lose the alert' }
      : failed;
  }
  if ((expect.errorStage === 'send') !== (outcome.status === 'rejected')) return failed;
  if (isDeepStrictEqual(calls, expected)) return { status: 'passed' };
  return isShortened(calls, expected)
    ? {
        status: 'documented',
        why: `a section of more than ${sectionLimit} characters, which Slack refuses, is shortened`,
      }
    : failed;
}

/** Whether the calls differ from the expected ones only in texts of blocks that Slack would refuse as too long. */
function isShortened(calls: ApiCall[], expected: ApiCall[]): boolean {
  if (calls.length !== expected.length) return false;
  return calls.every(({ method, form: { blocks, ...form } }, index) => {
    const { blocks: full, ...rest } = expected[index]?.form ?? {};
    if (method !== expected[index]?.method || !isDeepStrictEqual(form, rest)) return false;
    return blocks !== undefined && full !== undefined && isShort(JSON.parse(blocks), JSON.parse(full));
  });
}

function isShort(actual: unknown, full: unknown): boolean {
  if (typeof actual === 'string' && typeof full === 'string') {
    const cut = full.length > sectionLimit && actual.length <= sectionLimit && actual.endsWith('…');
    return (
      actual === full || (cut && full.startsWith(actual.slice(0, -1)) && actual.length > sectionLimit - 100)
    );
  }
  if (typeof actual !== 'object' || actual === null || typeof full !== 'object' || full === null)
    return actual === full;
  const keys = Object.keys(actual);
  return (
    isDeepStrictEqual(keys, Object.keys(full)) &&
    keys.every((key) => isShort((actual as JsonObject)[key], (full as JsonObject)[key]))
  );
}
