import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resolveSubscriptions } from './resolve.ts';
import {
  compileDefaultTriggers,
  compileSubscriptions,
  createAnnotationCache,
  type SubscriptionConfig,
} from './schema.ts';

const domain = 'notifications.argoproj.io';

function configOf(
  data: { subscriptions?: string; defaultTriggers?: string; slack?: string } = {},
): SubscriptionConfig {
  const { triggers: ofSlack } = compileDefaultTriggers('defaultTriggers.slack', data.slack ?? '');
  return {
    subscriptions: compileSubscriptions('subscriptions', data.subscriptions ?? '').subscriptions,
    defaultTriggers: compileDefaultTriggers('defaultTriggers', data.defaultTriggers ?? '').triggers ?? [],
    defaultTriggersByService: new Map(data.slack && ofSlack ? [['slack', ofSlack]] : []),
    annotations: createAnnotationCache(),
  };
}

function resolve(
  annotations: Record<string, string>,
  config = configOf(),
  project: Record<string, string> = {},
) {
  const { subscriptions, problems } = resolveSubscriptions(
    { annotations, labels: { env: 'prod' } },
    project,
    config,
  );
  return {
    subscriptions: subscriptions.map(
      ({ trigger, destination: { service, recipient } }) => `${trigger} ${service}:${recipient}`,
    ),
    problems,
  };
}

describe('resolveSubscriptions', () => {
  it('joins the ConfigMap, the Application and its project without duplicates, in this order', () => {
    const config = configOf({
      subscriptions: '- recipients: [slack:all]\n  triggers: [on-a]\n  selector: env=prod',
    });
    const { subscriptions, problems } = resolve(
      { [`${domain}/subscribe.on-a.slack`]: 'all; mine', [`${domain}/subscribe.on-b.slack`]: 'mine' },
      config,
      {
        [`${domain}/subscribe.on-a.slack`]: 'mine;project',
        'on-c.recipients.argocd-notifications.argoproj.io': 'email:a@b,slack:x',
      },
    );
    expect(subscriptions).toEqual([
      'on-a slack:all',
      'on-a slack:mine',
      'on-b slack:mine',
      'on-a slack:project',
      'on-c email:a@b',
      'on-c slack:x',
    ]);
    expect(problems).toEqual([]);
  });

  it('prefers default triggers of the service, and says when there are none', () => {
    const annotations = { [`${domain}/subscribe.slack`]: 'a', [`${domain}/subscribe.email`]: 'b' };
    expect(
      resolve(annotations, configOf({ defaultTriggers: '[on-d]', slack: '[on-s]' })).subscriptions,
    ).toEqual(['on-s slack:a', 'on-d email:b']);
    const { subscriptions, problems } = resolve(annotations, configOf({ slack: '[on-s]' }));
    expect(subscriptions).toEqual(['on-s slack:a']);
    expect(problems).toMatchObject([
      { key: `annotation ${domain}/subscribe.email`, fix: expect.stringContaining('defaultTriggers.email') },
    ]);
  });

  it('keeps what follows a second colon', () => {
    const config = configOf({
      subscriptions: '- recipients: ["hook:https://a.b:8080/c"]\n  triggers: [on-a]',
    });
    expect(resolve({}, config).subscriptions).toEqual(['on-a hook:https://a.b:8080/c']);
  });

  it('lets a bad annotation disable only itself, and names its place', () => {
    const { subscriptions, problems } = resolve({
      [`${domain}/subscriptions`]:
        '- trigger: [on-a]\n  destinations:\n  - service: slack\n    recipients: [x]\n  - recipients: [y]\n',
      [`${domain}/subscriptions.bad`]: '- trigger: [on-b\n',
      [`${domain}/subscribe.on-c.`]: 'z',
      [`${domain}/subscribe.on-d.slack`]: 'ok',
    });
    expect(subscriptions).toEqual(['on-a slack:x', 'on-d slack:ok']);
    expect(problems).toMatchObject([
      {
        key: `annotation ${domain}/subscriptions`,
        severity: 'error',
        line: 5,
        what: 'a destination names no service',
      },
      { key: `annotation ${domain}/subscriptions.bad`, severity: 'error', line: 1 },
      { key: `annotation ${domain}/subscribe.on-c.`, severity: 'error' },
    ]);
  });

  it('warns of what looks like a subscription and is none', () => {
    const { subscriptions, problems } = resolve({
      [`${domain}/subscribed.on-a.slack`]: 'x',
      [`${domain}/subscribe.on.a.slack`]: 'x',
      [`${domain}/subscriptions`]: '- triggers: [on-a]\n  destinations: []\n',
      'on-a.recipients.argocd-notifications.argoproj.io': 'slack:x',
      'notified.notifications.argoproj.io': '{}',
      'kubectl.kubernetes.io/last-applied-configuration': '{}',
    });
    expect(subscriptions).toEqual(['on a:x']);
    expect(problems.map(({ what }) => what)).toEqual([
      'the annotation is unknown and ignored',
      'trigger "on" and service "a" are read, the rest of the name is ignored',
      'unknown field "triggers", which is ignored: the default triggers apply',
      'this old form is read on AppProjects only, as in argocd-notifications',
    ]);
  });

  it('remembers annotations only while they fit', () => {
    const cache = createAnnotationCache(1000);
    const text = (n: number) => `- trigger: [on-${n}]\n  destinations: [{service: slack, recipients: [x]}]\n`;
    const first = cache.parse('yaml', `${domain}/subscriptions`, text(0));
    expect(cache.parse('yaml', `${domain}/subscriptions`, text(0))).toBe(first);
    for (let n = 1; n < 100; n++) cache.parse('yaml', `${domain}/subscriptions`, text(n));
    const again = cache.parse('yaml', `${domain}/subscriptions`, text(0));
    expect(again).not.toBe(first);
    expect(again).toEqual(first);
  });

  it('never throws, and one annotation never touches another', () => {
    const name = fc
      .constantFrom(
        'subscribe.',
        'subscribe.on-x',
        'subscribe.a.b.c',
        'subscriptions',
        'subscriptions-2',
        'x',
        '',
      )
      .map((local) => `${domain}/${local}`);
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom(...'ab:-?[]{}|>&*\'"#\n ,;.'.split('')) }),
      fc.json(),
    );
    fc.assert(
      fc.property(fc.dictionary(name, value), (annotations) => {
        const config = configOf({ defaultTriggers: '[on-d]' });
        const { subscriptions } = resolve(
          { ...annotations, [`${domain}/subscribe.good.slack`]: 'x' },
          config,
        );
        expect(subscriptions).toContain('good slack:x');
        expect(new Set(subscriptions).size).toBe(subscriptions.length);
        expect(subscriptions.every((subscription) => !/^\S* :/.test(subscription))).toBe(true);
      }),
    );
  });
});

describe('compileSubscriptions', () => {
  it('leaves out bad entries and locates what is wrong in them', () => {
    const { subscriptions, problems } = compileSubscriptions(
      'subscriptions',
      '- recipients: [slack:a]\n- recipients: [slack:b]\n  selector: env = (x\n- recipients: slack:c\n- recipients: [1]\n- trigger: [x]\n',
    );
    expect(subscriptions.map(({ destinations }) => destinations.map(({ recipient }) => recipient))).toEqual([
      ['a'],
      [],
    ]);
    expect(problems.map(({ severity, line, column, what }) => [severity, line, column, what])).toEqual([
      ['error', 3, 19, 'selector "env = (x": found "(", expected a value'],
      ['error', 4, 15, 'recipients must be a list, not a string'],
      ['error', 5, 16, 'the value must be a string, not a number'],
      ['warning', 6, 3, 'unknown field "trigger", which is ignored'],
      ['warning', 6, 3, 'the subscription has no recipients'],
    ]);
  });
});
