/**
 * Whether every subscription of a real ConfigMap sends: each trigger's templates, rendered for each destination, to a
 * server on loopback that stands for every host and answers as the service does where it takes a notification.
 */
import { PassThrough } from 'node:stream';
import type { Config, ServiceConfig } from '../../src/config/config.ts';
import { parseConfig } from '../../src/config/parse-config.ts';
import { createLog } from '../../src/log.ts';
import type { JsonObject, Outcome } from '../../src/model.ts';
import { createService } from '../../src/services/registry.ts';
import type { ServiceSchema } from '../../src/services/schema.ts';
import { schemaOf } from '../../src/services/schemas.ts';
import { presentationOf, type Service } from '../../src/services/service.ts';
import { renderNotification } from '../../src/templates/render.ts';
import type { Template } from '../../src/templates/template.ts';
import { templateVars } from '../../src/templates/vars.ts';
import { openInternet } from '../internet/internet.ts';
import { createPubsub } from '../internet/pubsub.ts';
import type { Answer, ScriptedServer, WireRequest } from '../internet/server.ts';
import { createGitHubDouble, privateKey, tokenAnswer } from '../services/github-double.ts';
import { createMemoryState } from '../services/memory-state.ts';
import { type Corpus, configMapOf, type Golden } from './corpus-golden.ts';
import { type Fixtures, fixedRepo, readFixtures } from './fixtures.ts';
import type { FiledVerdict } from './report.ts';

/** One that has synced and whose commit is known, as most have when they are told of. */
const applicationName = 'guestbook-synced';
const token = 'xoxb-0123456789-0123456789ab';
/** What may stand in a Secret: a token, the URL of a hook, a host, a number, an address, a key. */
const secretValues = [
  token,
  'https://hooks.example/services/T0/B0/secret',
  'smtp.example',
  '25',
  'a@b.example',
  privateKey,
];

export async function runCorpusSends(corpus: Corpus, fixturesFile: string): Promise<FiledVerdict[]> {
  const fixtures = readFixtures(fixturesFile);
  const { server, close } = await openInternet();
  try {
    const verdicts: FiledVerdict[] = [];
    for (const { golden, text } of corpus.configs) {
      if (golden.engineRejects !== undefined) continue;
      for await (const verdict of sendAll(golden, configMapOf(golden.file, text), { fixtures, server })) {
        const { name, ...judgement } = verdict;
        verdicts.push({
          file: 'corpus',
          group: 'subscriptions',
          name: `${golden.file} ${name}`,
          ...judgement,
        });
      }
    }
    return verdicts;
  } finally {
    await close();
  }
}

type Named = Pick<FiledVerdict, 'name' | 'status' | 'detail'>;

async function* sendAll(
  golden: Golden,
  configMap: Record<string, string>,
  { fixtures, server }: { fixtures: Fixtures; server: ScriptedServer },
): AsyncGenerator<Named> {
  const config = withSecrets(configMap);
  const services = new Map<string, Service>();
  for (const [name, source] of config.services) {
    const { service } = createService(source, deps());
    if (service) services.set(name, service);
  }
  for (const { trigger, service: serviceName, recipient } of subscriptionsOf(config)) {
    const name = `${trigger} to ${serviceName}:${recipient}`;
    const source = config.services.get(serviceName);
    const service = services.get(serviceName);
    if (source === undefined || service === undefined) {
      yield { name, status: 'documented', detail: `no service ${serviceName}: reported as a problem` };
      continue;
    }
    for (const { send } of config.triggers.get(trigger)?.conditions ?? []) {
      server.play(answersOf(source.type));
      yield {
        name: `${name} (${send.join(', ')})`,
        ...(await sendOne(send, recipient, service, { golden, config, fixtures })),
      };
    }
  }
  for (const service of services.values()) await service.close();
}

interface Asked {
  trigger: string;
  service: string;
  recipient: string;
}

/** Those of the ConfigMap, and those that annotations could make: each trigger for each service. */
function subscriptionsOf(config: Config): Asked[] {
  const own = config.subscriptions.flatMap(({ triggers, destinations }) =>
    (triggers.length > 0 ? triggers : config.defaultTriggers).flatMap(({ name }) =>
      destinations.map((destination) => ({ trigger: name, ...destination })),
    ),
  );
  const byAnnotation = [...config.triggers.keys()].flatMap((trigger) =>
    [...config.services].flatMap(([service, source]) =>
      recipientsOf(source).map((recipient) => ({ trigger, service, recipient })),
    ),
  );
  const named = [...own, ...byAnnotation].map((each) => [JSON.stringify(each), each] as const);
  return [...new Map(named).values()];
}

const recipients: Readonly<Record<string, string>> = {
  awssqs: 'deploys',
  email: 'a@b.example',
  grafana: 'deploys',
  mattermost: 'a1b2c3d4e5f6g7h8i9j0k1l2m3',
  nats: 'deploys',
  newrelic: '123456',
  pagerduty: 'PSVC001',
  pushover: 'uVectorsUser00000000000000002x',
  rocketchat: '#deploys',
  slack: 'deploys',
  telegram: '-1001234567890',
  webex: 'room',
};

function recipientsOf({ type, settings }: ServiceConfig): string[] {
  const { keyedBy } = (schemaOf(type) as ServiceSchema).recipient;
  if (keyedBy === undefined) return [recipients[type] ?? ''];
  return Object.keys((settings as Record<string, object | undefined>)[keyedBy] ?? {});
}

async function sendOne(
  send: readonly string[],
  recipient: string,
  service: Service,
  { golden, config, fixtures }: { golden: Golden; config: Config; fixtures: Fixtures },
): Promise<Omit<Named, 'name'>> {
  const templates = send.map((each) => config.templates.get(each));
  const missing = send.filter((_, index) => templates[index] === undefined);
  if (missing.length > 0) {
    return {
      status: 'documented',
      detail: `no template ${missing.join(', ')} is in force: reported as a problem`,
    };
  }
  const app = fixtures.apps[applicationName] ?? {};
  const rendered = renderNotification(
    templates as Template[],
    varsOf(app, service.type, recipient, config, fixtures),
    {
      ...presentationOf(service),
      template: (name) => config.templates.get(name),
    },
  );
  if (!rendered.ok) {
    const failsThere = send.some((each) => 'error' in (golden.templates[each]?.[applicationName] ?? {}));
    const detail = `${rendered.field}: ${rendered.error}`;
    return failsThere
      ? { status: 'documented', detail: `as in the engine, ${detail}` }
      : { status: 'failed', detail };
  }
  const context = { deliveryId: 'd1', signal: AbortSignal.timeout(600_000) };
  const outcome = await service.send(rendered.notification, recipient, context);
  const saysNothing =
    rendered.notification.section === undefined || Object.keys(rendered.notification.section).length === 0;
  if (outcome.status === 'rejected' && outcome.reason === 'invalid_section' && saysNothing) {
    return {
      status: 'documented',
      detail: `as in the engine, nothing is sent without a section: ${outcome.error}`,
    };
  }
  return judge(outcome);
}

function judge(outcome: Outcome): Omit<Named, 'name'> {
  return outcome.status === 'sent'
    ? { status: 'passed' }
    : { status: 'failed', detail: `${outcome.status} ${outcome.reason}: ${outcome.error}` };
}

function varsOf(
  app: JsonObject,
  serviceType: string,
  recipient: string,
  { context }: Config,
  fixtures: Fixtures,
) {
  const { appProject } = fixtures;
  const repo = fixedRepo(fixtures, app);
  return templateVars({
    app,
    appProject,
    context,
    secrets: {},
    serviceType,
    recipient,
    now: Date.now(),
    repo,
  });
}

/** What a service answers where it takes everything. */
function answersOf(type: string): Answer[] {
  switch (type) {
    case 'slack':
      return [{ reply: slackAnswer }];
    case 'email':
      return [{ smtp: { extensions: ['STARTTLS', 'AUTH PLAIN'] } }];
    case 'nats':
      return [{ nats: {} }];
    case 'gcppubsub':
      return [createPubsub({ topics: [] }).answer];
    case 'github':
      return [{ reply: createGitHubAnswer() }];
    case 'teams':
      return [{ body: '1' }];
    case 'telegram':
      return [{ json: { ok: true, result: { message_id: 1 } } }];
    case 'rocketchat':
      return [{ json: { success: true, data: { authToken: 'session', userId: 'u' } } }];
    case 'newrelic':
      return [{ status: 201, json: { deployment: { id: 1 } } }];
    default:
      return [{ json: { ok: true, status: 1, id: 1, result: 'success' } }];
  }
}

function createGitHubAnswer(): (request: WireRequest) => Answer {
  const { reply } = createGitHubDouble();
  return (request) =>
    request.path?.endsWith('/access_tokens')
      ? { status: 201, json: tokenAnswer(token, Date.now()) }
      : reply(request);
}

function slackAnswer({ path = '' }: WireRequest): Answer {
  const posted = { ok: true, channel: 'C0123456789', ts: '1.1', message: {} };
  return { json: path.includes('chat.') ? posted : { ok: true, channels: [], members: [], messages: [] } };
}

function deps() {
  return {
    log: createLog({ level: 'silent', format: 'json' }),
    state: createMemoryState(),
    stream: new PassThrough().resume(),
    now: () => Date.now(),
  };
}

/** With a Secret in which every key that the ConfigMap refers to is what suits there. */
function withSecrets(configMap: Record<string, string>): Config {
  const secret: Record<string, string> = {};
  let config = parseConfig({ configMap, secret });
  for (const key of config.secretKeys) {
    const tried = secretValues.map((value) =>
      parseConfig({ configMap, secret: { ...secret, [key]: value } }),
    );
    const problems = tried.map((each) => each.problems.length - 1000 * each.services.size);
    const best = problems.indexOf(Math.min(...problems));
    secret[key] = secretValues[best] ?? '';
    config = tried[best] ?? config;
  }
  return config;
}
