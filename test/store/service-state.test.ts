import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createServiceState, type StoredState, scopedState } from '../../src/store/service-state.ts';
import type { Store } from '../../src/store/store.ts';
import { openForTest, storesUnderTest } from '../contract/stores.ts';

for (const underTest of storesUnderTest()) {
  describe.skipIf(underTest.skipped !== undefined)(`state of services on ${underTest.name}`, () => {
    let prepared: Awaited<ReturnType<typeof underTest.prepare>>;
    let store: Store;
    let state: StoredState;

    beforeAll(async () => {
      prepared = await underTest.prepare();
      store = await openForTest(prepared.url);
      state = createServiceState(store);
    });
    afterAll(async () => {
      await store.close(5_000);
      await prepared.remove();
    });

    it('keeps what was set last, under any key', async () => {
      const key = 'slack\0\u{1F600}"\\ thread';
      expect(await state.get(key)).toBeUndefined();
      await state.set(key, { ts: '1' }, 60);
      await state.set(key, { ts: '2', text: '\0' }, 60);
      expect(await state.get(key)).toEqual({ ts: '2', text: '\0' });
      expect(await state.get(`${key}x`)).toBeUndefined();
    });

    it('forgets it when its time is up', async () => {
      await state.set('long', { ts: '1' }, 60);
      // That it is there at first is not asked: on a busy machine the second may be over by then.
      await state.set('short', { ts: '1' }, 1);
      while ((await state.get('short')) !== undefined)
        await new Promise((resolve) => setTimeout(resolve, 50));
      await state.set('short', { ts: '2' }, 60);
      expect(await state.get('short')).toEqual({ ts: '2' });
      expect(await state.get('long')).toEqual({ ts: '1' });
    });

    it('keeps scopes apart', async () => {
      const [a, b] = [scopedState(state, 'team-a'), scopedState(state, 'team-b')];
      await a.set('k', { of: 'a' }, 60);
      await b.set('k', { of: 'b' }, 60);
      expect(await a.get('k')).toEqual({ of: 'a' });
      expect(await state.get('k')).toBeUndefined();
    });
  });
}
