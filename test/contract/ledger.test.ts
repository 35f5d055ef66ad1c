import { ledgerContract } from './ledger.ts';
import { storesUnderTest } from './stores.ts';

for (const underTest of storesUnderTest()) ledgerContract(underTest);
