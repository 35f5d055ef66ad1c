import { setTimeout as delay } from 'node:timers/promises';
import type { SimulatedCluster } from '../simulator/kubernetes.ts';
import type { JsonObject } from '../src/model.ts';
import { pick, type Random } from './random.ts';
import type { Tally } from './tally.ts';

/** Every text names the life of the Application and the change that it tells of, so that each is known apart. */
export const configuration: Readonly<Record<string, string>> = {
  'trigger.on-health-degraded': `- when: app.status?.health?.status == 'Degraded'\n  send: [degraded]\n`,
  'trigger.on-deployed': `- when: app.status?.operationState?.phase in ['Succeeded']
  oncePer: app.status.operationState.syncResult.revision
  send: [deployed]\n`,
  'trigger.on-deleted': `- when: app.metadata.deletionTimestamp != nil\n  oncePer: app.metadata.uid\n  send: [deleted]\n`,
  'template.degraded': 'message: "degraded {{.app.status.health.message}}"\n',
  'template.deployed': 'message: "deployed {{.app.status.operationState.syncResult.revision}}"\n',
  'template.deleted': 'message: "deleted {{.app.metadata.annotations.change}}"\n',
};

const triggers = ['on-health-degraded', 'on-deployed', 'on-deleted'];

export interface Workload {
  /** Makes the Applications. */
  prepare(): void;
  /** Makes changes at the rate until the signal. */
  run(signal: AbortSignal): Promise<void>;
  /** Whether what was told by this text still is so: it stands in the Application now. */
  stands(text: string): boolean;
}

export interface WorkloadOptions {
  applications: number;
  /** Changes a second. */
  rate: number;
  /** Whether Applications are deleted and made again now and then. */
  deletes: boolean;
  /** Share of Applications that anyone is subscribed to. @defaultValue 1 */
  subscribed?: number;
  /** Added to each object, to make it as large as real ones. */
  ballast?: JsonObject;
}

interface One {
  name: string;
  life: number;
  degraded: string | undefined;
  deployed: string | undefined;
  isSubscribed: boolean;
}

export function createWorkload(
  cluster: SimulatedCluster,
  tally: Tally,
  random: Random,
  options: WorkloadOptions,
): Workload {
  const { applications, rate, deletes, subscribed = 1, ballast = {} } = options;
  const all: One[] = Array.from({ length: applications }, (_, index) => ({
    name: `app-${index}`,
    life: 1,
    degraded: undefined,
    deployed: undefined,
    isSubscribed: index < applications * subscribed,
  }));

  const nameOf = ({ name }: One) => ({ kind: 'Application', namespace: 'argocd', name });

  function make(one: One): void {
    const annotations = Object.fromEntries(
      triggers.map((trigger) => [`notifications.argoproj.io/subscribe.${trigger}.slack`, one.name]),
    );
    one.degraded = undefined;
    one.deployed = undefined;
    cluster.apply({
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      metadata: {
        name: one.name,
        namespace: 'argocd',
        annotations: { ...(one.isSubscribed ? annotations : {}), change: `${one.life}.0` },
      },
      spec: { project: 'default', source: { repoURL: 'https://git.example.com/apps.git', path: one.name } },
      status: { health: { status: 'Healthy' }, ...ballast },
    });
  }

  function expect(one: One, what: string, change: number): string {
    const text = `${what} ${one.life}.${change}`;
    const lane = `${one.name}.${one.life}`;
    if (one.isSubscribed) tally.expect({ channel: one.name, lane, text, change });
    return text;
  }

  function toggle(one: One): void {
    const change = tally.change();
    const message = `${one.life}.${change}`;
    const isDegraded = one.degraded === undefined;
    one.degraded = isDegraded ? expect(one, 'degraded', change) : undefined;
    cluster.patch(nameOf(one), {
      metadata: { annotations: { change: message } },
      status: { health: { status: isDegraded ? 'Degraded' : 'Healthy', message } },
    });
  }

  function deploy(one: One): void {
    const change = tally.change();
    const revision = `${one.life}.${change}`;
    one.deployed = expect(one, 'deployed', change);
    // Compared after the operation, or it would not be evaluated.
    const finishedAt = new Date(Date.now() - 2_000).toISOString();
    cluster.patch(nameOf(one), {
      metadata: { annotations: { change: revision } },
      status: {
        reconciledAt: new Date().toISOString(),
        sync: { status: 'Synced', revision },
        operationState: { phase: 'Succeeded', finishedAt, syncResult: { revision } },
      },
    });
  }

  function recreate(one: One): void {
    const change = tally.change();
    cluster.patch(nameOf(one), { metadata: { annotations: { change: `${one.life}.${change}` } } });
    expect(one, 'deleted', change);
    cluster.remove(nameOf(one));
    one.life += 1;
    make(one);
  }

  return {
    prepare() {
      for (const one of all) make(one);
    },
    async run(signal) {
      const began = performance.now();
      for (let made = 0; !signal.aborted; made += 1) {
        const due = began + (made * 1_000) / rate;
        const wait = due - performance.now();
        if (wait > 1) await delay(wait, undefined, { signal }).catch(() => undefined);
        if (signal.aborted) return;
        const one = pick(random, all);
        const dice = random();
        if (deletes && dice < 0.02) recreate(one);
        else if (dice < 0.6) toggle(one);
        else deploy(one);
      }
    },
    stands: (text) => all.some(({ degraded, deployed }) => text === degraded || text === deployed),
  };
}
