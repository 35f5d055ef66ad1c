import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/model.ts';
import { ahead, all, night } from './incident-stories.ts';
import { B, type Shape, shipped, shop, texts, windows } from './incidents.ts';
import { nothing, play, type Story } from './timeline.ts';

const office: JsonObject = { kind: 'allow', schedule: '0 9 * * *', duration: '8h', namespaces: ['shop'] };
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
