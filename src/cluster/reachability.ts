import { type Clock, pause } from '../clock.ts';
import { ClusterError } from './cluster-error.ts';

/**
 * Whether the API server answers, and takes our credentials: known by all who ask it, so that while it does not one
 * request after another finds out when it does again, and everybody else waits for that.
 */
export interface Reachability {
  /** A request was answered. */
  answered(): void;
  /** A request was not, or in a way that says that it did not get there. Other errors say nothing. */
  failed(error: unknown): void;
  /**
   * Resolves at once while the server answers, otherwise when it does or the signal aborts. True: it was away, so that
   * whatever made somebody wait is over.
   */
  untilBack(signal: AbortSignal): Promise<boolean>;
  /** What the server answered last while it is away; undefined: it is not, or was not asked again yet. */
  trouble(): ClusterError | undefined;
  close(): void;
}

export interface ReachabilityDeps {
  /** Asks the server something cheap; throws a ClusterError. `isRefused`: it did not take the credentials before. */
  probe(signal: AbortSignal, isRefused: boolean): Promise<void>;
  /** Milliseconds at the most between two probes of a server that does not take our credentials. */
  longestRefused(): number;
  clock: Clock;
  onFailed?(error: ClusterError): void;
  onAnswered?(): void;
}

/** Between the beginnings of two probes. */
const interval = 500;
/** Of probes that are not answered. */
const probeTimeout = 2_000;

export function createReachability(deps: ReachabilityDeps): Reachability {
  const { clock } = deps;
  const closing = new AbortController();
  let away: { back: PromiseWithResolvers<boolean>; isRefused: boolean; trouble?: ClusterError } | undefined;
  let lastProbeAt = 0;

  function answered(): void {
    if (away === undefined) return;
    const { back, trouble } = away;
    const isLasting = trouble !== undefined;
    away = undefined;
    if (isLasting) deps.onAnswered?.();
    back.resolve(isLasting);
  }

  async function tryOnce(isRefused: boolean): Promise<ClusterError | undefined> {
    const late = new AbortController();
    const cancel = clock.after(probeTimeout, () =>
      late.abort(new ClusterError(`no answer within ${probeTimeout} ms`, { kind: 'timeout' })),
    );
    try {
      await deps.probe(AbortSignal.any([late.signal, closing.signal]), isRefused);
      return undefined;
    } catch (error) {
      // What the server says of this request alone is an answer.
      return isAway(error) ? error : undefined;
    } finally {
      cancel();
    }
  }

  async function probe(): Promise<void> {
    let wait = interval;
    while (away !== undefined && !closing.signal.aborted) {
      await pause(clock, Math.max(0, lastProbeAt + wait - clock.now()), closing.signal);
      if (away === undefined || closing.signal.aborted) return;
      lastProbeAt = clock.now();
      const error = await tryOnce(away.isRefused);
      if (closing.signal.aborted) return;
      if (error === undefined) return answered();
      // Another request was answered meanwhile.
      if (away === undefined) return;
      away.trouble = error;
      away.isRefused = error.status === 401;
      wait = away.isRefused ? Math.min(wait * 1.3, deps.longestRefused()) : interval;
      deps.onFailed?.(error);
    }
  }

  return {
    answered,
    failed(error) {
      if (away !== undefined || closing.signal.aborted || !isAway(error)) return;
      away = { back: Promise.withResolvers(), isRefused: error.status === 401 };
      void probe();
    },
    async untilBack(signal) {
      if (away === undefined || signal.aborted) return false;
      const stopped = Promise.withResolvers<boolean>();
      const stop = (): void => stopped.resolve(false);
      signal.addEventListener('abort', stop, { once: true });
      try {
        return await Promise.race([away.back.promise, stopped.promise]);
      } finally {
        signal.removeEventListener('abort', stop);
      }
    },
    trouble: () => away?.trouble,
    close() {
      closing.abort();
      away?.back.resolve(false);
      away = undefined;
    },
  };
}

/** No answer, one of a proxy in the server's place, or that it does not know us. */
function isAway(error: unknown): error is ClusterError {
  if (!(error instanceof ClusterError)) return false;
  const { kind, status, reason } = error;
  if (kind === 'network' || kind === 'timeout') return true;
  if (status === 401) return true;
  return (status === 502 || status === 503 || status === 504) && reason === undefined;
}
