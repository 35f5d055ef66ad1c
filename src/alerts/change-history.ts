/** How often values have changed, and what was seen last of them. */
import { createHash } from 'node:crypto';
import { sprint } from '../go/format.ts';
import type { ChangeHistory } from '../ledger/rows.ts';

/** Answers what the conditions of one evaluation of an Application ask about its past, and notes it. */
export interface ChangeCounter {
  /** The calls that follow are of this condition; its calls are told apart by their order. */
  enter(condition: string): void;
  /**
   * How often the value has changed within the last `window` milliseconds, this change included, as PromQL's
   * `changes`: the first value that is seen is no change.
   */
  changes(value: unknown, window: number): number;
  /** Notes a value of the condition, and the operation that the Application shows beside it. */
  note(name: string, value: unknown): void;
  /** Whether the operation is another than when the value changed, or was seen first. */
  startedAfter(name: string): boolean;
  /** The same object while nothing has changed. */
  history(): ChangeHistory;
}

/** Of one call, the most recent; a value that changes more often within its window counts as this often. */
const mostChanges = 1_000;
/** Calls remembered for one Application; those of conditions that are gone make room. */
const mostCalls = 100;

/** `operation`: `startedAt` of the operation that runs or ran last, '' without one. */
export function createChangeCounter(before: ChangeHistory, now: number, operation = ''): ChangeCounter {
  let history = before;
  let condition = '';
  let calls = 0;

  function keep(key: string, entry: ChangeHistory[string]): void {
    const { [key]: _before, ...others } = history;
    history = Object.fromEntries([...Object.entries(others), [key, entry]].slice(-mostCalls));
  }

  const keyOf = (name: string): string => `${condition}@${brief(name)}`;

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
      keep(key, { value: printed, at });
      return at.length;
    },
    note(name, value) {
      const key = keyOf(name);
      const printed = brief(sprint(value));
      const known = history[key];
      if (known?.value === printed && known.latest === operation) return;
      // Where both have changed since, the operation is taken for the one that the change brought about.
      const then = known?.value === printed ? known.operation : known?.latest;
      keep(key, { value: printed, at: [], operation: then ?? operation, latest: operation });
    },
    startedAfter(name) {
      const known = history[keyOf(name)];
      return operation !== '' && known?.operation !== undefined && known.operation !== operation;
    },
    history: () => history,
  };
}

function brief(text: string): string {
  return text.length <= 64 ? text : createHash('sha1').update(text).digest('base64url');
}
