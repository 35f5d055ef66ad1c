import { describe, expect, test } from 'vitest';
import type { Condition } from '../../triggers/trigger.ts';
import { causeOf } from './causes.ts';
import type { ConditionFacts, ExplainFacts, Standing, SubscriptionFacts } from './facts.ts';

const at = Date.UTC(2026, 10, 28, 12);
const matched = { status: 'matched', oncePer: { kind: 'none' } } as const;

const fine: ExplainFacts = {
  application: { namespace: 'argocd', name: 'shop', project: 'web' },
  isRead: true,
  watch: { isWatched: true, namespaces: ['argocd'], selector: '', isSelected: true, forbidden: [] },
  project: 'found',
  store: { state: 'open', leader: { host: 'herald-0', term: 1 }, decided: 'yes' },
  controllers: [],
  configMaps: ['ConfigMap argocd/cm'],
  lookedFor: 'ConfigMap argocd/cm',
  subscriptions: [],
  typos: [],
  problems: [],
  silences: [],
  deliveries: [],
};

function subscription(standing: Standing, more: Partial<ConditionFacts> = {}): SubscriptionFacts {
  const condition = { when: 'a == 1' } as Condition;
  return {
    configNamespace: 'argocd',
    trigger: 'on-x',
    destination: { service: 'slack', recipient: 'ops' },
    from: [],
    conditions: [
      {
        condition,
        result: matched,
        unknown: undefined,
        explained: undefined,
        isStale: false,
        standing,
        ...more,
      },
    ],
  };
}

const none: Standing = { kind: 'none' };
const parked = {
  kind: 'parked',
  id: 'abcdef0123456789',
  at,
  status: 'rejected',
  reason: 'r',
  error: 'e',
} as const;
const sending = { kind: 'sending', id: 'abc', since: at } as const;
const job = { failures: 0, dueAt: at, waited: false };
const unmatched = { result: { status: 'unmatched' } } as const;
const other = { controllers: ['Deployment argocd/x (1 replica)'] };
const typo = { key: 'annotation a', severity: 'warning', what: 'is none', fix: 'Mend it.' } as const;

// The order is that of what counts first: whatever stands higher hides what stands below it.
const situations: [kind: string, facts: Partial<ExplainFacts>][] = [
  ['no such application', { missing: { meant: undefined } }],
  ['namespace not watched', { watch: { ...fine.watch, isWatched: false } }],
  ['label selector', { watch: { ...fine.watch, selector: 'a=b', isSelected: false } }],
  ['not configured', { configMaps: [] }],
  ['watch forbidden', { watch: { ...fine.watch, forbidden: ['watch applications'] } }],
  ['watch forbidden', { watch: { ...fine.watch, trouble: 'applications (403 Forbidden)' } }],
  ['store away', { store: { state: 'away', error: 'no connection' } }],
  ['not leading', { store: { state: 'open', leader: undefined, decided: 'no' } }],
  ['bad token', { subscriptions: [subscription({ ...parked, scope: 'service' })] }],
  ['wrong recipient', { subscriptions: [subscription({ ...parked, scope: 'recipient' })] }],
  ['parked', { subscriptions: [subscription({ ...parked, scope: 'notification' })] }],
  ['retried', { subscriptions: [subscription({ ...sending, job: { ...job, failures: 2 } })] }],
  ['paced', { subscriptions: [subscription({ ...sending, job: { ...job, waited: true } })] }],
  ['being sent', { subscriptions: [subscription({ ...sending, job })] }],
  ['silenced', { subscriptions: [subscription({ kind: 'held', by: { by: 'silence', id: 's' } })] }],
  ['muted', { subscriptions: [subscription({ kind: 'held', by: { by: 'mute', id: 'm' } })] }],
  ['inhibited', { subscriptions: [subscription({ kind: 'held', by: { by: 'inhibit', id: 'i' } })] }],
  ['grouped', { subscriptions: [subscription({ kind: 'grouped', rule: 'groups 1', at })] }],
  ['pending', { subscriptions: [subscription({ kind: 'pending', since: at, firesAt: at })] }],
  ['typo', { typos: [typo] }],
  [
    'unknown trigger',
    {
      subscriptions: [
        { ...subscription(none), conditions: [], trouble: { kind: 'unknown trigger', what: 'w', fix: 'f' } },
      ],
    },
  ],
  ['other controller', { ...other, subscriptions: [subscription(none)] }],
  ['condition failed', { subscriptions: [subscription(none, { result: { status: 'failed', error: 'e' } })] }],
  ['not refreshed', { subscriptions: [subscription(none, { isStale: true })] }],
  ['undecided', { subscriptions: [subscription(none)] }],
  ['told before', { subscriptions: [subscription({ kind: 'told before', oncePer: '1' })] }],
  ['imported', { subscriptions: [subscription({ kind: 'imported', at, oncePer: '' })] }],
  ['told', { subscriptions: [subscription({ kind: 'told', at, oncePer: '' })] }],
  ['condition false', { subscriptions: [subscription(none, unmatched)] }],
  ['project not found', { project: 'missing' }],
  ['unsubscribed', {}],
];

describe('why nothing is sent', () => {
  test.each(situations)('%s', (kind, facts) => {
    const { kind: found, sentence } = causeOf({ ...fine, ...facts });
    expect(found).toBe(kind);
    expect(sentence).toMatch(/^\S.*\S$/);
    expect(sentence.split('\n')).toHaveLength(1);
  });

  test('of several, what has come farthest', () => {
    const all = [unmatched, {}].map((more) => subscription(none, more));
    const held = subscription({ kind: 'held', by: { by: 'silence', id: 's' } });
    expect(causeOf({ ...fine, subscriptions: [...all, held] }).kind).toBe('silenced');
    expect(causeOf({ ...fine, subscriptions: [...all, held, subscription(parked)] }).kind).toBe('parked');
    const away = { state: 'away', error: 'x' } as const;
    expect(causeOf({ ...fine, store: away, subscriptions: [subscription(parked)] }).kind).toBe('store away');
  });

  test('another controller does not explain what Herald itself has told, or what does not match', () => {
    expect(
      causeOf({ ...fine, ...other, subscriptions: [subscription({ kind: 'told', at, oncePer: '' })] }).kind,
    ).toBe('told');
    expect(causeOf({ ...fine, ...other, subscriptions: [subscription(none, unmatched)] }).kind).toBe(
      'condition false',
    );
  });
});
