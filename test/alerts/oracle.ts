import assert from 'node:assert/strict';
import type { Delivery } from '../../src/model.ts';

/** What must hold of whatever is told, whatever happens. */
export interface Oracle {
  /** When it is decided. `isHeld`: whether something holds back the alerts of an Application of this name. */
  decided(
    delivery: Delivery,
    isHeld: (name: string) => string | undefined,
    episodeOf: (uid: string) => string,
  ): void;
  /** When it is durable. */
  told(delivery: Delivery): void;
  /** When it has arrived. */
  heard(delivery: Delivery): void;
  /** When all is over. */
  ended(): void;
}

export function createOracle(): Oracle {
  /** What each recipient was told to fire, by the alert's key. */
  const firing = new Map<string, Set<string>>();
  /** What of that has arrived, by the first message of it. */
  const known = new Map<string, Set<string>>();
  const roots = new Set<string>();
  const ids = new Set<string>();
  /** What each alert was about when it was decided to tell of it, and by which alert each recipient was told of that. */
  const episodes = new Map<string, string>();
  const tellings = new Map<string, string>();

  function tellOnce(recipient: string, what: string | undefined, key: string, rule: string): void {
    if (what === undefined) return;
    const id = `${recipient} ${what}`;
    assert.equal(tellings.get(id) ?? key, key, rule);
    tellings.set(id, key);
  }

  function note(recipient: string, what: string | undefined, key: string): void {
    const id = `${recipient} ${what}`;
    if (what !== undefined && !tellings.has(id)) tellings.set(id, key);
  }

  return {
    decided({ alerts }, isHeld, episodeOf) {
      for (const { application, key } of alerts) {
        if (!episodes.has(key)) episodes.set(key, episodeOf(application.uid));
        assert.equal(isHeld(application.name), undefined, 'nobody is told of what is held back');
      }
    },
    told({ id, alerts, reason, ongoing, destination: { recipient } }) {
      assert.ok(!ids.has(id), 'a message is made once');
      ids.add(id);
      assert.equal(
        new Set(alerts.map(({ key }) => key)).size,
        alerts.length,
        'a message names each alert once',
      );
      assert.equal(
        (ongoing?.firing ?? 0) + (ongoing?.resolved ?? 0),
        alerts.length,
        'a message counts what it names',
      );
      const mine = setOf(firing, recipient);
      for (const { key, lifecycle, oncePer, condition, application } of alerts) {
        if (lifecycle?.state === 'resolved') {
          assert.ok(mine.delete(key), 'no end without a told firing');
          continue;
        }
        tellOnce(recipient, episodes.get(key), key, 'what goes on is told once');
        const value = oncePer === '' ? undefined : `${application.uid} ${condition} ${oncePer}`;
        // Of what was told already a value is no news: it may have got one that another had.
        if (mine.has(key)) note(recipient, value, key);
        else tellOnce(recipient, value, key, 'a oncePer value is told once');
        mine.add(key);
      }
      if (reason === 'first' && ongoing?.groupLabels === undefined)
        assert.equal(ongoing?.root, id, 'what is first is its own root');
    },
    heard({ id, alerts, ongoing }) {
      const root = ongoing?.root ?? id;
      const mine = setOf(known, root);
      if (ongoing?.state === 'resolved') {
        // The end of one that was held back may come after all others have ended.
        assert.ok(roots.has(root), 'no end of what nobody has heard of');
        mine.clear();
        return;
      }
      roots.add(root);
      for (const { key, lifecycle } of alerts) {
        if (lifecycle?.state === 'resolved') mine.delete(key);
        else mine.add(key);
      }
    },
    ended() {
      assert.deepEqual(membersOf(firing), [], 'no told firing without its end');
      assert.deepEqual(membersOf(known), [], 'no firing that was heard without its end');
    },
  };
}

function setOf(sets: Map<string, Set<string>>, key: string): Set<string> {
  const found = sets.get(key) ?? new Set();
  sets.set(key, found);
  return found;
}

function membersOf(sets: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  return [...sets.values()].flatMap((keys) => [...keys]);
}
