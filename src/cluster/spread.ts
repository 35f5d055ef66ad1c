import type { Reflector } from './reflector.ts';
import type { ReflectorState } from './reflector-state.ts';

/**
 * A collection that is read in all namespaces at once where that is allowed, and otherwise in each namespace of which
 * somebody says that it is needed. The wide right is asked for again now and then.
 */
export interface Spread<T> {
  start(): void;
  stop(): Promise<void>;
  /** True once everything of the first lists was reported, in the namespaces that were needed by then. */
  ready(): Promise<boolean>;
  /** The namespace is looked into from now on, if not all are; resolves when what is there was reported. */
  need(namespace: string): Promise<unknown>;
  get(namespace: string, name: string): T | undefined;
  values(): Iterable<T>;
  /** Why the namespace cannot be looked into: its own answer, where it is asked for by itself. */
  forbidden(namespace: string): ReflectorState['forbidden'];
  /** One, whatever it is made of. */
  state(): ReflectorState;
}

/** `namespace` undefined: all. */
export type MakeReflector<T> = (
  namespace: string | undefined,
  onForbidden: (isForbidden: boolean) => void,
) => Reflector<T>;

export function createSpread<T extends { namespace: string }>(
  make: MakeReflector<T>,
  options: {
    /** Undefined: all namespaces. */
    namespace: string | undefined;
    onForbidden(namespace: string | undefined): void;
  },
): Spread<T> {
  const needed = new Set<string>();
  const narrow = new Map<string, Reflector<T>>();
  let isNarrow = false;
  const wide = make(options.namespace, (isForbidden) => {
    if (options.namespace === undefined) {
      isNarrow = isForbidden;
      if (isForbidden) for (const namespace of needed) open(namespace);
      else {
        const before = [...narrow.keys()];
        void closeNarrow();
        // What they hold may be known already, and was passed over while they were asked by themselves.
        for (const namespace of before) options.onForbidden(namespace);
      }
    }
    options.onForbidden(options.namespace);
  });

  function open(namespace: string): Reflector<T> {
    const found = narrow.get(namespace);
    if (found !== undefined) return found;
    const opened = make(namespace, () => options.onForbidden(namespace));
    narrow.set(namespace, opened);
    opened.start();
    return opened;
  }

  async function closeNarrow(): Promise<void> {
    const closing = [...narrow.values()];
    narrow.clear();
    await Promise.all(closing.map((reflector) => reflector.stop()));
  }

  async function ready(): Promise<boolean> {
    if (!(await wide.ready())) return false;
    const each = await Promise.all([...narrow.values()].map((reflector) => reflector.ready()));
    return each.every(Boolean) || !isNarrow;
  }

  return {
    start: () => wide.start(),
    async stop() {
      await Promise.all([wide.stop(), closeNarrow()]);
    },
    ready,
    async need(namespace) {
      needed.add(namespace);
      if (!(await wide.ready())) return;
      if (isNarrow) await open(namespace).ready();
    },
    get: (namespace, name) => (narrow.get(namespace) ?? wide).get(namespace, name),
    *values() {
      for (const object of wide.values()) if (!narrow.has(object.namespace)) yield object;
      for (const reflector of narrow.values()) yield* reflector.values();
    },
    forbidden: (namespace) => (narrow.get(namespace) ?? wide).state().forbidden,
    state() {
      if (!isNarrow || narrow.size === 0) return wide.state();
      return combined([...narrow.values()].map((reflector) => reflector.state()));
    },
  };
}

/** The worst of all: what fails, what is not done, what was silent for longest. Counts are sums. */
function combined(states: readonly ReflectorState[]): ReflectorState {
  const worst = [...states].sort((a, b) => rank(b) - rank(a))[0] as ReflectorState;
  const restarts = { ...worst.restarts };
  for (const reason of Object.keys(restarts) as (keyof typeof restarts)[]) {
    restarts[reason] = states.reduce((sum, state) => sum + state.restarts[reason], 0);
  }
  return {
    ...worst,
    restarts,
    synced: states.every(({ synced }) => synced),
    objects: states.reduce((sum, { objects }) => sum + objects, 0),
    lists: states.reduce((sum, { lists }) => sum + lists, 0),
    lagMs: Math.max(...states.map(({ lagMs }) => lagMs)),
    forbidden: states.find(({ forbidden }) => forbidden !== undefined)?.forbidden,
  };
}

function rank({ phase, synced, failure }: ReflectorState): number {
  const phases = { watching: 1, forbidden: 0, absent: 0, listing: 2, waiting: 2, stopped: 5 };
  return phases[phase] + (failure === undefined ? 0 : 2) + (synced ? 0 : 2);
}
