import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runTemplates } from './run-templates.ts';

describe('templates.json', () => {
  const verdicts = runTemplates(join(import.meta.dirname, 'templates.json'));

  test('every template prints what the real engine prints', () => {
    const failed = verdicts.filter((verdict) => verdict.status === 'failed');
    expect(failed.map(({ name, detail }) => `${name}: ${detail}`)).toEqual([]);
    expect(verdicts.length).toBe(1330);
  });

  test('the differences are the refused functions only', () => {
    const documented = verdicts.filter((verdict) => verdict.status === 'documented');
    expect(documented.map(({ name }) => name)).toEqual([
      'sprig-random-007',
      'sprig-random-008',
      'sprig-random-010',
    ]);
    for (const { detail } of documented) expect(detail).toMatch(/is refused/);
  });
});
