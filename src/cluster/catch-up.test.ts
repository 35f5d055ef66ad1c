import { describe, expect, it } from 'vitest';
import { createLog } from '../log.ts';
import type { JsonObject } from '../model.ts';
import { createCatchUp } from './catch-up.ts';
import { type ObjectMetadata, readMetadata } from './kube-object.ts';
import { readRevision } from './revision.ts';
import { createView } from './view.ts';

function object(name: string, resourceVersion: string, uid = name): JsonObject {
  return { metadata: { name, namespace: 'argocd', uid, resourceVersion } };
}

/** A catch-up from 100, after a list of these objects at 110. */
function begin(...listed: JsonObject[]) {
  const seen: string[] = [];
  const view = createView(
    createLog({ level: 'silent', format: 'json' }),
    (_object, { name, resourceVersion }) => `${name}@${resourceVersion}`,
    {
      upsert: (value, previous, { isReplayed }) =>
        void seen.push(`${isReplayed ? '*' : ''}${previous === undefined ? '+' : '~'}${value}`),
      delete: (value, { isReplayed }) => void seen.push(`${isReplayed ? '*' : ''}-${value}`),
    },
  );
  const catchUp = createCatchUp(view, 100n);
  for (const item of listed) catchUp.list(item, readMetadata(item) as ObjectMetadata);
  catchUp.listed('110');
  return {
    view,
    catchUp,
    seen,
    show(item: JsonObject): void {
      const metadata = readMetadata(item) as ObjectMetadata;
      view.hold(item, metadata, { isReplayed: true });
      catchUp.shown(metadata.resourceVersion, metadata);
    },
  };
}

describe('a catch-up', () => {
  it('holds back what is newer than its beginning, until the watch has shown that state', () => {
    const { catchUp, seen, show } = begin(object('a', '100'), object('b', '105'));
    expect(seen).toEqual(['+a@100']);
    expect(catchUp.isHolding()).toBe(true);
    show(object('b', '101'));
    expect(catchUp.isHolding()).toBe(true);
    show(object('b', '105'));
    expect(catchUp.isHolding()).toBe(false);
    catchUp.settle();
    expect(seen).toEqual(['+a@100', '*+b@101', '*~b@105']);
  });

  it('tells what a later state or a deletion follows on from what the list has shown', () => {
    const { catchUp, show } = begin(object('a', '100'), object('b', '105'));
    const isPast = (item: JsonObject) => catchUp.isPast(readMetadata(item) as ObjectMetadata);
    expect(isPast(object('b', '101'))).toBe(true);
    expect(isPast(object('b', '105'))).toBe(false);
    expect(isPast(object('deleted', '103'))).toBe(true);
    expect(isPast(object('b', '103', 'before'))).toBe(true);
    show(object('b', '105'));
    expect(isPast(object('b', '106'))).toBe(false);
  });

  it('places revisions by their number', () => {
    const { catchUp, show } = begin();
    expect(['99', '100', '101', '110', '111', 'x', '', '1e3'].map(catchUp.place)).toEqual([
      'old',
      'old',
      'replayed',
      'replayed',
      'later',
      'unknown',
      'unknown',
      'unknown',
    ]);
    show(object('a', '105'));
    expect(['101', '105', '106'].map(catchUp.place)).toEqual(['old', 'old', 'replayed']);
    expect(catchUp.isOver()).toBe(false);
    catchUp.shown('110');
    expect(catchUp.isOver()).toBe(true);
  });

  it('compares numbers that no double can tell apart', () => {
    expect(readRevision('9007199254740993')).toBe(9007199254740993n);
    const { view } = begin();
    const catchUp = createCatchUp(view, 9007199254740992n);
    catchUp.listed('9007199254740994');
    expect(catchUp.place('9007199254740993')).toBe('replayed');
    expect(catchUp.place('9007199254740995')).toBe('later');
  });

  it('settles on the list: what was not shown is reported, what the list did not show is gone', () => {
    const { catchUp, seen, show } = begin(object('a', '105'), object('b', '109', 'second'));
    show(object('b', '101', 'first'));
    show(object('c', '102'));
    show(object('a', '105'));
    seen.length = 0;
    catchUp.settle();
    expect(seen).toEqual(['-b@101', '+b@109', '-c@102']);
    catchUp.settle();
    expect(seen).toHaveLength(3);
  });
});

describe('a deletion', () => {
  it('of what is not known is reported where it is replayed, and only there', () => {
    const { view, seen } = begin();
    const item = object('a', '105');
    view.drop(item, readMetadata(item) as ObjectMetadata);
    expect(seen).toEqual([]);
    view.drop(item, readMetadata(item) as ObjectMetadata, { isReplayed: true });
    expect(seen).toEqual(['*-a@105']);
  });
});
