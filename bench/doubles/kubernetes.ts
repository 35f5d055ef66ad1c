import { setTimeout as delay } from 'node:timers/promises';
import { createKubernetesSimulator } from '../../simulator/kubernetes.ts';
import type { JsonObject } from '../../src/model.ts';
import { answer } from '../child.ts';

/** The API server in a process of its own: Applications of 17 KB with three subscriptions each, over 500 channels. */

export type KubernetesQuestions = typeof questions;

const kubernetes = createKubernetesSimulator({ namespace: 'argocd', historyLimit: 100_000 });
const { cluster } = kubernetes;
const channels = 500;
const triggers = ['on-deployed', 'on-health-degraded', 'on-sync-failed'];
const begun = new Date().toISOString();
let applications = 0;
let changes = 0;

const questions = {
  /** Answers a kubeconfig. */
  async start(options: { applications: number; apiUrl: string | null; token: string }): Promise<string> {
    ({ applications } = options);
    const address = options.apiUrl === null ? '' : `apiURL: ${options.apiUrl}\n`;
    apply('ConfigMap', 'argocd-notifications-cm', {
      data: {
        'service.slack': `token: $slack-token\n${address}`,
        'trigger.on-deployed': `- when: app.status.operationState.phase in ['Succeeded'] and app.status.health.status == 'Healthy'
  oncePer: app.status.operationState.syncResult.revision
  send: [deployed]\n`,
        'trigger.on-health-degraded': `- when: app.status.health.status == 'Degraded'\n  send: [degraded]\n`,
        'trigger.on-sync-failed': `- when: app.status.operationState.phase in ['Error', 'Failed']\n  send: [failed]\n`,
        'template.deployed':
          'message: "{{.app.metadata.name}} {{.app.status.operationState.syncResult.revision}}"\n',
        'template.degraded': 'message: "{{.app.metadata.name}} is degraded"\n',
        'template.failed': 'message: "{{.app.metadata.name}} {{.app.status.operationState.message}}"\n',
      },
    });
    apply('Secret', 'argocd-notifications-secret', {
      data: { 'slack-token': Buffer.from(options.token).toString('base64') },
    });
    for (let index = 0; index < applications; index += 1) applyApplication(index);
    // The one whose message says that whoever watches is there.
    apply('Application', 'marker', {
      metadata: {
        annotations: { 'notifications.argoproj.io/subscribe.on-health-degraded.slack': 'channel-0' },
      },
      spec: { project: 'default' },
      status: { health: { status: 'Degraded' } },
    });
    return (await kubernetes.start()).kubeconfig;
  },
  /** Deploys so many Applications, each once, `perSecond` or at once: the time of each change by the text that tells of it. */
  async deploy({
    count,
    perSecond,
  }: {
    count: number;
    perSecond: number | null;
  }): Promise<Map<string, number>> {
    const times = new Map<string, number>();
    const began = performance.now();
    for (let done = 0; done < count; done += 1) {
      if (perSecond !== null)
        await delay(Math.max(0, began + (done * 1_000) / perSecond - performance.now()));
      const index = changes % applications;
      const revision = `revision-${changes}`;
      const name = `app-${index}`;
      changes += 1;
      const now = new Date().toISOString();
      times.set(`${name} ${revision}`, performance.timeOrigin + performance.now());
      cluster.patch(
        { kind: 'Application', namespace: 'argocd', name },
        {
          status: {
            reconciledAt: now,
            operationState: { phase: 'Succeeded', finishedAt: now, syncResult: { revision } },
          },
        },
      );
      // What has been changed goes out meanwhile.
      if (done % 10 === 9) await new Promise(setImmediate);
    }
    return times;
  },
};

function apply(kind: string, name: string, { metadata = {}, ...rest }: JsonObject): void {
  cluster.apply({ kind, metadata: { name, namespace: 'argocd', ...(metadata as JsonObject) }, ...rest });
}

function applyApplication(index: number): void {
  const annotations = Object.fromEntries(
    triggers.map((trigger, number) => [
      `notifications.argoproj.io/subscribe.${trigger}.slack`,
      `channel-${(index * triggers.length + number) % channels}`,
    ]),
  );
  apply('Application', `app-${index}`, {
    metadata: { annotations },
    spec: {
      project: 'default',
      source: {
        repoURL: 'https://git.example.com/shop.git',
        path: `apps/app-${index}`,
        targetRevision: 'main',
      },
      destination: { server: 'https://kubernetes.default.svc', namespace: `team-${index % 7}` },
    },
    status: {
      health: { status: 'Healthy' },
      sync: { status: 'Synced', revision: hash(index) },
      reconciledAt: begun,
      operationState: {
        phase: 'Running',
        message: 'waiting',
        startedAt: begun,
        syncResult: { revision: hash(index) },
      },
      resources: resources(index),
    },
  });
}

/** As many as make an Application 17 KB, as varied as real ones are. */
function resources(index: number): JsonObject[] {
  return Array.from({ length: 85 }, (_, number) => ({
    group: 'apps',
    version: 'v1',
    kind: number % 3 === 0 ? 'Deployment' : 'Service',
    name: `app-${index}-component-${number}`,
    namespace: `team-${index % 7}`,
    status: number % 5 === 0 ? 'OutOfSync' : 'Synced',
    health: { status: 'Healthy', message: `revision ${hash(index * 100 + number)} rolled out` },
  }));
}

function hash(number: number): string {
  return (number * 2_654_435_761).toString(16).padStart(12, '0');
}

answer(questions);
