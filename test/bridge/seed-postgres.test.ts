import { storesUnderTest } from '../contract/stores.ts';
import { seedSuite } from './seed.ts';

const redisNumber = 3;
for (const store of storesUnderTest(redisNumber)) if (store.name === 'postgres') seedSuite(store);
