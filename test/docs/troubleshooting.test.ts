/** docs/troubleshooting.md has every reason that `herald explain` may give, and no other. */
import { expect, it } from 'vitest';
import { causeKinds } from '../../src/cli/explain/cause.ts';
import { pageOf } from './pages.ts';

it('names every reason why nothing is sent', () => {
  const { text } = pageOf('docs/troubleshooting.md');
  const table = text.slice(text.indexOf('| `why.kind` |'), text.indexOf('## Too many'));
  const rows = table.split('\n').slice(2);
  const named = rows.flatMap((row) =>
    [...(row.split(' | ')[0] ?? '').matchAll(/`([^`]+)`/g)].map(([, kind]) => kind),
  );
  expect(new Set(named)).toEqual(new Set(causeKinds));
  expect(named).toHaveLength(causeKinds.length);
});
