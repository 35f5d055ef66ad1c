import { queueBackendContract } from './queue-backend.ts';
import { storesUnderTest } from './stores.ts';

for (const underTest of storesUnderTest()) queueBackendContract(underTest);
