import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isSyncStatusRefreshed } from '../../src/cluster/sync-status.ts';
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
