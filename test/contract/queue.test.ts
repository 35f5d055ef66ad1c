import { queueContract } from './queue.ts';
import { storesUnderTest } from './stores.ts';

for (const underTest of storesUnderTest()) queueContract(underTest);
