import { expect, it } from 'vitest';
import { packText } from '../store/pack.ts';
import { createSnapshots } from './snapshots.ts';

it('unpacks nothing that is in memory, and what is not once', () => {
  const snapshots = createSnapshots();
  const here = { spec: { source: 'here' } };
  snapshots.note('a', here);
  const nothing = () => {
    throw new Error('is in memory');
  };
  expect(snapshots.read('a', nothing)).toBe(here);
  const read = snapshots.read('b', () => packText('{"spec":{"source":"there"}}'));
  expect(read).toEqual({ spec: { source: 'there' } });
  expect(snapshots.read('b', nothing)).toBe(read);
});

it('remembers the last 5,000', () => {
  const snapshots = createSnapshots();
  const held = Array.from({ length: 5_001 }, (_, index) => ({ index }));
  for (const each of held) snapshots.note(`${each.index}`, each);
  const read = (digest: string) => snapshots.read(digest, () => packText('{"index":"unpacked"}'));
  expect(read('1')).toBe(held[1]);
  expect(read('0')).toEqual({ index: 'unpacked' });
});
