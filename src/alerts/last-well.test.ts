import { describe, expect, it } from 'vitest';
import type { WellStates } from '../ledger/rows.ts';
import type { JsonObject } from '../model.ts';
import { lastWell, noteWell } from './last-well.ts';

function app(
  revision: string,
  { sync = 'Synced', health = 'Healthy', phase = 'Succeeded' } = {},
): JsonObject {
  return {
    status: {
      sync: { status: sync, revision },
      health: { status: health },
      operationState: {
        phase,
        syncResult: { revision },
        operation: { initiatedBy: { username: 'ana' } },
      },
      summary: { images: [`shop:${revision}`] },
    },
  };
}

/** Each state is seen at its index. */
const after = (...states: JsonObject[]): WellStates | undefined =>
  states.reduce<WellStates | undefined>((known, state, now) => noteWell(known, state, now), undefined);
const state = (revision: string, since: number) => ({
  revisions: [revision],
  images: [`shop:${revision}`],
  initiator: 'ana',
  since,
});

describe('when an Application was last well', () => {
  it('is known from when it was seen well', () => {
    expect(after(app('a', { health: 'Degraded' }))).toBeUndefined();
    expect(after(app('a', { health: 'Degraded' }), app('a'))).toEqual({ last: state('a', 1) });
  });

  it.each([{ sync: 'OutOfSync' }, { health: 'Progressing' }, { phase: 'Running' }, { phase: 'Failed' }])(
    'ends with %o',
    (unwell) => {
      const known = after(app('a'), app('b', unwell), app('b', unwell));
      expect(known).toEqual({ last: { ...state('a', 0), until: 1 } });
      expect(lastWell(known, app('b', unwell))).toEqual({ ...state('a', 0), until: 1 });
    },
  );

  it('goes on when it recovers as it was', () => {
    expect(after(app('a'), app('a', { health: 'Degraded' }), app('a'))).toEqual({ last: state('a', 0) });
  });

  it('is the time before, for one that is well', () => {
    const known = after(app('a'), app('b', { phase: 'Running' }), app('b'));
    expect(known).toEqual({ last: state('b', 2), before: { ...state('a', 0), until: 1 } });
    expect(lastWell(known, app('b'))).toEqual({ ...state('a', 0), until: 1 });
    expect(after(app('a'), app('b'))?.before).toEqual({ ...state('a', 0), until: 1 });
    expect(lastWell(after(app('a')), app('a'))).toBeUndefined();
  });

  it('is the same object while nothing changes', () => {
    const known = after(app('a'), app('b', { phase: 'Running' }));
    expect(noteWell(known, app('b', { phase: 'Failed' }), 9)).toBe(known);
    const well = after(app('a'));
    expect(noteWell(well, app('a'), 9)).toBe(well);
  });
});
