import assert from 'node:assert/strict';
import type { Acknowledgement, Row } from '../../src/ledger/rows.ts';
import { apps, mutes, type Op, type Shown } from './lives-ops.ts';
import { createModel, createStore, type Policy, type Shape, silenceRow } from './model.ts';
import { createOracle } from './oracle.ts';
import { createPost } from './post.ts';

const minute = 60_000;

/**
 * A random life of the alerts of some Applications. Throws where people are told what they must not be told, or are not
 * told what they are owed.
 */
export function live({ start, ops }: { start: Policy; ops: readonly Op[] }): void {
  let now = Date.UTC(2026, 0, 1);
  let current = start;
  let births = 0;
  let eras = 0;
  let isComplete = false;
  const clock = { now: () => now };
  const alive = new Map<number, string>();
  const shapes = new Map<string, Shape>();
  const silences = new Map<string, Row<'silence'>>();
  const acknowledgements = new Map<string, Row<'acknowledgement'>>();
  /** Of each Application: what it has shown, uninterrupted and to the same recipients. */
  const shown = new Map<string, { shape: Shape; episode: number }>();
  const oracle = createOracle();
  const post = createPost({
    lastOf: (notice) => store.of('ongoing').find(({ key }) => key === notice)?.value.told?.delivery,
    onHeard: oracle.heard,
  });
  const store = createStore((delivery) => {
    oracle.told(delivery);
    post.take(delivery);
  });

  const episodeOf = (uid: string): string => `${uid} ${shown.get(uid)?.episode}`;

  function isHeld(name: string): string | undefined {
    const silence = silences.get(name)?.value;
    if (silence && silence.startsAt <= now && now <= silence.endsAt) return 'silence';
    if (mutes[current.muteTimes]?.(name, Math.floor(now / minute) % 1_440)) return 'mute time';
    if (current.inhibit !== '[]' && name !== 'app-0' && sourceFires()) return 'inhibition';
    return undefined;
  }

  function sourceFires(): boolean {
    if (model.fires('app-0')) return true;
    const uid = alive.get(0);
    if (isComplete || uid === undefined || shapes.get(uid)?.result === 'unmatched') return false;
    // A term has begun, and has not come to it yet.
    return (
      !model.has(uid) &&
      store.of('alert').some(({ scope, value }) => scope === uid && value.state === 'firing')
    );
  }

  const options = {
    store,
    clock,
    policy: () => current,
    shapes,
    onMessage: (delivery: Parameters<typeof oracle.decided>[0]) =>
      oracle.decided(delivery, isHeld, episodeOf),
  };
  let model = createModel(options);
  const takeRows = () => model.silences([...silences.values()], [...acknowledgements.values()]);

  /** Another process, or another time: no moment of it is one that has been, as no two moments are. */
  function nextEra(): void {
    eras += 1;
    now = Math.floor(now / 1_000) * 1_000 + 10 * eras;
  }

  function begin(): void {
    nextEra();
    isComplete = false;
    model = createModel(options);
    takeRows();
    model.begin(alive.values());
    model.write(1_000);
    isComplete = true;
    model.complete();
  }

  function pass(ms: number): void {
    const end = now + ms;
    for (let round = 0; round < 200; round += 1) {
      const next = model.next();
      if (next === undefined || next > end) break;
      now = Math.max(now, next);
      model.lookAtDue();
    }
    now = Math.max(now, end);
  }

  function settle(): void {
    for (let round = 0; round < 100; round += 1) {
      model.write(1_000);
      model.lookAtDue();
      if (model.waiting() === 0 && (model.next() ?? now + 1) > now) return;
    }
    throw new Error('It does not come to rest');
  }

  function silence(index: number, after: number, ms: number): void {
    const name = `app-${index}`;
    const startsAt = now + after;
    silences.set(name, silenceRow(name, { matchers: [[`name="${name}"`]], startsAt, endsAt: startsAt + ms }));
    takeRows();
  }

  function acknowledge(index: number): void {
    const found = store
      .of('alert')
      .find(({ value }) => value.application.name === `app-${index}` && value.state === 'firing');
    if (!found) return;
    const value: Acknowledgement = { at: now, by: 'kim', comment: '' };
    acknowledgements.set(found.key, { kind: 'acknowledgement', key: found.key, value });
    takeRows();
  }

  function show(index: number, { ago, ...next }: Shown): void {
    if (!alive.has(index)) alive.set(index, `app-${index}#${(births += 1)}`);
    const uid = alive.get(index) ?? '';
    shapes.set(uid, { ...next, ...(ago === undefined ? {} : { since: now - ago }) });
    const { shape: before, episode = 0 } = shown.get(uid) ?? {};
    // A failed evaluation is no answer, so what was before goes on.
    const result = next.result === 'failed' ? (before?.result ?? next.result) : next.result;
    const oncePer = next.result === 'failed' ? before?.oncePer : next.oncePer;
    const goesOn =
      result === before?.result &&
      oncePer === before?.oncePer &&
      String(before?.recipients) === String(next.recipients);
    const shape = { ...next, result, ...(oncePer === undefined ? {} : { oncePer }) };
    shown.set(uid, { shape, episode: goesOn ? episode : episode + 1 });
    model.see(uid);
  }

  function again(uid: string): void {
    settle();
    model.see(uid);
    assert.equal(model.waiting(), 0, 'repetition changes nothing');
  }

  function apply(each: Op): void {
    switch (each.op) {
      case 'show':
        return show(each.app, each.shape);
      case 'pass':
        return pass(each.ms);
      case 'write':
        return model.write(each.steps);
      case 'send':
        for (const outcome of each.outcomes) post.attempt(outcome);
        return;
      case 'mend':
        return post.mend();
      case 'crash':
        return begin();
      case 'clock':
        now += each.ms;
        nextEra();
        if (each.ms < 0) model.seeAll();
        return;
      case 'silence':
        return silence(each.app, each.after, each.ms);
      case 'expire':
        silences.delete(`app-${each.app}`);
        return takeRows();
      case 'acknowledge':
        return acknowledge(each.app);
      case 'edit':
        current = each.policy;
        return model.seeAll();
      default: {
        const uid = alive.get(each.app);
        if (uid === undefined) return;
        if (each.op === 'again') return again(uid);
        alive.delete(each.app);
        model.remove(uid);
      }
    }
  }

  begin();
  for (const each of ops) apply(each);

  // In the end everything is well, nothing holds back, and messages arrive.
  silences.clear();
  takeRows();
  current = { ...current, muteTimes: '[]' };
  model.seeAll();
  for (let index = 0; index < apps; index += 1) {
    const uid = alive.get(index);
    if (uid !== undefined)
      show(index, { result: 'unmatched', recipients: shapes.get(uid)?.recipients ?? [] });
  }
  for (let round = 0; round < 6; round += 1) {
    settle();
    pass(30 * minute);
  }
  settle();
  while (post.attempt('sent'));
  post.mend();
  while (post.attempt('sent'));
  oracle.ended();
  assert.deepEqual(store.of('alert'), [], 'no alert is left');
  assert.deepEqual(store.of('ongoing'), [], 'no notice is left');
}
