import { setTimeout as delay } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { createKubernetesSimulator } from '../../simulator/kubernetes.ts';
import { createMetrics } from '../../src/metrics.ts';
import type { JsonObject, Outcome } from '../../src/model.ts';
import { createServer } from '../../src/server/server.ts';
import { createRecordingService } from '../../src/testing/recording-service.ts';
import { application, named } from '../bridge/applications.ts';
import { configMap, startBridge } from '../bridge/start-bridge.ts';

const teams = ['payments', 'storefront', 'search'];
const names = ['api', 'worker', 'web', 'cache', 'import', 'report', 'gateway', 'mailer'];

const configuration = {
  'service.webhook.ci': 'url: http://127.0.0.1:9',
  'trigger.on-deployed':
    "- when: app.status.operationState?.phase == 'Succeeded'\n  oncePer: app.status.operationState.finishedAt\n  send: [deployed]",
  'trigger.on-degraded':
    "- when: app.status.health.status == 'Degraded'\n  for: 2s\n  severity: critical\n  resolved: true\n  repeat: 1h\n  send: [degraded]",
  'trigger.on-progressing-stuck':
    "- when: app.status.health.status == 'Progressing'\n  for: 1h\n  severity: warning\n  resolved: true\n  send: [degraded]",
  'trigger.on-revision': "- when: app.status.sync.revision startsWith 'v'\n  send: [deployed]",
  'trigger.on-report':
    "- when: app.status.report == 'yes'\n  oncePer: app.status.reportedAt\n  send: [report]",
  'trigger.on-typo': "- when: app.status.health.status = 'Degraded'\n  send: [deployed]",
  'template.deployed': 'message: "{{.app.metadata.name}} is deployed"',
  'template.degraded': 'message: "{{.app.metadata.name}} is not well"',
  'template.report': 'message: "{{fail .app.metadata.name}}"',
};

/** One for each pair of a team and a name. */
const applications = teams.length * names.length;
const nameOf = (index: number) => `${teams[index % teams.length]}-${names[index % names.length]}`;

function applicationOf(index: number): JsonObject {
  const project = teams[index % teams.length] ?? '';
  const isSilenced = index === 4;
  return application(nameOf(index), {
    project,
    annotations: {
      ...Object.fromEntries(
        ['on-deployed', 'on-degraded', 'on-progressing-stuck', 'on-revision', 'on-report'].map((trigger) => [
          `notifications.argoproj.io/subscribe.${trigger}.${index % 3 === 0 ? 'ci' : 'slack'}`,
          index % 3 === 0 ? '' : project,
        ]),
      ),
      ...(index === 7 ? { 'notifications.argoproj.io/subscribe.on-nothing.slack': 'ops' } : {}),
      ...(isSilenced ? { 'herald.argoproj.io/silence-until': '2099-01-01T00:00:00Z' } : {}),
    },
    // The condition on-revision fails for what has no revision.
    status: {
      health: { status: 'Healthy' },
      sync: { status: 'Synced', ...(index === 5 ? {} : { revision: 'a1' }) },
    },
  });
}

export interface DashboardWorld {
  /** Of `/metrics`: HOST:PORT. */
  target: string;
  /** Lets the cluster, the services and the API server do this and that for so many seconds. */
  live(seconds: number): Promise<void>;
}

/**
 * The whole bridge on a simulated cluster, with all that the dashboard shows: messages that arrive, late or not at all,
 * alerts in several states, a ConfigMap, a subscription, a condition and a template that are wrong, watches that end.
 */
export async function startDashboardWorld(): Promise<DashboardWorld> {
  const kubernetes = createKubernetesSimulator({ namespace: 'argocd' });
  const service = createRecordingService('slack');
  const metrics = createMetrics({ version: '0.2.0' });
  const random = createRandom(12);
  kubernetes.cluster.apply(configMap(configuration));
  for (let index = 0; index < applications; index++) kubernetes.cluster.apply(applicationOf(index));

  const { bridge } = await startBridge({ kubernetes, service, metrics, processors: 8 });
  const server = createServer(
    { version: '0.2.0', metrics, health: bridge.health },
    { port: 0, host: '127.0.0.1' },
  );
  onTestFinished(() => server.close(0));
  await bridge.start();

  function change(): void {
    const name = named(nameOf(Math.floor(random() * applications)));
    const at = new Date(Date.now() - random() * 3_000).toISOString();
    const chance = random();
    const deployed = { operationState: { phase: 'Succeeded', startedAt: at, finishedAt: at } };
    const status =
      chance < 0.12
        ? { health: { status: 'Degraded' } }
        : chance < 0.16
          ? { health: { status: 'Progressing' } }
          : chance < 0.18
            ? { report: 'yes', reportedAt: at }
            : { health: { status: 'Healthy' }, ...deployed };
    kubernetes.cluster.patch(name, { status: { ...status, reconciledAt: at } });
    if (random() < 0.6) service.outcomes.push(answer(random));
  }

  return {
    target: `127.0.0.1:${await server.open()}`,
    async live(seconds) {
      const start = Date.now();
      const part = () => (Date.now() - start) / 1_000 / seconds;
      for (let isUp = true; part() < 1; await delay(150 + random() * 200)) {
        change();
        // In a long story the API server is away for a while.
        if (seconds > 60 && isUp !== (part() < 0.6 || part() > 0.66)) {
          isUp = !isUp;
          await (isUp ? kubernetes.startAgain() : kubernetes.shutDown());
        }
        if (!isUp) continue;
        if (random() < 0.01) kubernetes.faults.watches.finish('applications');
      }
    },
  };
}

/** What a service answers: soon, later, that it has no time, or that there is no such channel. */
function answer(random: () => number): Outcome | Promise<Outcome> {
  const chance = random();
  if (chance < 0.02)
    return { status: 'rejected', reason: 'channel_not_found', error: 'no such channel', scope: 'recipient' };
  if (chance < 0.08) return { status: 'retry', reason: 'ratelimited', error: 'too many', retryAfter: 3_000 };
  return delay(50 * (1 + 20 * random() ** 4), { status: 'sent' as const });
}

/** Numbers from 0 to 1, the same each time (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
