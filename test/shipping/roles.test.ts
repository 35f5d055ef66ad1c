import { describe } from 'vitest';
import { hasKubectl } from './kustomize.ts';
import { enoughForAll } from './roles.ts';

// What else is shipped, and a right that is missing: roles.long.test.ts.
describe.skipIf(!hasKubectl)('the Roles of base', () => {
  enoughForAll({});
});
