import { membershipContract } from './membership.ts';
import { storesUnderTest } from './stores.ts';

for (const underTest of storesUnderTest(13)) membershipContract(underTest);
