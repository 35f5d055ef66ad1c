/** Of each incident that the catalogue tells of the story that docs/incidents.md shows. */
import type { JsonObject } from '../../src/model.ts';
import { B, C, type Shape, shop, windows } from './incidents.ts';
import { nothing, restart, type Step, type Story } from './timeline.ts';

const deployment = (fields: JsonObject): JsonObject => ({
  group: 'apps',
  kind: 'Deployment',
  namespace: 'shop',
  name: 'shop',
  ...fields,
});
const secret = (health: string, message = '') => [
  deployment({ status: 'Synced', health: { status: 'Healthy' } }),
  {
    group: 'external-secrets.io',
    kind: 'ExternalSecret',
    namespace: 'shop',
    name: 'db-credentials',
    status: 'Synced',
    health: { status: health, message },
  },
];
const failed: Shape = {
  revision: B,
  sync: 'OutOfSync',
  phase: 'Failed',
  by: 'jane',
  message: 'one or more synchronization tasks completed unsuccessfully',
  resources: [deployment({ status: 'OutOfSync', syncWave: 2 })],
  results: [
    {
      kind: 'Job',
      name: 'db-migration',
      namespace: 'shop',
      hookType: 'PreSync',
      hookPhase: 'Failed',
      message: 'BackoffLimitExceeded',
    },
    deployment({ status: 'SyncFailed', message: 'field is immutable' }),
  ],
  status: { summary: { images: ['ghcr.io/acme/shop:1.1'] } },
};
const loop =
  (trigger: string): Step =>
  async (world) => {
    for (let count = 0; count < 7; count += 1) {
      const drift = {
        operation: { sync: { resources: [{ group: 'apps', kind: 'Deployment', name: 'shop' }] } },
      };
      await shop(trigger, drift)(world);
      await world.pass(120_000);
    }
  };
const unknown = (name: string): Shape => ({
  name,
  sync: 'Unknown',
  status: {
    conditions: [
      {
        type: 'ComparisonError',
        message: 'rpc error: code = Unavailable desc = connection refused',
        lastTransitionTime: '2026-01-01T00:10:00Z',
      },
    ],
  },
});
export const all =
  (...steps: Step[]): Step =>
  async (world) => {
    for (const step of steps) await step(world);
  };
/** From 22:00 in Berlin, which is 21:00 UTC in January. */
export const night: JsonObject = {
  kind: 'deny',
  schedule: '0 22 * * *',
  duration: '8h',
  timeZone: 'Europe/Berlin',
  applications: ['shop', 'cart-*'],
  manualSync: true,
  description: 'nobody is awake',
};
export const ahead: Shape = { target: B, sync: 'OutOfSync' };
const blocked: Shape = {
  revision: B,
  sync: 'OutOfSync',
  phase: 'Running',
  message: 'Sync operation blocked by sync window',
  status: { summary: { images: ['ghcr.io/acme/shop:1.1'] } },
};

/** Of each incident the story, from well through the incident and a restart to its end, and when what is told. */
export const incidents: [trigger: string, told: string[], story: (trigger: string) => Story][] = [
  [
    'on-sync-failed',
    ['1h first', '1h25m all resolved'],
    (trigger) => [
      ['0s', shop(trigger)],
      ['1h', shop(trigger, failed)],
      ['1h2m', restart, shop(trigger, { ...failed, phase: 'Running' })],
      ['1h5m', shop(trigger, failed)],
      ['1h15m', shop(trigger, { revision: C })],
      ['2h', nothing],
    ],
  ],
  [
    'on-health-degraded',
    ['1h5m30s first', '1h42m all resolved'],
    (trigger) => [
      ['0s', shop(trigger)],
      [
        '1h',
        shop(trigger, {
          revision: B,
          health: 'Degraded',
          message: 'Deployment "shop" exceeded its progress deadline',
          resources: [
            deployment({ status: 'Synced', health: { status: 'Degraded', message: '0 of 3 available' } }),
          ],
        }),
      ],
      ['1h10m', restart],
      ['1h40m', shop(trigger, { revision: C })],
      ['2h', nothing],
    ],
  ],
  [
    'on-sync-loop',
    ['1h8m first', '1h34m all resolved'],
    (trigger) => [
      ['0s', shop(trigger)],
      ['1h', loop(trigger)],
      ['3h', nothing],
    ],
  ],
  [
    'on-secret-not-ready',
    ['1h2m first', '1h30m all resolved'],
    (trigger) => [
      ['0s', shop(trigger, { resources: secret('Healthy') })],
      [
        '1h',
        shop(trigger, {
          health: 'Degraded',
          resources: secret('Degraded', 'could not get secret data from provider'),
        }),
      ],
      ['1h10m', restart],
      ['1h30m', shop(trigger, { resources: secret('Healthy') })],
    ],
  ],
  [
    'on-rolled-back',
    ['2h matched'],
    (trigger) => [
      ['0s', shop(trigger)],
      ['1h', shop(trigger, { revision: B })],
      ['2h', shop(trigger, { by: 'jane' })],
      ['3h', restart],
    ],
  ],
  [
    'on-out-of-sync',
    ['1h10m30s first', '1h30m all resolved'],
    (trigger) => [
      ['0s', shop(trigger, { automated: null })],
      [
        '1h',
        shop(trigger, {
          automated: null,
          sync: 'OutOfSync',
          target: B,
          resources: [deployment({ status: 'OutOfSync' })],
        }),
      ],
      ['1h20m', restart],
      ['1h30m', shop(trigger, { automated: null, revision: B })],
    ],
  ],
  [
    'on-progressing-stuck',
    ['1h15m30s first', '1h45m all resolved'],
    (trigger) => [
      ['0s', shop(trigger)],
      [
        '1h',
        shop(trigger, {
          revision: B,
          health: 'Progressing',
          message: 'Waiting for rollout to finish: 1 of 3 updated',
        }),
      ],
      ['1h30m', restart],
      ['1h45m', shop(trigger, { revision: B })],
    ],
  ],
  [
    'on-suspended',
    ['1d1h first', '8d1h repeated', '9d all resolved'],
    (trigger) => [
      ['0s', shop(trigger)],
      [
        '1h',
        shop(trigger, {
          health: 'Suspended',
          resources: [
            {
              kind: 'CronJob',
              name: 'report',
              health: { status: 'Suspended', message: 'CronJob is suspended' },
            },
          ],
        }),
      ],
      ['2d', restart],
      ['9d', shop(trigger)],
    ],
  ],
  [
    'on-auto-sync-off',
    ['1d1h first', '2d all resolved'],
    (trigger) => [
      ['0s', shop(trigger)],
      ['1h', shop(trigger, { automated: null })],
      ['5h', restart],
      ['2d', shop(trigger)],
    ],
  ],
  [
    'on-sync-window-blocked',
    ['1h4m40s first', '3h all resolved'],
    (trigger) => [
      ['0s', shop(trigger)],
      ['1h', shop(trigger, blocked)],
      ['2h', restart],
      ['3h', shop(trigger, { revision: B })],
    ],
  ],
  // The window is there already: five minutes after the Application is out of sync, until the window ends.
  [
    'on-sync-window-blocked',
    ['22h5m first', '1d5h all resolved'],
    (trigger) => [
      ['0s', all(windows(night), shop(trigger))],
      ['22h', shop(trigger, ahead)],
      ['23h', restart],
      ['1d6h', nothing],
    ],
  ],
  [
    'on-deployed',
    ['0s matched', '1h matched', '1h30m matched'],
    (trigger) => [
      ['0s', shop(trigger)],
      ['1h', shop(trigger, { revision: B })],
      ['1h10m', restart],
      ['1h30m', shop(trigger, { revision: C, by: 'jane' })],
    ],
  ],
  [
    'on-sync-status-unknown',
    ['13m first', '30m all resolved'],
    (trigger) => [
      ['0s', all(...['shop', 'cart', 'search'].map((name) => shop(trigger, { name })))],
      ['10m', shop(trigger, unknown('shop'))],
      ['10m30s', all(...['cart', 'search'].map((name) => shop(trigger, unknown(name))))],
      ['20m', restart],
      ['29m', all(...['shop', 'cart', 'search'].map((name) => shop(trigger, { name })))],
      ['2h', nothing],
    ],
  ],
];
