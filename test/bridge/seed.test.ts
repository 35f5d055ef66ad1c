import { embeddedStore } from '../contract/stores.ts';
import { seedContract } from './seed.ts';

// On the other stores: seed.long.test.ts.
seedContract([embeddedStore()]);
