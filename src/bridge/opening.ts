import { createBullmqQueue } from '../delivery/bullmq-queue.ts';
import type { DeliveryQueue } from '../delivery/queue.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { createLedger } from '../ledger/store-ledger.ts';
import { createServiceState, type StoredState } from '../store/service-state.ts';
import type { Store } from '../store/store.ts';
import { type BridgeDeps, type BridgeOptions, placesOf } from './options.ts';

/** The store once it is open, with what lies in it. */
export interface Opened {
  store: Store;
  ledger: Ledger;
  queue: DeliveryQueue;
  state: StoredState;
}

export function openedStore(
  store: Store,
  { clock, log }: Pick<BridgeDeps, 'clock' | 'log'>,
  options: BridgeOptions,
): Opened {
  return {
    store,
    ledger: createLedger(store),
    queue: createBullmqQueue(store, { log, concurrency: placesOf(options), clock }),
    state: createServiceState(store),
  };
}

/** The store for those who are wired before it is open: what they ask of it waits until then. */
export interface Opening {
  resolve(opened: Opened): void;
  readonly opened: Promise<Opened>;
  state: StoredState;
  load: Ledger['load'];
}

export function createOpening(): Opening {
  const { promise: opened, resolve } = Promise.withResolvers<Opened>();
  return {
    resolve,
    opened,
    state: {
      get: async (key) => (await opened).state.get(key),
      set: async (...values) => (await opened).state.set(...values),
    },
    load: async (scope, kinds) => (await opened).ledger.load(scope, kinds),
  };
}
