import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AnnotatedObject, type SubscribableConfig, subscriptionProblems } from './problems.ts';
import { compileDefaultTriggers, createAnnotationCache } from './schema.ts';

const domain = 'notifications.argoproj.io';

function configOf(
  {
    triggers = ['on-a', 'on-b', 'on-sync-status-unknown'],
    services = { slack: 'slack', mail: 'email', teams: 'teams', hook: 'webhook' } as Record<string, string>,
    defaults = '',
    namespace = 'argocd',
  } = {},
  options: Record<string, string> = { general: 'https://x' },
): SubscribableConfig {
  return {
    namespace,
    config: {
      subscriptions: [],
      defaultTriggers: compileDefaultTriggers('defaultTriggers', defaults).triggers ?? [],
      defaultTriggersByService: new Map(),
      annotations: createAnnotationCache(),
      triggers: new Map(triggers.map((name) => [name, {}])),
      services: new Map(
        Object.entries(services).map(([name, type]) => [name, { type, options: { recipientUrls: options } }]),
      ),
    },
  };
}

function problemsOf(
  annotations: Record<string, string>,
  {
    kind = 'Application',
    labels = {},
    configs = [configOf()],
  }: Partial<AnnotatedObject> & {
    configs?: SubscribableConfig[];
  } = {},
) {
  return subscriptionProblems({ kind, annotations, labels }, configs);
}

/** What is said of one annotation, as one text. */
function said(name: string, value = 'general', more: Parameters<typeof problemsOf>[1] = {}): string[] {
  return problemsOf({ [name]: value }, more).map(({ what, fix }) => `${what}. ${fix}`);
}

describe('subscriptionProblems', () => {
  it('has nothing to say of what works', () => {
    expect(
      problemsOf({
        [`${domain}/subscribe.on-a.slack`]: 'general;#random',
        [`${domain}/subscribe.on-a.mail`]: 'a@example.com,b@example.com',
        [`${domain}/subscribe.on-a.teams`]: 'general',
        [`${domain}/subscribe.on-a.hook`]: '',
        [`${domain}/subscriptions`]:
          '- trigger: [on-b]\n  destinations:\n  - service: slack\n    recipients: [x]\n',
        [`notified.${domain}`]: '{}',
        'argocd.argoproj.io/sync-wave': '1',
        'rollouts.argoproj.io/subscribed': 'x',
        'example.com/subscribe.newsletter': 'x',
      }),
    ).toEqual([]);
    expect(
      said('on-a.recipients.argocd-notifications.argoproj.io', 'slack:x', { kind: 'AppProject' }),
    ).toEqual([]);
  });

  it.each([
    ['subscribe.on-sync-status-unknown', /names the trigger .* and no service.*hook, mail, slack, teams/],
    ['subscribe.on-x.slack', /trigger "on-x" is not configured.*trigger\.on-x/],
    ['subscribe.on-sync-status-unknwon.slack', /Did you mean "on-sync-status-unknown"/],
    ['subscribe.on-a.slak', /service "slak" is not configured.*Did you mean "slack"/],
    ['subscribe.slack.on-a', /wrong order.*subscribe\.on-a\.slack/],
    ['subscribe.on-a.', /names no service/],
    ['subscribe.slack', /no trigger is named/],
    [
      'subscibe.on-a.slack',
      /unknown and ignored.*Did you mean notifications\.argoproj\.io\/subscribe\.on-a\.slack/,
    ],
    ['Subscribe.on-a.slack', /Did you mean notifications\.argoproj\.io\/subscribe\.on-a\.slack/],
    ['subscribe_yaml', /Did you mean notifications\.argoproj\.io\/subscriptions/],
    ['subscription', /Did you mean notifications\.argoproj\.io\/subscriptions/],
    ['subscribe', /Did you mean notifications\.argoproj\.io\/subscribe\.<trigger>\.<service>/],
  ])('says what is wrong in %s', (local, expected) => {
    const all = said(`${domain}/${local}`);
    expect(all).toHaveLength(1);
    expect(all[0]).toMatch(expected);
  });

  it.each([
    'notification.argoproj.io/subscribe.on-a.slack',
    'notifications.argoproj.com/subscribe.on-a.slack',
    'notificatons.argoproj.io/subscribe.on-a.slack',
    'notifications.argocd.io/subscribe.on-a.slack',
    'argocd.argoproj.io/subscribe.on-a.slack',
    'argocd-notifications.argoproj.io/subscribe.on-a.slack',
    'notifications.argoproj.io.subscribe.on-a.slack',
    'subscribe.on-a.slack',
    'notification.argoproj.io/subscibe.on-a.slack',
  ])('knows %s for a misspelt subscription', (name) => {
    expect(said(name)).toEqual([
      `the annotation looks like a subscription, but is none and is ignored. Did you mean ${domain}/subscribe.on-a.slack?`,
    ]);
  });

  it.each([
    ['mail', 'general', /"general" is no e-mail address/],
    ['slack', '', /service slack needs a recipient/],
    ['slack', ' ; ', /no recipient/],
    ['slack', 'a,b', /holds a comma.*";"/],
    ['slack', 'slack:general', /begins with the name of the service.*Write "general"/],
    ['slack', 'one two', /white space/],
    ['teams', 'genral', /recipient "genral" is not in recipientUrls.*Did you mean "general"/],
  ])('says which recipient %s cannot have: %j', (service, recipient, expected) => {
    const all = said(`${domain}/subscribe.on-a.${service}`, recipient);
    expect(all).toHaveLength(1);
    expect(all[0]).toMatch(expected);
  });

  it('finds the place in the annotation of the form in YAML', () => {
    const value =
      '- trigger: [on-x]\n  destinations:\n  - service: slack\n    recipients: [y]\n  - service: slak\n    recipients: [y]\n';
    expect(problemsOf({ [`${domain}/subscriptions`]: value })).toMatchObject([
      { key: `annotation ${domain}/subscriptions`, line: 1, what: 'trigger "on-x" is not configured' },
      { line: 5, what: 'service "slak" is not configured' },
    ]);
    expect(said(`${domain}/subscriptions`, '- trigger: [on-b\n')[0]).toMatch(/YAML cannot be read/);
    expect(
      said(
        `${domain}/subscriptions`,
        '- triggers: [on-a]\n  destinations: [{service: slack, recipients: [x]}]\n',
      )[0],
    ).toMatch(/unknown field "triggers".*Write trigger:/);
  });

  it('tells the old form on an Application, and the old form misspelt', () => {
    expect(said('on-a.recipients.argocd-notifications.argoproj.io', 'slack:x')[0]).toMatch(
      /read on AppProjects only/,
    );
    expect(
      said('on-a.recipients.argocd-notification.argoproj.io', 'slack:x', { kind: 'AppProject' })[0],
    ).toMatch(/on-a\.recipients\.argocd-notifications\.argoproj\.io/);
  });

  it('tells labels from annotations', () => {
    expect(problemsOf({}, { labels: { [`${domain}/subscribe.on-a.slack`]: 'x' } })).toMatchObject([
      { key: `label ${domain}/subscribe.on-a.slack`, what: expect.stringContaining('label') },
    ]);
  });

  it('takes for right what one of two configurations can serve, and says when each has only a half', () => {
    const own = configOf({ namespace: 'team', triggers: ['on-own'], services: { own: 'slack' } });
    const configs = [own, configOf()];
    expect(said(`${domain}/subscribe.on-own.own`, 'x', { configs })).toEqual([]);
    expect(said(`${domain}/subscribe.on-a.slack`, 'x', { configs })).toEqual([]);
    expect(said(`${domain}/subscribe.on-a.own`, 'x', { configs })).toEqual([
      'trigger "on-a" and service "own" are configured in different namespaces. Add trigger.on-a to the ConfigMap in team, where the service is.',
    ]);
    const withDefaults = [own, configOf({ defaults: '[on-a]' })];
    expect(said(`${domain}/subscribe.slack`, 'x', { configs: withDefaults })).toEqual([]);
  });

  it('says nothing without a configuration, and of many problems twenty and how many more there are', () => {
    expect(said(`${domain}/subscribe.on-x.slack`, 'x', { configs: [] })).toEqual([]);
    const many = Object.fromEntries(
      Array.from({ length: 100 }, (_, n) => [`${domain}/subscribe.on-${n}.slack`, 'x']),
    );
    const problems = problemsOf(many);
    expect(problems).toHaveLength(21);
    expect(problems.at(-1)?.what).toContain('80 more');
  });

  it('never throws, whatever the annotations are', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('__proto__', 'constructor', 'toString'),
      fc
        .tuple(
          fc.constantFrom(domain, 'notification.argoproj.io', 'x'),
          fc.constantFrom('subscribe.', 'subscibe.', 'subscriptions'),
          fc.constantFrom('on-a.', 'constructor.', ''),
          fc.constantFrom('slack', 'toString', '__proto__'),
        )
        .map(([a, b, c, d]) => `${a}/${b}${c}${d}`),
    );
    fc.assert(
      fc.property(fc.dictionary(text, fc.oneof(text, fc.json())), (annotations) => {
        for (const kind of ['Application', 'AppProject'] as const) {
          for (const problem of problemsOf(annotations, { kind })) expect(problem.what).not.toBe('');
        }
      }),
    );
  });
});

it('says that an object asks for more than is told', () => {
  const recipients = (count: number) => Array.from({ length: count }, (_, i) => `r${i}`).join(';');
  expect(said(`${domain}/subscribe.on-a.slack`, recipients(1_000))).toEqual([]);
  expect(said(`${domain}/subscribe.on-a.slack`, recipients(1_001))).toEqual([
    'there are more than 1000 subscriptions (a trigger and a destination each), and those beyond are left out. ' +
      'Subscribe a channel in place of its members, and name the triggers that are wanted.',
  ]);
});

describe('what the annotations of one object hold beyond a bound', () => {
  const yaml = (count: number) =>
    `- trigger: [on-a]\n  destinations:\n${'  - {service: slack, recipients: [a]}\n'.repeat(count)}`;

  it('is not read where it is YAML of more than 32 KiB together, and the rest is', () => {
    const annotations = {
      [`${domain}/subscriptions`]: yaml(500),
      [`${domain}/subscriptions-2`]: yaml(500),
      [`${domain}/subscribe.on-a.slack`]: 'x',
    };
    expect(problemsOf(annotations)).toMatchObject([
      {
        key: `annotation ${domain}/subscriptions-2`,
        severity: 'error',
        what: 'the annotations in YAML are longer than 32 KiB together, and this one is not read',
      },
    ]);
  });

  it('is left out where it asks for more than 1,000 triggers and destinations', () => {
    const triggers = Array.from({ length: 1_500 }, () => 'on-a').join(',');
    const value = `- trigger: [${triggers}]\n  destinations: [{service: slack, recipients: [a]}]`;
    expect(problemsOf({ [`${domain}/subscriptions`]: value })).toMatchObject([
      { severity: 'error', what: expect.stringContaining('more than 1000 triggers and destinations') },
    ]);
  });

  it('is not looked at where it repeats itself, which no configuration can make long', () => {
    const recipients = Array.from({ length: 20_001 }, () => 'a').join(';');
    expect(said(`${domain}/subscribe.on-a.slack`, recipients.slice(2))).toEqual([]);
    expect(said(`${domain}/subscribe.on-a.slack`, recipients).join()).toContain(
      'the subscriptions repeat each other: more than 20000 pairs',
    );
  });
});

describe('triggers about ApplicationSets', () => {
  const [of] = [configOf({ triggers: ['on-app'], defaults: '[on-app]' })];
  const config = {
    ...of.config,
    triggers: new Map<string, { kind?: 'ApplicationSet' }>([
      ['on-app', {}],
      ['on-set', { kind: 'ApplicationSet' }],
    ]),
  };
  const configs = [{ ...of, config }];
  const onSet = { kind: 'ApplicationSet', configs } as const;

  it('are what annotations of ApplicationSets may name, those of AppProjects both', () => {
    expect(said(`${domain}/subscribe.on-set.slack`, 'general', onSet)).toEqual([]);
    for (const trigger of ['on-set', 'on-app'])
      expect(
        said(`${domain}/subscribe.${trigger}.slack`, 'general', { kind: 'AppProject', configs }),
      ).toEqual([]);
  });

  it('are told from those about Applications, with where the annotation belongs', () => {
    expect(said(`${domain}/subscribe.on-app.slack`, 'general', onSet)).toEqual([
      'trigger "on-app" is evaluated for Applications, and this is an ApplicationSet: nothing is told. Name one of on-set; its Applications get annotations from spec.template.metadata.annotations.',
    ]);
    expect(said(`${domain}/subscribe.on-set.slack`, 'general', { configs })).toEqual([
      'trigger "on-set" is evaluated for ApplicationSets, and this is an Application: nothing is told. Write the annotation on the ApplicationSet itself, in its metadata.annotations.',
    ]);
    expect(said(`${domain}/subscribe.slack`, 'general', onSet)).toEqual([
      'no trigger is named, and of the default triggers none is evaluated for ApplicationSets. Name one of on-set; its Applications get annotations from spec.template.metadata.annotations.',
    ]);
    expect(said(`${domain}/subscribe.slack`, 'general', { configs })).toEqual([]);
  });

  it('misspelt ones are told of as ever', () => {
    expect(said(`${domain}/subscribe.on-sett.slack`, 'general', onSet)).toEqual([
      expect.stringContaining('trigger "on-sett" is not configured'),
    ]);
  });
});
