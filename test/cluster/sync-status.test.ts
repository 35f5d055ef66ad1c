import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isOperationStuck, isSyncStatusRefreshed } from '../../src/cluster/sync-status.ts';
import type { JsonObject } from '../../src/model.ts';

interface RefreshCase {
  name: string;
  app?: JsonObject;
  varsRef?: string;
  processed: boolean;
}

function read<T>(file: string): T {
  return JSON.parse(readFileSync(new URL(`../conformance/${file}`, import.meta.url), 'utf8')) as T;
}

const { refresh } = read<{ refresh: RefreshCase[] }>('state.json');
const { apps } = read<{ apps: Record<string, JsonObject> }>('fixtures.json');

describe('an Application whose status is older than its operation waits, as in Argo CD', () => {
  it('has cases', () => expect(refresh.length).toBeGreaterThan(20));

  it.each(refresh)('$name', ({ app, varsRef, processed }) => {
    const application = app ?? apps[varsRef ?? ''];
    expect(application).toBeDefined();
    expect(isSyncStatusRefreshed(application as JsonObject)).toBe(processed);
  });
});

describe('an operation that is over and has no end', () => {
  const app = (operationState: JsonObject, reconciledAt = '2026-11-28T01:00:00Z'): JsonObject => ({
    status: { reconciledAt, operationState },
  });
  const startedAt = '2026-11-27T10:00:00Z';

  it.each([
    ['compared long after its start', app({ phase: 'Succeeded', startedAt }), true],
    ['failed, compared long after', app({ phase: 'Error', startedAt }), true],
    ['compared soon after its start', app({ phase: 'Succeeded', startedAt }, '2026-11-27T10:01:00Z'), false],
    ['compared before', app({ phase: 'Succeeded', startedAt }, '2026-11-27T09:00:00Z'), false],
    ['without a start', app({ phase: 'Succeeded' }), false],
  ])('%s', (_, application, stuck) => {
    expect(isOperationStuck(application)).toBe(stuck);
    expect(isSyncStatusRefreshed(application)).toBe(stuck);
  });

  it('is none that runs, and none that has an end', () => {
    expect(isOperationStuck(app({ phase: 'Running', startedAt }))).toBe(false);
    expect(isOperationStuck(app({ phase: 'Succeeded', startedAt, finishedAt: startedAt }))).toBe(false);
  });
});
