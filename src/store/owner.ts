import type { StoredState } from './service-state.ts';
import { type Store, StoreError } from './store.ts';

const tenYears = 10 * 365 * 24 * 3600;

/**
 * Binds a store to one Argo CD, known by `uid`. Another Argo CD's ledger would report that one's Applications as
 * deleted, and send its pending deliveries under the wrong configuration: then this rejects with a StoreError.
 */
export async function claimStore(state: StoredState, store: Pick<Store, 'name'>, uid: string): Promise<void> {
  const owner = await state.get('owner');
  if (owner === undefined) await state.set('owner', { uid }, tenYears);
  else if (owner.uid !== uid) {
    const mend = 'give this one a store of its own with --queue, or empty that store';
    throw new StoreError(`${store.name} holds the ledger of another Argo CD: ${mend}`, { retryable: false });
  }
}
