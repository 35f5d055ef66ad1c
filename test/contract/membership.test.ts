import { embeddedMembershipContract, membershipContract, sharedMembershipContract } from './membership.ts';
import { storesUnderTest } from './stores.ts';

for (const underTest of storesUnderTest()) {
  membershipContract(underTest);
  const special = underTest.name === 'sqlite' ? embeddedMembershipContract : sharedMembershipContract;
  special(underTest);
}
