import { setTimeout as delay } from 'node:timers/promises';
import type { SimulatedCluster } from '../simulator/kubernetes/cluster.ts';
import type { JsonObject } from '../src/model.ts';
import { pick, type Random } from './random.ts';
import type { Expectation, Tally } from './tally.ts';

/** Every text names the Application and the change, or the life, that it tells of. */
export const configuration: Readonly<Record<string, string>> = {
  'trigger.on-health-degraded': `- when: app.status?.health?.status == 'Degraded'\n  send: [degraded]\n`,
  'trigger.on-deployed': `- when: app.status?.operationState?.phase in ['Succeeded']
  oncePer: app.status.operationState.syncResult.revision
  send: [deployed]\n`,
  'trigger.on-created': `- when: app.metadata.deletionTimestamp == nil\n  oncePer: app.metadata.uid\n  send: [created]\n`,
  'trigger.on-deleted': `- when: app.metadata.deletionTimestamp != nil\n  oncePer: app.metadata.uid\n  send: [deleted]\n`,
  'template.degraded': 'message: "degraded {{.app.status.health.message}}"\n',
  'template.deployed': 'message: "deployed {{.app.status.operationState.syncResult.revision}}"\n',
  'template.created': 'message: "created {{.app.metadata.annotations.life}}"\n',
  'template.deleted': 'message: "deleted {{.app.metadata.annotations.life}}"\n',
};

const triggers = ['on-health-degraded', 'on-deployed', 'on-created', 'on-deleted'];
/** Hears of the deployments of one Application in so many, beside its own channel. */
const shared = { channel: 'shared', oneIn: 20 };

export interface Workload {
  /** Makes the Applications, which is a change of each. */
  prepare(): void;
  /** Changes each Application once at the rate, so that all of them hold from then on as much as they ever will. */
  warmUp(perSecond: number): Promise<void>;
  /** Makes changes at the rate until the signal. */
  run(signal: AbortSignal): Promise<void>;
  /** The API server has forgotten what happened since then. */
  forgive(since: number): void;
  /**
   * Of what the API server has forgotten from a time on: whether it must be told all the same, because the list shows
   * it and no earlier message is about the same state.
   */
  mustBeTold(expectation: Expectation, forgottenSince: number): boolean;
}

export interface WorkloadOptions {
  applications: number;
  /** Changes a second. */
  rate: number;
  /** Share of Applications that anyone is subscribed to. @defaultValue 1 */
  subscribed?: number;
  /** Added to each status, to make it as large as real ones. */
  ballast?: JsonObject;
}

interface One {
  name: string;
  life: number;
  bornAt: number;
  isSubscribed: boolean;
  isShared: boolean;
  /** The text that tells of its present state; undefined while healthy. */
  degraded: string | undefined;
  deployed: string | undefined;
  /** When it ceased to be degraded, Unix milliseconds; 0: it never was. */
  mendedAt: number;
}

/** Of changes: how many do what; the rest tells nobody anything. */
const share = { toggle: 0.5, deploy: 0.2, recreate: 0.02 };
/** Milliseconds that the workload may fall behind before it leaves out what is due. */
const mostBehind = 1_000;

export function createWorkload(
  cluster: SimulatedCluster,
  tally: Tally,
  random: Random,
  options: WorkloadOptions,
): Workload {
  const { applications, rate, subscribed = 1, ballast = {} } = options;
  const all: One[] = Array.from({ length: applications }, (_, index) => ({
    name: `app-${index}`,
    life: 0,
    bornAt: 0,
    isSubscribed: index < applications * subscribed,
    isShared: index % shared.oneIn === 0,
    degraded: undefined,
    deployed: undefined,
    mendedAt: 0,
  }));
  /** Texts of what the cluster shows now. */
  const standing = new Set<string>();
  const byName = new Map(all.map((one) => [one.name, one]));
  /** When the lives that have ended had begun, by the text that tells of the end. */
  const ended = new Map<string, number>();

  const nameOf = ({ name }: One) => ({ kind: 'Application', namespace: 'argocd', name });

  function expect({ name, life, isSubscribed }: One, text: string, change: number, channel = name): void {
    if (isSubscribed) tally.expect({ channel, lane: `${name}.${life} ${channel}`, text, change });
  }

  function make(one: One): void {
    const change = tally.change();
    one.life += 1;
    one.bornAt = Date.now();
    one.degraded = undefined;
    one.deployed = undefined;
    one.mendedAt = 0;
    const life = `${one.name}.${one.life}`;
    const created = `created ${life}`;
    standing.add(created);
    expect(one, created, change);
    cluster.apply({
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      metadata: {
        name: one.name,
        namespace: 'argocd',
        annotations: { ...(one.isSubscribed ? subscriptionsOf(one) : {}), life },
      },
      spec: { project: 'default', source: { repoURL: 'https://git.example.com/apps.git', path: one.name } },
      status: { health: { status: 'Healthy' }, ...ballast },
    });
  }

  function toggle(one: One): void {
    const change = tally.change();
    const message = `${one.name}.${one.life} change ${change}`;
    const isDegraded = one.degraded === undefined;
    if (one.degraded === undefined) {
      one.degraded = `degraded ${message}`;
      standing.add(one.degraded);
      expect(one, one.degraded, change);
    } else {
      standing.delete(one.degraded);
      one.degraded = undefined;
      one.mendedAt = Date.now();
    }
    cluster.patch(nameOf(one), {
      status: { health: { status: isDegraded ? 'Degraded' : 'Healthy', message } },
    });
  }

  function deploy(one: One): void {
    const change = tally.change();
    const revision = `${one.name}.${one.life} change ${change}`;
    const text = `deployed ${revision}`;
    if (one.deployed !== undefined) standing.delete(one.deployed);
    one.deployed = text;
    standing.add(text);
    expect(one, text, change);
    if (one.isShared) expect(one, text, change, shared.channel);
    // Compared after the operation, or it would not be evaluated.
    const finishedAt = new Date(Date.now() - 2_000).toISOString();
    cluster.patch(nameOf(one), {
      status: {
        reconciledAt: new Date().toISOString(),
        operationState: { phase: 'Succeeded', finishedAt, syncResult: { revision } },
      },
    });
  }

  function touch(one: One): void {
    const change = tally.change();
    cluster.patch(nameOf(one), { status: { sync: { status: 'Synced', revision: `${change}` } } });
  }

  function recreate(one: One): void {
    const change = tally.change();
    const deleted = `deleted ${one.name}.${one.life}`;
    for (const text of [one.degraded, one.deployed, `created ${one.name}.${one.life}`]) {
      if (text !== undefined) standing.delete(text);
    }
    ended.set(deleted, one.bornAt);
    expect(one, deleted, change);
    cluster.remove(nameOf(one));
    make(one);
  }

  function changeAny(): void {
    const one = pick(random, all);
    const dice = random();
    if (dice < share.recreate) recreate(one);
    else if (dice < share.recreate + share.toggle) toggle(one);
    else if (dice < share.recreate + share.toggle + share.deploy) deploy(one);
    else touch(one);
  }

  const workload: Workload = {
    forgive: (since) => tally.forgive(since, (expectation) => workload.mustBeTold(expectation, since)),
    prepare() {
      for (const one of all) make(one);
    },
    async warmUp(perSecond) {
      for (const one of all) {
        deploy(one);
        toggle(one);
        toggle(one);
        touch(one);
        await delay(1_000 / perSecond);
      }
    },
    async run(signal) {
      let due = performance.now();
      while (!signal.aborted) {
        // Twice the mean at most, so that the rate is steady and the moments are not.
        due = Math.max(due + (random() * 2_000) / rate, performance.now() - mostBehind);
        const wait = due - performance.now();
        if (wait > 1) await delay(wait, undefined, { signal }).catch(() => undefined);
        if (!signal.aborted) changeAny();
      }
    },
    mustBeTold({ text, lane }, forgottenSince) {
      const bornAt = ended.get(text);
      if (bornAt !== undefined) return bornAt < forgottenSince;
      if (!standing.has(text)) return false;
      // Degraded before and degraded again: seen from outside it has been so all the time.
      const one = byName.get(lane.slice(0, lane.indexOf('.')));
      return one === undefined || text !== one.degraded || one.mendedAt < forgottenSince;
    },
  };
  return workload;
}

function subscriptionsOf({ name, isShared }: One): Record<string, string> {
  return Object.fromEntries(
    triggers.map((trigger) => [
      `notifications.argoproj.io/subscribe.${trigger}.slack`,
      isShared && trigger === 'on-deployed' ? `${name};${shared.channel}` : name,
    ]),
  );
}
