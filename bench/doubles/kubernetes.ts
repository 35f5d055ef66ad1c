import { setTimeout as delay } from 'node:timers/promises';
import { createKubernetesSimulator } from '../../simulator/kubernetes.ts';
import type { JsonObject } from '../../src/model.ts';
import { answer } from '../child.ts';

/** The API server in a process of its own: Applications of 17 KB with three subscriptions each, over 500 channels. */

export type KubernetesQuestions = typeof questions;

const kubernetes = createKubernetesSimulator({ namespace: 'argocd', historyLimit: 100_000 });
const { cluster } = kubernetes;
const verbs = ['list', 'watch', 'get', 'create', 'update', 'patch', 'delete'] as const;
const channels = 500;
const triggers = ['on-deployed', 'on-health-degraded', 'on-sync-failed'];
const begun = new Date().toISOString();
let applications = 0;
let changes = 0;
let mostUnread = 0;

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
  /**
   * Changes so many Applications, one after another, `perSecond` or at once: the time of each deployment by the text that
   * tells of it. Of `tellEvery` changes one is a deployment, the others are only reconciled, of which nobody is told.
   */
  async deploy({
    count,
    perSecond,
    tellEvery = 1,
  }: {
    count: number;
    perSecond: number | null;
    tellEvery?: number;
  }): Promise<Map<string, number>> {
    const times = new Map<string, number>();
    const began = performance.now();
    mostUnread = 0;
    for (let done = 0; done < count; done += 1) {
      const early = perSecond === null ? 0 : began + (done * 1_000) / perSecond - performance.now();
      if (early > 0) await delay(early);
      // What has been changed goes out meanwhile.
      else if (done % 10 === 9) await new Promise(setImmediate);
      if (done % 100 === 0) mostUnread = Math.max(mostUnread, kubernetes.stats.unread());
      const name = `app-${changes % applications}`;
      const revision = `revision-${changes}`;
      changes += 1;
      if (changes % tellEvery === 0) {
        times.set(`${name} ${revision}`, performance.timeOrigin + performance.now());
        complete(name, revision);
      } else reconcile(name);
    }
    return times;
  },
  /** Requests that have come so far. */
  requests: (): number => verbs.reduce((sum, verb) => sum + kubernetes.stats.requests(verb), 0),
  /** Bytes that waited in this process at most while Applications were deployed last, since Herald had not read them. */
  mostUnread: (): number => mostUnread,
};

function complete(name: string, revision: string): void {
  const now = new Date().toISOString();
  cluster.patch(
    { kind: 'Application', namespace: 'argocd', name },
    {
      status: {
        reconciledAt: now,
        operationState: { phase: 'Succeeded', finishedAt: now, syncResult: { revision } },
      },
    },
  );
}

function reconcile(name: string): void {
  const reconciledAt = `"reconciledAt":"${new Date().toISOString()}"`;
  cluster.rewrite({ kind: 'Application', namespace: 'argocd', name }, (text) =>
    text.replace(/"reconciledAt":"[^"]*"/, reconciledAt),
  );
}

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
  cluster.plant({
    kind: 'Application',
    metadata: { name: `app-${index}`, namespace: 'argocd', annotations },
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
