import { between, createRandom, pick, type Random } from '../faults/random.ts';
import type { JsonObject } from '../src/model.ts';

/** A line of a recording, without its time. */
interface Happening {
  at: number;
  line: JsonObject;
}

interface Options {
  seed: number;
  applications: number;
  hours: number;
  /** Unix milliseconds. */
  start: number;
}

const minute = 60_000;
const hour = 60 * minute;
const namespace = 'argocd';
/** Argo CD compares each Application after so long, give or take its jitter, and writes when. */
const reconciliation = 3 * minute;

/**
 * The lines of a day of Argo CD: each Application is compared every three minutes, which writes `reconciledAt`; twice a
 * day it is deployed, of which one in fifteen fails; now and then it degrades for a while, and some flap. Once a repository is
 * away, so that all its Applications fail to compare at about the same time.
 */
export function* dayOfArgoCd({ seed, applications, hours, start }: Options): Generator<string> {
  const random = createRandom(seed);
  const end = start + hours * hour;
  let revision = 1_000;
  const write = (at: number, line: JsonObject): string =>
    JSON.stringify({ time: new Date(at).toISOString(), ...line });

  yield write(start, { type: 'begin', recording: 1, namespace });
  yield write(start, { type: 'seen', kind: 'AppProject', object: project() });
  const names = Array.from({ length: applications }, (_, index) => `app-${index}`);
  for (const [index, name] of names.entries())
    yield write(start, {
      type: 'seen',
      kind: 'Application',
      object: application(name, index, (revision += 1), start, random),
    });
  yield write(start, { type: 'ready' });

  const outage = start + between(random, 0.3, 0.7) * hours * hour;
  // An hour at a time, so that a day need not be kept in memory.
  const days = names.map((name, index) => happenings(name, index, { random, start, end, outage }));
  const next = days.map((day) => day.next());
  for (let until = start + hour; ; until += hour) {
    const due: Happening[] = [];
    for (const [index, day] of days.entries()) {
      let step = next[index];
      for (; step && !step.done && step.value.at < until; step = day.next()) due.push(step.value);
      if (step) next[index] = step;
    }
    due.sort((a, b) => a.at - b.at);
    for (const { at, line } of due) {
      const patch = line.patch as JsonObject;
      yield write(at, { ...line, patch: { metadata: { resourceVersion: `${(revision += 1)}` }, ...patch } });
    }
    if (until >= end) break;
  }
  yield write(end, { type: 'end' });
}

function* happenings(
  name: string,
  index: number,
  { random, start, end, outage }: { random: Random; start: number; end: number; outage: number },
): Generator<Happening> {
  const seen = (at: number, status: JsonObject): Happening => ({
    at: Math.round(at),
    line: { type: 'seen', kind: 'Application', namespace, name, patch: { status } },
  });
  const text = (at: number) => `${new Date(at).toISOString().slice(0, 19)}Z`;
  const events: Happening[] = [];
  for (let at = start + random() * 12 * hour; at < end; at += between(random, 6, 18) * hour)
    events.push(...deployment(at));
  for (let at = start + random() * 96 * hour; at < end; at += between(random, 48, 96) * hour)
    events.push(...trouble(at, 1, between(random, 2, 90) * minute));
  if (index % 100 === 7)
    for (let at = start + random() * 6 * hour; at < end; at += 6 * hour)
      events.push(...trouble(at, 8, 2 * minute));
  if (index % 10 === 3) {
    const at = outage + random() * 2 * minute;
    const message = 'Failed to load target state: rpc error: code = Unavailable desc = connection refused';
    events.push(
      seen(at, {
        sync: { status: 'Unknown' },
        conditions: [{ type: 'ComparisonError', message, lastTransitionTime: text(at) }],
      }),
      seen(at + 20 * minute, { sync: { status: 'Synced' }, conditions: null as never }),
    );
  }
  events.sort((a, b) => a.at - b.at);
  let at = start + random() * reconciliation;
  for (const event of events) {
    for (; at < event.at && at < end; at += reconciliation * between(random, 0.9, 1.1))
      yield seen(at, { reconciledAt: text(at) });
    if (event.at < end) yield event;
  }
  for (; at < end; at += reconciliation * between(random, 0.9, 1.1))
    yield seen(at, { reconciledAt: text(at) });

  function deployment(at: number): Happening[] {
    const sha = shaOf(random);
    const finished = at + between(random, 5, 40) * 1_000;
    const started = {
      startedAt: text(at),
      operation: { sync: { revision: sha }, initiatedBy: { automated: true } },
    };
    const out = seen(at - 5_000, {
      sync: { status: 'OutOfSync', revision: sha },
      reconciledAt: text(at - 5_000),
    });
    const running = seen(at, {
      operationState: { ...started, phase: 'Running', message: 'waiting for healthy state' },
    });
    if (random() < 1 / 15) {
      const message = 'one or more objects failed to apply, reason: Deployment.apps "web" is invalid';
      return [
        out,
        running,
        seen(finished, {
          operationState: { ...started, phase: 'Failed', message, finishedAt: text(finished) },
          reconciledAt: text(finished),
        }),
      ];
    }
    const healthy = finished + between(random, 10, 240) * 1_000;
    return [
      out,
      running,
      seen(finished, {
        operationState: {
          ...started,
          phase: 'Succeeded',
          message: 'successfully synced',
          finishedAt: text(finished),
          syncResult: { revision: sha },
        },
        sync: { status: 'Synced', revision: sha },
        health: { status: 'Progressing', lastTransitionTime: text(finished) },
        reconciledAt: text(finished),
      }),
      seen(healthy, { health: { status: 'Healthy', lastTransitionTime: text(healthy) } }),
    ];
  }

  function trouble(at: number, times: number, lasts: number): Happening[] {
    return Array.from({ length: times }, (_, time) => {
      const from = at + time * 2 * lasts;
      return [
        seen(from, { health: { status: 'Degraded', lastTransitionTime: text(from) } }),
        seen(from + lasts, { health: { status: 'Healthy', lastTransitionTime: text(from + lasts) } }),
      ];
    }).flat();
  }
}

function shaOf(random: Random): string {
  return Array.from({ length: 40 }, () => Math.floor(random() * 16).toString(16)).join('');
}

function project(): JsonObject {
  return {
    metadata: { uid: 'project', namespace, name: 'default', resourceVersion: '1' },
    spec: { sourceRepos: ['*'], destinations: [{ server: '*', namespace: '*' }] },
  };
}

/** About 5 KB, as Applications are. */
function application(name: string, index: number, revision: number, at: number, random: Random): JsonObject {
  const sha = shaOf(random);
  const repoURL = `https://git.example.com/acme/team-${index % 10}.git`;
  const subscriptions = { slack: 'deployments', webhook: '' };
  const team = `notifications.argoproj.io/subscribe`;
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: {
      uid: `uid-${name}`,
      namespace,
      name,
      resourceVersion: `${revision}`,
      labels: { team: `team-${index % 10}`, tier: pick(random, ['web', 'batch', 'data']) },
      annotations: {
        [`${team}.on-health-degraded.slack`]: `team-${index % 10}`,
        [`${team}.on-sync-failed.slack`]: `team-${index % 10}`,
        [`${team}.on-sync-status-unknown.slack`]: 'platform',
        [`${team}.on-deployed.slack`]: subscriptions.slack,
      },
    },
    spec: {
      project: 'default',
      source: {
        repoURL,
        path: name,
        targetRevision: 'main',
        helm: { parameters: [{ name: 'image.tag', value: 'v1' }] },
      },
      destination: { server: 'https://kubernetes.default.svc', namespace: name },
      syncPolicy: { automated: { prune: true, selfHeal: true } },
    },
    status: {
      sync: { status: 'Synced', revision: sha, comparedTo: { source: { repoURL, path: name } } },
      health: { status: 'Healthy', lastTransitionTime: new Date(at - hour).toISOString() },
      reconciledAt: `${new Date(at).toISOString().slice(0, 19)}Z`,
      resources: Array.from({ length: 24 }, (_, each) => ({
        group: 'apps',
        kind: 'Deployment',
        namespace: name,
        name: `deployment-${each}`,
        version: 'v1',
        status: 'Synced',
      })),
      history: Array.from({ length: 10 }, (_, id) => ({
        id,
        revision: shaOf(random),
        source: { repoURL, path: name },
      })),
      summary: { images: [`registry.example.com/${name}:v1`] },
    },
  };
}
