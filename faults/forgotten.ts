import { setTimeout as delay } from 'node:timers/promises';
import type { ScenarioContext } from './scenario.ts';

/** Milliseconds before the history is lost in which a change may not have been noted yet. */
const unnoted = 5_000;
/** Milliseconds for Applications to be asked for again. */
const mostWaiting = 60_000;

/**
 * For an API server that forgets its history while nobody watches: what happened up to the next list was seen by nobody,
 * and only where that led to has to be told. Called before; the answer when it has forgotten and can be asked again.
 */
export function beforeForgetting({ world, story }: ScenarioContext): () => Promise<void> {
  const { stats, until } = world.kubernetes;
  const since = Date.now() - unnoted;
  const asked = stats.requests('list', 'applications');
  return async () => {
    // Where nothing had changed meanwhile the watch goes on instead.
    await Promise.race([
      until(() => stats.requests('list', 'applications') > asked || stats.openWatches('applications') > 0),
      delay(mostWaiting, undefined, { ref: false }),
    ]);
    if (stats.requests('list', 'applications') === asked) return;
    story.forgive?.(since);
    world.tally.note('Applications are listed again');
  };
}
