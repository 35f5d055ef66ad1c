import { createHash } from 'node:crypto';
import { sprint } from '../go/format.ts';
import type { ChangeHistory } from '../ledger/rows.ts';

/** Answers `changes(value, window)` of one evaluation of an Application, and notes what it was asked about. */
export interface ChangeCounter {
  /** The calls that follow are of this condition; its calls are told apart by their order. */
  enter(condition: string): void;
  /**
   * How often the value has changed within the last `window` milliseconds, this change included, as PromQL's
   * `changes`: the first value that is seen is no change.
   */
  changes(value: unknown, window: number): number;
  /** The same object while nothing has changed. */
  history(): ChangeHistory;
}

/** Of one call, the most recent; a value that changes more often within its window counts as this often. */
const mostChanges = 1_000;
/** Calls remembered for one Application; those of conditions that are gone make room. */
const mostCalls = 100;

export function createChangeCounter(before: ChangeHistory, now: number): ChangeCounter {
  let history = before;
  let condition = '';
  let calls = 0;

  return {
    enter(entered) {
      condition = entered;
      calls = 0;
    },
    changes(value, window) {
      const key = `${condition}#${(calls += 1)}`;
      const printed = brief(sprint(value));
      const known = history[key];
      const since = now - window;
      if (known?.value === printed) return known.at.filter((at) => at > since).length;
      const at = known ? [...known.at.filter((earlier) => earlier > since), now].slice(-mostChanges) : [];
      const { [key]: _before, ...others } = history;
      history = Object.fromEntries(
        [...Object.entries(others), [key, { value: printed, at }]].slice(-mostCalls),
      );
      return at.length;
    },
    history: () => history,
  };
}

function brief(text: string): string {
  return text.length <= 64 ? text : createHash('sha1').update(text).digest('base64url');
}
