import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type ConfigCase, runConfig } from './run-config.ts';
import { runSubscriptions, type SubscriptionCase } from './run-subscriptions.ts';
import type { Verdict } from './verdict.ts';

function read<T>(name: string): { cases: T[] } {
  return JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8')) as { cases: T[] };
}

/** How many vectors record what Herald does otherwise, by reason. */
function documented(verdicts: Verdict[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status, detail = '' } of verdicts) {
    if (status === 'documented') counts[detail] = (counts[detail] ?? 0) + 1;
  }
  return counts;
}

describe('config.json', () => {
  const verdicts = runConfig(read<ConfigCase>('config.json'));

  it.each(verdicts)('$group $name', ({ status, detail }) => {
    expect(status === 'failed' ? detail : '').toBe('');
  });

  it('differs from the engine for known reasons only', () => {
    expect(verdicts).toHaveLength(122);
    expect(documented(verdicts)).toEqual({
      'c: the bad key is reported, the rest of the ConfigMap works': 28,
      'a key that the Secret does not have disables the service: no $key is sent': 4,
      'options with which nothing can be sent are an error': 13,
      'console is a service of ours': 1,
      'a template that nothing defines is an error of the trigger that sends it': 8,
      'legacy subscriptions work without the key subscriptions, too': 1,
    });
  });
});

describe('subscriptions.json', () => {
  const verdicts = runSubscriptions(read<SubscriptionCase>('subscriptions.json'));

  it.each(verdicts)('$group $name', ({ status, detail }) => {
    expect(status === 'failed' ? detail : '').toBe('');
  });

  it('differs from the engine for known reasons only', () => {
    expect(verdicts).toHaveLength(132);
    expect(documented(verdicts)).toEqual({
      'c: the bad key is reported with its line, the rest of the ConfigMap works': 13,
      'd: a recipient keeps what follows its second colon': 1,
      'e: destinations without a service are problems, not destinations': 3,
    });
  });
});
