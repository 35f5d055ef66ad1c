import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/model.ts';
import { B, C, type Shape, shipped, shop, texts, windows } from './incidents.ts';
import { nothing, play, restart, type Step, type Story } from './timeline.ts';

const docs = readFileSync(join(import.meta.dirname, '../../docs/incidents.md'), 'utf8');

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
const all =
  (...steps: Step[]): Step =>
  async (world) => {
    for (const step of steps) await step(world);
  };
/** From 22:00 in Berlin, which is 21:00 UTC in January. */
const night: JsonObject = {
  kind: 'deny',
  schedule: '0 22 * * *',
  duration: '8h',
  timeZone: 'Europe/Berlin',
  applications: ['shop', 'cart-*'],
  manualSync: true,
  description: 'nobody is awake',
};
const office: JsonObject = { kind: 'allow', schedule: '0 9 * * *', duration: '8h', namespaces: ['shop'] };
const ahead: Shape = { target: B, sync: 'OutOfSync' };
const blocked: Shape = {
  revision: B,
  sync: 'OutOfSync',
  phase: 'Running',
  message: 'Sync operation blocked by sync window',
  status: { summary: { images: ['ghcr.io/acme/shop:1.1'] } },
};

/** Of each incident the story, from well through the incident and a restart to its end, and when what is told. */
const incidents: [trigger: string, told: string[], story: (trigger: string) => Story][] = [
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
    ['1h5m first', '1h42m all resolved'],
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
    ['1h10m first', '1h30m all resolved'],
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
    ['1h15m first', '1h45m all resolved'],
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
    ['12m first', '30m all resolved'],
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

const byWindow = 'on-sync-window-blocked';
/** When what is told, and a part of the first message. */
const heldUp: [told: string[], says: string, story: Story][] = [
  // A window opens over an Application that is out of sync, and it is synced by hand.
  [
    ['21h5m first', '22h all resolved'],
    'It cannot be synced by hand either.',
    [
      ['0s', all(windows({ ...night, manualSync: false }), shop(byWindow))],
      ['20h59m', shop(byWindow, ahead)],
      ['22h', shop(byWindow, { revision: B })],
    ],
  ],
  // None of those that allow is open; somebody edits the AppProject.
  [
    ['1h5m first', '2h all resolved'],
    '• allow 0 9 * * * for 8h, opens at 2026-01-01 09:00 UTC\nArgo CD syncs it by itself again from 2026-01-01 09:00 UTC on.',
    [
      ['0s', all(windows(office, { ...night, applications: ['other'] }), shop(byWindow))],
      ['1h', shop(byWindow, ahead)],
      ['2h', windows()],
    ],
  ],
  // A window that Argo CD cannot read.
  [
    ['1h5m first', '2h all resolved'],
    'Argo CD refuses every sync: the schedule "@daily" cannot be read: it does not have 5 fields.',
    [
      ['0s', all(windows({ ...office, schedule: '@daily' }), shop(byWindow))],
      ['1h', shop(byWindow, ahead)],
      ['2h', windows(office, { kind: 'allow', schedule: '* * * * *', duration: '1h', clusters: ['*'] })],
    ],
  ],
];

/** Nobody is told of these: they wait for a person, or for nothing. */
const unblocked: [string, Shape][] = [
  ['that is in sync', {}],
  ['without auto-sync', { ...ahead, automated: null }],
  ['with auto-sync switched off', { ...ahead, automated: { enabled: false } }],
  ['of another window', { ...ahead, name: 'search' }],
];

describe('a sync window', () => {
  it.each(heldUp)('is told %j: %s', async (told, says, story) => {
    const { world } = await play(shipped, story);
    const messages = await texts(world);
    expect(messages.map(({ at }, index) => `${at} ${world.told[index]?.delivery.reason}`)).toEqual(told);
    expect(messages[0]?.text).toContain(says);
  });

  it.each(unblocked)('holds up no Application %s', async (_, shape) => {
    const { world } = await play(shipped, [
      ['0s', all(windows(night), shop('on-sync-window-blocked', shape))],
      ['2d', nothing],
    ]);
    expect(world.told).toEqual([]);
  });

  it('is told in place of the Application that is out of sync for it', async () => {
    const { world } = await play(shipped, [
      ['0s', all(windows(night), shop('on-sync-window-blocked on-out-of-sync'))],
      ['22h', shop('on-sync-window-blocked on-out-of-sync', ahead)],
      ['1d4h', nothing],
    ]);
    expect(world.told.map(({ delivery }) => delivery.alerts[0].trigger)).toEqual(['on-sync-window-blocked']);
  });
});

describe('the shipped incidents', () => {
  it.each(incidents)('%s: %j', async (trigger, told, story) => {
    const { world } = await play(shipped, story(trigger));
    const lines = world.told.map(({ delivery }, index) => [index, delivery.reason] as const);
    const messages = await texts(world);
    expect(lines.map(([index, reason]) => `${messages[index]?.at} ${reason}`)).toEqual(told);
    // The documentation shows what is told, word for word.
    const shown = messages
      .slice(trigger === 'on-deployed' ? 2 : 0)
      .filter(({ text }) => !text.startsWith('Still'));
    for (const { text } of shown) expect(docs).toContain(`\`\`\`\n${text}\n\`\`\``);
    for (const service of ['slack', 'email', 'teams', 'teams-workflows'])
      for (const { text, section } of await texts(world, service))
        expect(`${text}${JSON.stringify(section)}`).not.toMatch(/<no value>|<nil>|%!/);
  });
});
