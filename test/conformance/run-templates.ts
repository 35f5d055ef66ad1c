import { toBytes, toText } from '../../src/go/bytes.ts';
import { decodeJson } from '../../src/go/json.ts';
import { UTC } from '../../src/go/location.ts';
import { createNamespaces } from '../../src/go/namespaces/create.ts';
import type { RepoProvider } from '../../src/go/namespaces/repo.ts';
import { GoTypedMap } from '../../src/go/value.ts';
import type { JsonObject } from '../../src/model.ts';
import { compileGoTemplate } from '../../src/templates/gotemplate/engine.ts';
import { REFUSED, SPRIG_LIBRARY } from '../../src/templates/sprig/functions.ts';
import { templateVars } from '../../src/templates/vars.ts';
import type { Verdict } from './verdict.ts';

/** A case of `templates.json`. */
export interface TemplateCase {
  name: string;
  group: string;
  template: string;
  varsRef?: string;
  vars?: JsonObject;
  parseError: boolean;
  execError: boolean;
  output?: string;
  /** The exact bytes, where they are no UTF-8. */
  outputBase64?: string;
  nondeterministic?: boolean;
}

export interface TemplateVectors {
  header: { frozenNow: string };
  cases: TemplateCase[];
}

/** `fixtures.json` as `decodeJson` reads it, so that `1.0` and `1` stay apart. */
export interface TemplateFixtures {
  vars: Record<string, Record<string, unknown>>;
  apps: Record<string, JsonObject>;
  context: Record<string, string>;
  secrets: Record<string, string>;
  appProject: JsonObject;
}

const SERVICE_TYPE = 'slack';
const RECIPIENT = '#deploys';

/** Runs every case through the product's own compiler and executor. `repo` answers for the repo-server. */
export function runTemplates(
  vectors: TemplateVectors,
  fixtures: TemplateFixtures,
  repo: (varsRef: string) => RepoProvider,
): Verdict[] {
  const now = Date.parse(vectors.header.frozenNow);
  return vectors.cases.map((vector) => ({ name: vector.name, group: vector.group, ...judge(vector, fixtures, repo, now) }));
}

type Judgement = Omit<Verdict, 'name' | 'group'>;

function variables(vector: TemplateCase, fixtures: TemplateFixtures, repo: RepoProvider, now: number) {
  const ref = vector.varsRef ?? '';
  const app = fixtures.apps[ref];
  if (app !== undefined) {
    const { appProject, context, secrets } = fixtures;
    return templateVars({ app, appProject, context, secrets, serviceType: SERVICE_TYPE, recipient: RECIPIENT, now, repo }).values;
  }
  const plain = vector.vars === undefined ? fixtures.vars[ref] : decodeJson(JSON.stringify(vector.vars));
  const given = { ...(plain as Record<string, unknown>) };
  for (const [name, element] of [['context', 'string'], ['secrets', 'bytes']] as const) {
    if (given[name] !== undefined) given[name] = typedMap(element, given[name] as Record<string, string>);
  }
  const { time, strings, repo: repoNamespace } = createNamespaces({ now: () => now, repo, local: () => UTC });
  return { ...given, time, strings, repo: repoNamespace, serviceType: SERVICE_TYPE, recipient: RECIPIENT };
}

function typedMap(element: 'string' | 'bytes', given: Record<string, string>): GoTypedMap {
  if (element === 'string') return new GoTypedMap('string', new Map(Object.entries(given)));
  const { secrets } = templateVars({
    app: {},
    appProject: {},
    context: {},
    secrets: given,
    serviceType: SERVICE_TYPE,
    recipient: RECIPIENT,
    now: 0,
  }).values;
  return secrets as GoTypedMap;
}

function judge(
  vector: TemplateCase,
  fixtures: TemplateFixtures,
  repo: (varsRef: string) => RepoProvider,
  now: number,
): Judgement {
  const refused = [...REFUSED.keys()].find((name) => new RegExp(`\\b${name}\\b`).test(vector.template));
  const compilation = compileGoTemplate('t', vector.template, SPRIG_LIBRARY);
  if (!compilation.ok) {
    if (vector.parseError) return { status: 'passed' };
    if (refused !== undefined) return { status: 'documented', detail: `${refused} is refused: ${REFUSED.get(refused)}` };
    return { status: 'failed', detail: `does not compile: ${compilation.error.message}` };
  }
  if (vector.parseError) return { status: 'failed', detail: 'compiles, and must not' };
  const vars = variables(vector, fixtures, repo(vector.varsRef ?? ''), now);
  const execution = compilation.template.execute(vars, { now, location: UTC });
  if (vector.execError !== !execution.ok) {
    const got = execution.ok ? `prints ${JSON.stringify(execution.output)}` : `fails: ${execution.error.message}`;
    return { status: 'failed', detail: `${got}, and must ${vector.execError ? 'fail' : `print ${JSON.stringify(vector.output)}`}` };
  }
  if (!execution.ok || vector.nondeterministic === true) return { status: 'passed' };
  return compareOutput(vector, execution.output);
}

function compareOutput(vector: TemplateCase, output: string): Judgement {
  const expected = vector.output ?? '';
  const detail = `expected ${JSON.stringify(expected)}, got ${JSON.stringify(toText(output))}`;
  if (vector.outputBase64 !== undefined) {
    const same = Buffer.from(toBytes(output)).toString('base64') === vector.outputBase64;
    return same ? { status: 'passed' } : { status: 'failed', detail: `bytes differ: ${detail}` };
  }
  return toText(output) === expected ? { status: 'passed' } : { status: 'failed', detail };
}

