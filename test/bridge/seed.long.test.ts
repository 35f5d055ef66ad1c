import { storesUnderTest } from '../contract/stores.ts';
import { seedContract } from './seed.ts';

seedContract(storesUnderTest().filter(({ name }) => name !== 'sqlite'));
