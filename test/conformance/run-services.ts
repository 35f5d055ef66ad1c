/**
 * `services.json`: each case goes the way of a notification, from the text of the ConfigMap to a server on loopback
 * that stands for the whole internet and answers as the case says.
 */
import { readFileSync } from 'node:fs';
import { mock } from 'node:test';
import { decodeJson } from '../../src/go/json.ts';
import type { Authorities } from '../internet/authority.ts';
import { openInternet } from '../internet/internet.ts';
import type { Origin } from '../internet/network.ts';
import type { ScriptedServer } from '../internet/server.ts';
import type { Fixtures } from './fixtures.ts';
import { createArtefactFilter } from './services/artefacts.ts';
import {
  applied,
  type Difference,
  type Differences,
  type ExpectedStep,
  loadDifferences,
  type Seen,
} from './services/difference.ts';
import { inTheFormOf } from './services/observe.ts';
import { openServices, type Sender } from './services/send.ts';
import { openConsole } from './services/send-console.ts';
import type { ServiceCase, ServiceVectors, WireRequest } from './services/vectors.ts';
import { difference, type Verdict } from './verdict.ts';

export type { ServiceVectors };

type Judgement = Omit<Verdict, 'name' | 'group'>;

/** Numbers among the variables of a case are Go's; all others stand as they were on the wire. */
export function readServiceVectors(file: string): ServiceVectors {
  const text = readFileSync(file, 'utf8');
  const vectors = JSON.parse(text) as ServiceVectors;
  const typed = decodeJson(text) as unknown as ServiceVectors;
  for (const [index, vector] of vectors.cases.entries()) {
    const vars = typed.cases[index]?.vars;
    if (vars !== undefined) vector.vars = vars;
  }
  return vectors;
}

/** A verdict for each case; the groups are the types of service. */
export async function runServices(vectors: ServiceVectors, fixtures: Fixtures): Promise<Verdict[]> {
  const dropArtefacts = createArtefactFilter(vectors);
  const differences = await loadDifferences();
  const environment = { ...process.env };
  const { server, authorities, close } = await openInternet(fate);
  const verdicts: Verdict[] = [];
  try {
    for (const vector of vectors.cases) {
      const judge = async () => {
        process.env = environmentOf(environment, vector.env);
        return runCase(vector, { vectors, fixtures, authorities, server, differences, dropArtefacts });
      };
      const judgement = await judge().catch(
        (error: unknown): Judgement => ({ status: 'failed', detail: `throws ${String(error)}` }),
      );
      verdicts.push({ name: vector.id, group: vector.service, ...judgement });
    }
  } finally {
    mock.timers.reset();
    process.env = environment;
    await close();
  }
  return verdicts;
}

interface World {
  vectors: ServiceVectors;
  fixtures: Fixtures;
  authorities: Authorities;
  server: ScriptedServer;
  differences: Differences;
  dropArtefacts: ReturnType<typeof createArtefactFilter>;
}

/** As the vectors were recorded. */
function fate({ host, port }: Origin): 'open' | 'refused' | 'unknown' {
  if (host.endsWith('.invalid')) return 'unknown';
  return [26, 81, 4223].includes(port) ? 'refused' : 'open';
}

/** Nothing of the machine's that clients read by themselves, and what the case sets. */
function environmentOf(machine: NodeJS.ProcessEnv, own: Record<string, string> = {}): NodeJS.ProcessEnv {
  const clients = /^(?:AWS_|GOOGLE_|GCLOUD_|PUBSUB_|GITHUB_|(?:HTTPS?|NO|ALL)_PROXY$)/i;
  const kept = Object.entries(machine).filter(([name]) => !clients.test(name));
  return { ...Object.fromEntries(kept), ...own };
}

async function runCase(vector: ServiceCase, world: World): Promise<Judgement> {
  const { vectors, server, differences, dropArtefacts } = world;
  const ours = differences.additions.filter(({ services }) => services.includes(vector.service));
  const secrets = Object.fromEntries(
    Object.entries(vector.secrets).map(([name, value]) => [
      name,
      value === '@meta.githubKey' ? vectors.meta.githubKey : value,
    ]),
  );
  const whole = { ...vector, secrets };
  setClock(vector.now ?? vectors.meta.frozenNow);
  const keys = {
    githubKey: vectors.meta.githubKey,
    secrets: [...Object.values(secrets), ...Object.values(vector.env ?? {})],
  };
  const sender =
    whole.options === undefined ? openConsole(whole, world.fixtures) : openServices(whole, world);
  const documented = new Set<Difference>();
  try {
    for (const [index, each] of [whole, ...(whole.then ?? [])].entries()) {
      const deliveryId = `d${index}`;
      setClock(each.now ?? vectors.meta.frozenNow);
      const { step, shown } = applied(differences.differences, each, whole, index);
      for (const one of shown) documented.add(one);
      server.play(step.server ?? [], whole.tls ?? {});
      const seen = await play(sender, step, deliveryId, server);
      const fault = judge(step, seen, secrets, (like, request) =>
        ours.reduce(
          (kept, { without }) => without(kept, deliveryId),
          dropArtefacts(whole.service, inTheFormOf(like, request, keys)),
        ),
      );
      if (fault !== undefined) return { status: 'failed', detail: fault };
    }
  } finally {
    await sender.close();
  }
  if (documented.size === 0) return { status: 'passed' };
  return { status: 'documented', detail: [...documented].map(({ herald }) => herald).join(' ') };
}

/** Clients read the time from `Date` by themselves. */
function setClock(now: string): void {
  mock.timers.reset();
  mock.timers.enable({ apis: ['Date'], now: Date.parse(now) });
}

/**
 * Sends, and then again as the queue would, as long as the service asks for it and the engine's client has tried more
 * often: its retries are the queue's here.
 */
async function play(
  sender: Sender,
  step: ExpectedStep,
  deliveryId: string,
  server: ScriptedServer,
): Promise<Seen> {
  const { requests: expected, waitsMs = [] } = step.expect;
  let last = await sender.send(step, deliveryId);
  for (let attempt = 0; last.result.startsWith('retry:'); attempt += 1) {
    const received = server.received();
    const headers = step.server?.[attempt]?.headers ?? {};
    const asksToWait = Object.keys(headers).some((name) => name.toLowerCase() === 'retry-after');
    if (asksToWait && waitsMs[attempt] !== undefined && last.retryAfter !== waitsMs[attempt]) {
      return { ...last, requests: received, result: `${last.result} after ${last.retryAfter} ms` };
    }
    if (expected === 'any' || received.length >= expected.length || received.length <= attempt) break;
    last = await sender.send(step, deliveryId);
  }
  return { ...last, requests: server.received() };
}

/** Which results of Herald's are a kind of the engine's errors. Herald refuses earlier what cannot work. */
const kinds: Readonly<Record<string, RegExp>> = {
  config: /^problem:/,
  options: /^problem:service/,
  credentials: /^(?:problem:service|rejected:service)/,
  request: /^(?:problem:service|rejected:notification)/,
  template: /^(?:problem:template|no-template)/,
  service: /^no-service/,
  render: /^(?:render|problem:template)/,
  recipient: /^rejected:recipient/,
  content: /^(?:rejected:notification|render|problem:template)/,
  network: /^retry:(?!http_)/,
  timeout: /^retry:timeout/,
  tls: /^retry:tls/,
  auth: /^(?:rejected:service|retry:)/,
  smtp: /^(?:rejected|retry):/,
  status: /^(?:rejected|retry):/,
  'rate-limit': /^retry:/,
  answer: /^(?:rejected|retry):/,
};

function judge(
  { expect }: ExpectedStep,
  seen: Seen,
  secrets: Readonly<Record<string, string>>,
  view: (like: WireRequest | undefined, request: WireRequest) => WireRequest,
): string | undefined {
  const leak = Object.entries(secrets).find(([, value]) => value.length >= 6 && seen.error?.includes(value));
  if (leak !== undefined) return `the error holds the Secret's ${leak[0]}`;
  const allowed = expect.error === null ? /^sent$/ : kinds[expect.error];
  const ended = `${seen.result}${seen.error === undefined ? '' : ` (${seen.error})`}`;
  if (allowed === undefined) return `the engine's ${expect.error}: expected no such thing, got ${ended}`;
  if (!allowed.test(seen.result)) return `expected ${expect.error ?? 'sent'}, got ${ended}`;
  if (expect.retry === false && seen.result.startsWith('retry:')) return `expected no retry, got ${ended}`;
  const requests =
    expect.requests === 'any'
      ? undefined
      : difference(
          'requests',
          ordered(expect.requests, expect.unordered).map((request) => view(request, request)),
          ordered(seen.requests, expect.unordered).map((request, index) =>
            view(ordered(expect.requests as WireRequest[], expect.unordered)[index], request),
          ),
        );
  const stdout = expect.stdout === undefined ? undefined : difference('stdout', expect.stdout, seen.stdout);
  return requests ?? stdout ?? expect.check?.(seen);
}

function ordered(requests: readonly WireRequest[], unordered = false): readonly WireRequest[] {
  return unordered ? [...requests].sort((a, b) => ((a.host ?? '') < (b.host ?? '') ? -1 : 1)) : requests;
}
