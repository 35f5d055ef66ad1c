import { expect, it } from 'vitest';
import { compare } from './comparison.ts';
import type { TimelineMessage } from './timeline.ts';

const minute = 60_000;

/** `a@5` is news of the Application a that came about in minute 5; told at the minute that is given. */
function message(at: number, about: string, more: Partial<TimelineMessage> = {}): TimelineMessage {
  const named = about.split(' ').map((each) => each.split('@'));
  return {
    at: at * minute,
    decidedAt: at * minute,
    id: `${at}${about}`,
    service: 'slack',
    recipient: 'ops',
    reason: 'first',
    firing: named.length,
    resolved: 0,
    triggers: ['t'],
    applications: named.map(([name]) => `argocd/${name}`),
    text: about,
    news: named.map(([name = '', since = `${at}`]) => ({
      what: 'firing',
      trigger: 't',
      uid: name,
      since: Number(since) * minute,
    })),
    ...more,
  };
}

const resolved = (at: number, name: string) =>
  message(at, name, {
    reason: 'all resolved',
    news: [{ what: 'resolved', trigger: 't', uid: name, since: at * minute }],
  });

type Row = [what: string, before: TimelineMessage[], after: TimelineMessage[], said: string[]];

it.each<Row>([
  ['the same', [message(0, 'a')], [message(0, 'a')], ['1 same']],
  ['one that is new', [], [message(1, 'a')], ['+1 a']],
  ['one that is gone', [message(1, 'a')], [], ['-1 a']],
  ['one that comes later', [message(0, 'a')], [message(5, 'a@0')], ['0>5 a']],
  ['one that reads otherwise', [message(0, 'a')], [message(0, 'a', { text: 'b' })], ['0~ a']],
  ['one that is not sent', [message(0, 'a')], [message(0, 'a', { error: 'no such template' })], ['0~ a']],
  ['one to somebody else', [message(0, 'a')], [message(0, 'a', { recipient: 'dev' })], ['+0 a', '-0 a']],
  ['of a firing and its end', [message(0, 'a')], [message(0, 'a'), resolved(9, 'a')], ['+9 a', '1 same']],
  [
    'several that become one',
    [message(0, 'a'), message(1, 'b'), message(2, 'c')],
    [message(2, 'a@0 b@1 c@2')],
    ['0,1,2=>2'],
  ],
  ['one that becomes several', [message(2, 'a@0 b@1')], [message(0, 'a'), message(1, 'b')], ['2=<0,1']],
  [
    'of those that flap, the one that lasts is the same, and those between are gone',
    [message(0, 'a'), message(4, 'a'), message(8, 'a')],
    [message(9, 'a@8')],
    ['-0 a', '-4 a', '8>9 a'],
  ],
  ['what is hours apart is not the same', [message(0, 'a')], [message(180, 'a')], ['+180 a', '-0 a']],
  [
    'times of which the object says one and the watch the other',
    [message(1, 'a')],
    [message(1, 'a@0', { text: 'a' })],
    ['1 same'],
  ],
])('%s', (_what, before, after, said) => {
  const { appears, vanishes, moves, differs, merges, splits, same } = compare(before, after);
  const at = (told: TimelineMessage) => told.at / minute;
  const name = (told: TimelineMessage) => told.news.map(({ uid }) => uid).join(' ');
  expect(
    [
      ...appears.map((each) => `+${at(each)} ${name(each)}`),
      ...vanishes.map((each) => `-${at(each)} ${name(each)}`),
      ...moves.map((each) => `${at(each.before)}>${at(each.after)} ${name(each.after)}`),
      ...differs.map((each) => `${at(each.before)}~ ${name(each.after)}`),
      ...merges.map(({ from, to }) => `${from.map(at).join(',')}=>${at(to)}`),
      ...splits.map(({ from, to }) => `${at(from)}=<${to.map(at).join(',')}`),
      ...(same > 0 ? [`${same} same`] : []),
    ].sort(),
  ).toEqual(said.toSorted());
});
