import { setTimeout as delay } from 'node:timers/promises';
import type { SimulatedCluster } from '../simulator/kubernetes/cluster.ts';
import { loopWindow } from './alert-rules.ts';
import {
  annotate,
  at,
  health,
  monitoring,
  named,
  patch,
  remote,
  running,
  sha,
  short,
  succeeded,
  synced,
} from './applications.ts';

/** A message that must arrive: in the channel, once, with this in its text or attachments. */
export interface Expected {
  channel: string;
  contains: string;
  /** It edits one that is there: nobody is pinged. */
  isEdit?: true;
}

/** What a step may do to Herald. */
export interface Bridge {
  kill(): Promise<void>;
  start(): Promise<void>;
  /** As `herald alerts ack` does. */
  acknowledge(application: string, by: string, comment: string): Promise<void>;
}

/** One change, as an operator would tell it, and what it must cause. */
export interface Step {
  tells: string;
  change(cluster: SimulatedCluster, bridge: Bridge): void | Promise<void>;
  /** Empty: nobody is told. */
  expects: Expected[];
  /** The next one follows at once. */
  isBrief?: true;
  /** Until Herald's alerts are so: `name state` each; what a step that tells nobody is over with. */
  shows?: string[];
}

const inAlerts = (contains: string): Expected => ({ channel: 'alerts', contains });

/** The day of a platform team: syncs, health, a loop, outages, maintenance, a crash, and deletions. */
export function story(): Step[] {
  const revision = sha();
  return [
    {
      tells: `my-app starts to sync ${short(revision)}`,
      change: (cluster) => patch(cluster, 'my-app', { ...running(), sync: synced(revision) }),
      expects: [{ channel: 'deploys', contains: 'my-app is being rolled out' }],
    },
    {
      tells: `my-app is synced and healthy`,
      change: (cluster) => patch(cluster, 'my-app', succeeded(cluster, 'my-app', revision)),
      expects: [{ channel: 'deploys', contains: 'my-app is live' }],
    },
    ...failedSync(revision),
    ...degradedHealth(),
    ...syncLoop(revision),
    ...repoServerOutage(),
    ...unreachableCluster(),
    ...heldBack(),
    ...crash(revision),
    {
      tells: 'a generator of an ApplicationSet matches two clusters less: their Applications are deleted',
      change(cluster) {
        for (const name of ['app-us-west-2', 'app-eu-west-1']) cluster.remove(named(name));
      },
      expects: [{ channel: 'platform', contains: '2 firing' }],
    },
  ];
}

function failedSync(revision: string): Step[] {
  return [
    {
      tells: 'payments fails to sync: its migration hook gives up',
      change: (cluster) =>
        patch(cluster, 'payments', {
          operationState: {
            phase: 'Failed',
            startedAt: at(-40),
            finishedAt: at(-2),
            message:
              'one or more synchronization tasks completed unsuccessfully, reason: Job "db-migration" failed:\n' +
              'ERROR: relation "orders" already exists <!channel>',
            operation: { sync: { revision }, initiatedBy: { username: 'jane' } },
            syncResult: {
              revision,
              resources: [
                {
                  kind: 'Job',
                  name: 'db-migration',
                  namespace: 'production',
                  hookPhase: 'Failed',
                  hookType: 'PreSync',
                  message: 'Job has reached the specified backoff limit',
                },
              ],
            },
          },
          reconciledAt: at(0),
        }),
      expects: [inAlerts('Sync of Application payments failed')],
    },
    {
      tells: 'jane is at it, and says so (herald alerts ack): it will not be repeated',
      change: (_cluster, { acknowledge }) =>
        acknowledge('payments', 'jane', 'dropping the table of the last try'),
      expects: [{ ...inAlerts('Acknowledged by jane'), isEdit: true }],
      shows: ['payments acknowledged'],
    },
  ];
}

const deadline = 'Deployment "search" exceeded its progress deadline';

function degradedHealth(): Step[] {
  return [
    {
      tells: 'search is degraded, for a moment',
      change: (cluster) => patch(cluster, 'search', health('Degraded', deadline)),
      expects: [],
      shows: ['search pending'],
      isBrief: true,
    },
    {
      tells: 'search is healthy before anybody had to know: `for` has not passed',
      change: (cluster) => patch(cluster, 'search', health('Healthy')),
      expects: [],
      shows: ['search none'],
    },
    {
      tells: 'search is degraded again, and stays so',
      change: (cluster) => patch(cluster, 'search', health('Degraded', deadline)),
      expects: [inAlerts('search is degraded')],
    },
    {
      tells: 'search flaps: healthy and degraded, twice',
      async change(cluster) {
        for (const status of ['Healthy', 'Degraded', 'Healthy', 'Degraded'])
          patch(cluster, 'search', health(status, status === 'Degraded' ? deadline : null));
      },
      expects: [],
    },
    {
      tells: 'search is healthy: its alert ends, and the thread says how often it changed',
      change: (cluster) => patch(cluster, 'search', health('Healthy')),
      expects: [inAlerts('search: health degraded is over')],
    },
  ];
}

function syncLoop(revision: string): Step[] {
  return [
    {
      tells: `catalog is synced to ${short(revision)}`,
      change: (cluster) => patch(cluster, 'catalog', succeeded(cluster, 'catalog', revision)),
      expects: [{ channel: 'deploys', contains: 'catalog' }],
    },
    {
      tells:
        'catalog is caught in a sync loop, an HPA changes /spec/replicas: three more syncs of the same revision',
      async change(cluster) {
        for (let sync = 0; sync < 3; sync += 1) {
          patch(cluster, 'catalog', {
            ...running(),
            operationState: { phase: 'Running', startedAt: at(sync + 1) },
          });
          patch(cluster, 'catalog', succeeded(cluster, 'catalog', revision));
        }
      },
      expects: [inAlerts('catalog is synced again and again')],
    },
    {
      tells: 'catalog gets ignoreDifferences for its replicas, and is left alone: the loop is over',
      async change(cluster) {
        await delay(loopWindow + 200);
        cluster.patch(named('catalog'), {
          spec: {
            ignoreDifferences: [{ group: 'apps', kind: 'Deployment', jsonPointers: ['/spec/replicas'] }],
          },
        });
      },
      expects: [inAlerts('Resolved: catalog: on-sync-loop')],
    },
  ];
}

function repoServerOutage(): Step[] {
  return [
    {
      tells: `the repo-server runs out of memory: ${monitoring.length} Applications cannot be compared any more`,
      change(cluster) {
        const message =
          'Failed to load target state: failed to generate manifest for source 1 of 1: rpc error: code = Unavailable desc = connection error: dial tcp: connect: connection refused';
        for (const name of monitoring) {
          patch(cluster, name, {
            sync: { status: 'Unknown' },
            conditions: [{ type: 'ComparisonError', message, lastTransitionTime: at(0) }],
          });
        }
      },
      expects: [inAlerts(`${monitoring.length} firing`)],
    },
    {
      tells: 'the repo-server is back: the one message turns green',
      change(cluster) {
        for (const name of monitoring) patch(cluster, name, { sync: { status: 'Synced' }, conditions: [] });
      },
      expects: [inAlerts('on-sync-status-unknown'), { ...inAlerts('All resolved'), isEdit: true }],
    },
  ];
}

function unreachableCluster(): Step[] {
  return [
    {
      tells: 'the cluster at the edge does not answer',
      change: (cluster) =>
        patch(cluster, 'edge-agent', health('Unknown', 'the cluster edge.example.com does not answer')),
      expects: [inAlerts('edge.example.com does not answer')],
    },
    {
      tells: `what runs there is missing, too: ${remote.length} alerts, of which nobody is told (inhibit)`,
      change(cluster) {
        for (const name of remote) patch(cluster, name, health('Missing'));
      },
      expects: [],
      shows: remote.map((name) => `${name} inhibited`),
    },
    {
      tells: 'the cluster answers, and all is there again',
      change(cluster) {
        for (const name of remote) patch(cluster, name, health('Healthy'));
        patch(cluster, 'edge-agent', health('Healthy'));
      },
      expects: [inAlerts('Resolved: edge-agent')],
    },
  ];
}

function heldBack(): Step[] {
  return [
    {
      tells: 'nightly-report is missing, which is a matter for the day (muteTimes)',
      change: (cluster) => patch(cluster, 'nightly-report', health('Missing')),
      expects: [],
      shows: ['nightly-report muted'],
    },
    {
      tells: 'staging-api is silenced for its migration, and degraded by it',
      change(cluster) {
        const until = new Date(Date.now() + 3_600_000).toISOString();
        annotate(cluster, 'staging-api', {
          'herald.argoproj.io/silence-until': until,
          'herald.argoproj.io/silence-reason': 'migration of the database',
        });
        patch(cluster, 'staging-api', health('Degraded', 'waiting for the migration'));
      },
      expects: [],
      shows: ['staging-api silenced'],
    },
    {
      tells: 'the silence is taken away, and staging-api is still degraded: now it is told',
      change: (cluster) =>
        annotate(cluster, 'staging-api', {
          'herald.argoproj.io/silence-until': null,
          'herald.argoproj.io/silence-reason': null,
        }),
      expects: [inAlerts('staging-api is degraded')],
    },
    {
      tells: 'staging-api is healthy',
      change: (cluster) => patch(cluster, 'staging-api', health('Healthy')),
      expects: [inAlerts('staging-api: health degraded is over')],
    },
  ];
}

function crash(revision: string): Step[] {
  return [
    {
      tells: 'billing crashes: its ExternalSecret is not synced yet',
      change: (cluster) =>
        patch(
          cluster,
          'billing',
          health('Degraded', 'Pod billing-6d4f: CrashLoopBackOff: secret "db-credentials" not found'),
        ),
      expects: [inAlerts('billing is degraded')],
    },
    {
      tells:
        'Herald is killed (SIGKILL); while it is down, payments is repaired and billing recovers; Herald starts again',
      async change(cluster, bridge) {
        await bridge.kill();
        patch(cluster, 'payments', succeeded(cluster, 'payments', revision));
        patch(cluster, 'billing', health('Healthy'));
        await bridge.start();
      },
      expects: [
        { channel: 'deploys', contains: 'payments' },
        inAlerts('payments: sync failed is over'),
        inAlerts('billing: health degraded is over'),
      ],
    },
  ];
}
