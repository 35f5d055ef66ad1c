/** What an Application was like when it was last well, so that a message can say what has changed since. Pure. */
import { isWell, operationOf, runningImages, syncedRevisions } from '../application.ts';
import type { WellStates } from '../ledger/rows.ts';
import type { JsonObject, WellState } from '../model.ts';

/** So many images are remembered of one state. */
const mostImages = 100;

/** The same object while nothing has changed. `now` is Unix milliseconds. */
export function noteWell(
  known: WellStates | undefined,
  app: JsonObject,
  now: number,
): WellStates | undefined {
  const last = known?.last;
  if (!isWell(app))
    return last && last.until === undefined ? { ...known, last: { ...last, until: now } } : known;
  const seen: WellState = {
    revisions: syncedRevisions(app),
    images: runningImages(app).slice(0, mostImages),
    initiator: operationOf(app).initiator,
    since: now,
  };
  if (!last) return { last: seen };
  if (!isAlike(last, seen)) return { last: seen, before: { ...last, until: last.until ?? now } };
  if (last.until === undefined) return known;
  const { until: _until, ...again } = last;
  return { ...known, last: again };
}

/** The last time that it was well: of one that is well now, the time before with other revisions or images. */
export function lastWell(known: WellStates | undefined, app: JsonObject): WellState | undefined {
  return isWell(app) ? known?.before : known?.last;
}

function isAlike(a: WellState, b: WellState): boolean {
  const compared = ({ revisions, images }: WellState): string => JSON.stringify([revisions, images]);
  return compared(a) === compared(b);
}
