import { describe, expect, it } from 'vitest';
import { ahead, all, night } from './incident-stories.ts';
import { type Shape, shipped, shop, windows } from './incidents.ts';
import { nothing, play } from './timeline.ts';

/** Nobody is told of these: they wait for a person, or for nothing. */
const unblocked: [string, Shape][] = [
  ['that is in sync', {}],
  ['without auto-sync', { ...ahead, automated: null }],
  ['with auto-sync switched off', { ...ahead, automated: { enabled: false } }],
  ['of another window', { ...ahead, name: 'search' }],
];

describe('a sync window', () => {
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
