import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { runExpr } from './run-expr.ts';

const verdicts = runExpr(fileURLToPath(new URL('expr.json', import.meta.url)));

test('expressions answer as expr-lang 1.17.8', () => {
  expect(verdicts.filter(({ status }) => status === 'failed')).toEqual([]);
  expect(verdicts.filter(({ status }) => status === 'passed').length).toBe(1725);
});
