import { type Clock, pause } from '../clock.ts';
import type { LeadingTerm, OpenedStore } from '../leader/term.ts';
import type { NotedProgress } from '../ledger/rows.ts';
import type { Logger } from '../log.ts';

/**
 * The term of this process. While the store is away nobody knows who leads: then Applications are watched all the same,
 * in a provisional term that keeps in order what they show, and which becomes the first real one, or is given up.
 */
export interface Leading {
  /** The term under way; undefined for a process that stands by. */
  term(): LeadingTerm | undefined;
  /** Begins a provisional term where the store is not open after a while, once `configured` has resolved. */
  meanwhile(opening: Promise<unknown>, configured: Promise<unknown>): Promise<void>;
  begin(opened: OpenedStore): Promise<LeadingTerm>;
  standBy(): Promise<void>;
  /** Gives up the provisional term, if there is one. */
  discard(): Promise<void>;
}

interface Deps {
  /** `from`: up to which earlier terms have decided; undefined: what the watch shows from now on. */
  createTerm(store: Promise<OpenedStore>, from: NotedProgress | undefined): LeadingTerm;
  notedProgress(opened: OpenedStore): Promise<NotedProgress | undefined>;
  signal: AbortSignal;
  clock: Clock;
  log: Logger;
}

interface Options {
  /** Milliseconds: a store that takes longer to open is not waited for. @defaultValue 5000 */
  patience?: number;
  /** Milliseconds for which a watch of the API server can be resumed at the least: its cache holds 75 seconds. @defaultValue 60000 */
  remembered?: number;
}

export function createLeading(deps: Deps, options: Options = {}): Leading {
  const { createTerm, signal, clock, log } = deps;
  const { patience = 5_000, remembered = 60_000 } = options;
  const createdAt = clock.monotonic();
  const late = Promise.withResolvers<OpenedStore>();
  let provisional: LeadingTerm | undefined;
  let leading: LeadingTerm | undefined;

  async function discard(): Promise<void> {
    const discarded = provisional;
    provisional = undefined;
    if (leading === discarded) leading = undefined;
    await discarded?.stop(0);
  }

  return {
    term: () => leading,
    async meanwhile(opening, configured) {
      let isOpen = false;
      const opened = opening.then(
        () => {
          isOpen = true;
        },
        // Whoever opens it tells.
        () => {
          isOpen = true;
        },
      );
      await Promise.race([opened, pause(clock, patience, signal)]);
      await Promise.race([opened, configured]);
      if (isOpen || signal.aborted) return;
      log.info('Watches Applications although the store is away');
      provisional = createTerm(late.promise, undefined);
      leading = provisional;
      void provisional.over.then(discard);
    },
    async begin(opened) {
      const progress = await deps.notedProgress(opened);
      // What the API server still remembers is more than what was watched since the start of this process.
      if (progress !== undefined && clock.monotonic() - createdAt < remembered) await discard();
      const kept = provisional;
      provisional = undefined;
      late.resolve(opened);
      leading = kept ?? createTerm(Promise.resolve(opened), progress);
      return leading;
    },
    async standBy() {
      leading = undefined;
      await discard();
    },
    discard,
  };
}
