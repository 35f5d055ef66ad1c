import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { longestKey } from './keys.ts';
import { type Config, type ConfigInput, parseConfig } from './parse-config.ts';
import { createDecodingCompilers } from './testing/compilers.ts';

const secret = { 'slack-token': 'xoxb-1-secret-value' };
const good = {
  'service.slack': 'token: $slack-token\n',
  'trigger.on-deployed': "- when: 'true'\n  send: [deployed]\n",
  'template.deployed': 'message: done\n',
};

function parse(input: Partial<ConfigInput>, compilers = createDecodingCompilers()): Config {
  return parseConfig({ configMap: good, secret, ...input }, compilers);
}

const errorsOf = (config: Config) => config.problems.filter(({ severity }) => severity === 'error');

describe('parseConfig', () => {
  it('puts the Secret into services and reads every kind of key', () => {
    const config = parse({
      configMap: {
        ...good,
        'service.webhook.hook': 'url: https://example.com/$slack-token',
        defaultTriggers: '[on-deployed]',
        'defaultTriggers.hook': '- on-deployed',
        subscriptions: '- recipients: [slack:general]\n  triggers: [on-deployed]\n  selector: env=prod',
        context: 'argocdUrl: https://argocd.example.com\nport: 8080',
        argocd: 'url: https://argocd.example.com\ntoken: $slack-token',
      },
    });
    expect(config.problems).toEqual([]);
    expect(config.services.get('slack')).toMatchObject({
      key: 'service.slack',
      type: 'slack',
      name: 'slack',
      options: { token: 'xoxb-1-secret-value' },
      settings: { token: 'xoxb-1-secret-value', apiURL: 'https://slack.com/api/' },
    });
    expect(config.services.get('hook')?.options).toEqual({ url: 'https://example.com/xoxb-1-secret-value' });
    expect([...config.triggers.keys()]).toEqual(['on-deployed']);
    expect([...config.templates.keys()]).toEqual(['deployed']);
    expect(config.defaultTriggers.map(({ name }) => name)).toEqual(['on-deployed']);
    expect(config.defaultTriggersByService.get('hook')?.map(({ name }) => name)).toEqual(['on-deployed']);
    expect(config.subscriptions).toHaveLength(1);
    expect(config.context).toEqual({ argocdUrl: 'https://argocd.example.com', port: '8080' });
    expect(config.argocd?.token).toBe('xoxb-1-secret-value');
    expect(config.secretKeys).toEqual(['slack-token']);
  });

  it('lets a bad trigger, a bad template and an unknown service disable only themselves', () => {
    const config = parse({
      configMap: {
        ...good,
        'trigger.bad': "- when: 'true'\n  send: not-a-list\n",
        'template.bad': 'message: x\n  slack: [\n',
        'service.slak': 'token: x',
      },
    });
    expect([...config.triggers.keys()]).toEqual(['on-deployed']);
    expect([...config.templates.keys()]).toEqual(['deployed']);
    expect([...config.services.keys()]).toEqual(['slack']);
    expect(config.problems).toMatchObject([
      { key: 'service.slak', severity: 'error', fix: expect.stringContaining('Did you mean "slack"?') },
      { key: 'template.bad', severity: 'error', line: 2 },
      { key: 'trigger.bad', severity: 'error', line: 2, column: 9 },
    ]);
  });

  it('keeps the last good version of a key that turns bad, and says so', () => {
    const first = parse({});
    const bad = {
      ...good,
      'trigger.on-deployed': 'when: x',
      'service.slack': 'token: [x]',
      context: 'a: [b]',
    };
    const second = parse({ configMap: bad, previous: first });
    expect(second.triggers.get('on-deployed')).toBe(first.triggers.get('on-deployed'));
    expect(second.services.get('slack')).toBe(first.services.get('slack'));
    const texts = errorsOf(second).map(({ key, what }) => [
      key,
      what.endsWith('; the previous version stays in force'),
    ]);
    expect(texts).toEqual([
      ['context', false],
      ['service.slack', true],
      ['trigger.on-deployed', true],
    ]);
    const third = parse({ configMap: bad, previous: second });
    expect(third.triggers.get('on-deployed')).toBe(first.triggers.get('on-deployed'));
    expect(errorsOf(third)).toEqual(errorsOf(second));
    const fourth = parse({ previous: third });
    expect(fourth.problems).toEqual([]);
  });

  it('tells of a bounded number of problems a key, the errors first', () => {
    const lines = Array.from(
      { length: 200 },
      (_, n) => `- recipients: [none:${n}]\n  triggers: [on-deployed]\n`,
    );
    const { problems } = parse({
      configMap: { ...good, subscriptions: `${lines.join('')}- recipients: x\n` },
    });
    expect(problems).toHaveLength(51);
    expect(problems.filter(({ severity }) => severity === 'error')).toMatchObject([{ line: 401 }]);
    expect(problems.at(-1)?.what).toBe('151 more problems are not shown');
  });

  it('leaves out a trigger or a template that is too long, and nothing else', () => {
    const long = `message: ${'x'.repeat(longestKey)}`;
    const config = parseConfig({
      configMap: { 'template.long': long, 'template.short': 'message: y', subscriptions: '[]' },
      secret: undefined,
    });
    expect([...config.templates.keys()]).toEqual(['short']);
    expect(config.problems).toMatchObject([
      { key: 'template.long', severity: 'error', what: 'the key is longer than 96 KiB, and is not read' },
    ]);
  });

  it('keeps the last good version of what becomes too long', () => {
    const first = parse({});
    const grown = { ...good, 'template.deployed': `message: ${'x'.repeat(longestKey)}` };
    const second = parse({ configMap: grown, previous: first });
    expect(second.templates.get('deployed')).toBe(first.templates.get('deployed'));
    expect(second.problems).toMatchObject([
      { key: 'template.deployed', what: expect.stringContaining('the previous version stays in force') },
    ]);
    expect(parse({ configMap: good, previous: second }).problems).toEqual([]);
  });

  it('forgets keys that are removed', () => {
    const first = parse({});
    const { 'trigger.on-deployed': _removed, ...rest } = good;
    expect(parse({ configMap: rest, previous: first }).triggers.size).toBe(0);
    expect(parse({ configMap: undefined, previous: first }).services.size).toBe(0);
  });

  it('compiles nothing again that has not changed', () => {
    const compilers = createDecodingCompilers();
    const first = parse({}, compilers);
    compilers.compiled.length = 0;
    const changed = { ...good, 'template.deployed': 'message: changed' };
    const second = parse({ configMap: changed, previous: first }, compilers);
    expect(compilers.compiled).toEqual(['template.deployed']);
    expect(second.services.get('slack')).toBe(first.services.get('slack'));
    expect(second.annotations).toBe(first.annotations);
    const rotated = parse(
      { configMap: changed, secret: { 'slack-token': 'xoxb-2' }, previous: second },
      compilers,
    );
    expect(compilers.compiled).toEqual(['template.deployed']);
    expect(rotated.services.get('slack')?.options).toEqual({ token: 'xoxb-2' });
  });

  it('disables a service whose key of the Secret is missing, and names both', () => {
    const config = parse({
      configMap: { 'service.slack': 'username: x\ntoken: $slack-tokn' },
      secretName: 'my-secret',
    });
    expect(config.services.size).toBe(0);
    expect(config.problems).toMatchObject([
      {
        key: 'service.slack',
        severity: 'error',
        line: 2,
        column: 8,
        what: expect.stringMatching(/\$slack-tokn.*my-secret/),
      },
    ]);
  });

  it('does not stop for references that authenticate nobody, or that are no references', () => {
    const config = parse({
      configMap: {
        'service.slack': 'token: $slack-token\nsigningSecret: $missing\nusername: $missing',
        'service.webhook.hook': 'url: https://example.com/pa$word',
      },
    });
    expect([...config.services.keys()].sort()).toEqual(['hook', 'slack']);
    expect(config.problems.map(({ key, severity, line }) => [key, severity, line])).toEqual([
      ['service.slack', 'warning', 2],
      ['service.slack', 'warning', 3],
      ['service.webhook.hook', 'warning', 1],
    ]);
  });

  it('reads other Secrets as $name:key, after keys of its own', () => {
    const secrets = new Map([['team.a', new Map([['token.slack', Buffer.from('xoxb-9')]])]]);
    const read = (token: string) => parse({ configMap: { 'service.slack': `token: ${token}` }, secrets });
    expect(read('$team.a:token.slack').services.get('slack')?.options).toEqual({ token: 'xoxb-9' });
    expect(read('$slack-token:8080').services.get('slack')?.options).toEqual({
      token: 'xoxb-1-secret-value:8080',
    });
    expect(read('$team.b:token').problems[0]?.fix).toContain('Label Secret team.b');
    expect(read('$team.a:nope').problems[0]?.what).toContain('Secret team.a does not have');
  });

  it('says which keys are needed while the Secret is not known', () => {
    const config = parse({ secret: undefined });
    expect(config.problems).toEqual([]);
    expect(config.secretKeys).toEqual(['slack-token']);
  });

  it('names a mistyped field, also while the Secret is not known', () => {
    const { problems } = parse({ configMap: { 'service.slack': 'tokn: $slack-token' }, secret: undefined });
    expect(problems.map(({ what, fix }) => `${what}: ${fix}`)).toEqual([
      expect.stringContaining('token is missing'),
      expect.stringMatching(/^unknown field "tokn": .*Did you mean "token"\?$/),
    ]);
  });

  it('warns of a line break at the end of a token', () => {
    const config = parse({ secret: { 'slack-token': 'xoxb-1\n' } });
    expect(config.problems[0]).toMatchObject({
      severity: 'warning',
      what: expect.stringContaining('line break'),
    });
  });

  it('shows no value of the Secret in any message', () => {
    const value = fc.stringMatching(/^[a-z0-9:[\]{}#&*!|>' "-]{8,30}$/);
    const text = fc.constantFrom(
      'token: $k',
      '$k: x',
      '$k',
      '[$k]',
      'url: $k',
      'headers: [{$k: $k}]',
      'token: [$k]',
      '$k: {$k: [$k]}',
      'url: "http://$k"',
      'headers: [{name: $k, value: $k}]',
      'disableUnfurl: $k',
      'basicAuth: $k',
    );
    const key = fc.constantFrom(
      'service.slack',
      'service.webhook.a',
      'service.email',
      'service.teams',
      'argocd',
      'service.x',
    );
    fc.assert(
      fc.property(key, text, value, (name, options, hidden) => {
        const config = parse({
          configMap: { [name]: options },
          secret: { k: hidden, 'notifiers.yaml': hidden },
        });
        expect(JSON.stringify(config.problems)).not.toContain(JSON.stringify(hidden).slice(1, -1));
      }),
    );
  });

  it('locates what keys say of each other', () => {
    const config = parse({
      configMap: {
        ...good,
        'service.webhook.hook': 'url: https://example.com',
        'trigger.on-synced': "- when: 'true'\n  send:\n  - deployed\n  - deploid\n",
        defaultTriggers: '- on-deployd',
        subscriptions:
          '- recipients:\n  - webhook:hook\n  - slak:general\n  triggers: [on-sync]\n- recipients: [slack:x]\n',
      },
    });
    expect(
      config.problems.map(({ key, severity, line, what, fix }) => [key, severity, line, what, fix]),
    ).toEqual([
      [
        'defaultTriggers',
        'warning',
        1,
        'the trigger "on-deployd" is not defined',
        expect.stringContaining('Did you mean "on-deployed"?'),
      ],
      [
        'subscriptions',
        'warning',
        2,
        'the service "webhook" is not configured',
        expect.stringContaining('write "hook:"'),
      ],
      [
        'subscriptions',
        'warning',
        3,
        'the service "slak" is not configured',
        expect.stringContaining('Did you mean "slack"?'),
      ],
      [
        'subscriptions',
        'warning',
        4,
        'the trigger "on-sync" is not defined',
        expect.stringContaining('Did you mean "on-synced"?'),
      ],
      [
        'trigger.on-synced',
        'error',
        4,
        'the template "deploid" is not defined, so nothing can be sent',
        expect.stringContaining('Did you mean "deployed"?'),
      ],
    ]);
  });

  it('warns of unknown keys and of two services with one name', () => {
    const config = parse({
      configMap: {
        ...good,
        'triggers.on-x': 'x',
        service: 'x',
        unrelated: 'x',
        'service.webhook.slack': 'url: https://a.b',
      },
    });
    expect(config.problems.map(({ key, fix }) => [key, /Did you mean.*/.exec(fix)?.[0]])).toEqual([
      ['service', 'Did you mean "service.<name>"?'],
      ['service.webhook.slack', undefined],
      ['triggers.on-x', 'Did you mean "trigger.on-x"?'],
      ['unrelated', undefined],
    ]);
    expect(config.services.get('slack')?.type).toBe('slack');
  });

  it.each([
    ['herald.service', 'herald.service.<type>'],
    ['herald.services.console', 'herald.service.console'],
    ['hearld.service.console.own', 'herald.service.console.own'],
    ['herald.console', 'herald.service.console'],
    ['service.consle', 'herald.service.console'],
    ['herald.service.consle', 'console'],
    ['herald.service.slak', 'slack'],
  ])('knows what %s was meant to be', (key, meant) => {
    const { problems } = parse({ configMap: { ...good, [key]: '{}' } });
    expect(problems).toMatchObject([{ key, fix: expect.stringContaining(`Did you mean "${meant}"?`) }]);
  });

  it('reads a type of ours under the old key, and says where it belongs', () => {
    const { problems, services } = parse({ configMap: { ...good, 'service.console.own': '{}' } });
    expect(services.get('own')?.type).toBe('console');
    expect(problems).toMatchObject([
      { severity: 'warning', fix: expect.stringContaining('herald.service.console.own') },
    ]);
  });

  it('a subscription to a type of ours that is not configured is told its key', () => {
    const subscriptions = '- recipients: [console]\n  triggers: [on-deployed]\n';
    const { problems } = parse({ configMap: { ...good, subscriptions } });
    expect(problems).toMatchObject([{ fix: expect.stringContaining('Add the key herald.service.console.') }]);
  });

  it('puts config.yaml over the keys, as Argo CD does', () => {
    const config = parse({
      configMap: {
        ...good,
        context: 'a: new\nb: kept',
        'config.yaml': [
          'triggers:',
          '- name: on-deployed',
          '  template: legacy',
          '  enabled: true',
          'templates:',
          '- name: legacy',
          '  subject: s',
          '  body: text',
          'context: {a: legacy}',
          'subscriptions:',
          '- recipients: [slack:x]',
        ].join('\n'),
      },
    });
    expect(config.triggers.get('on-deployed')?.conditions).toMatchObject([
      { when: 'true', send: ['legacy'] },
    ]);
    expect(config.templates.get('legacy')?.message?.source).toBe('text');
    expect(config.defaultTriggers.map(({ name }) => name)).toEqual(['on-deployed']);
    expect(config.context).toEqual({ a: 'legacy', b: 'kept' });
    expect(config.subscriptions[0]?.destinations).toMatchObject([{ service: 'slack', recipient: 'x' }]);
    expect(config.problems).toMatchObject([{ key: 'config.yaml', severity: 'warning' }]);
  });

  it('locates in config.yaml what its entries refer to in vain, wherever they move', () => {
    const text = [
      'triggers:',
      '- {name: t, condition: "true", template: missing}',
      'subscriptions:',
      '- {recipients: [slakc:x], triggers: [t, nobody]}',
    ].join('\n');
    const placesOf = (config: Config) =>
      config.problems
        .filter(({ what }) => /defined|configured/.test(what))
        .map(({ key, line, what }) => [key, line, what]);
    const config = parse({ configMap: { ...good, 'config.yaml': text } });
    expect(placesOf(config)).toEqual([
      ['config.yaml', 2, 'trigger.t: the template "missing" is not defined, so nothing can be sent'],
      ['config.yaml', 3, 'subscriptions: the trigger "nobody" is not defined'],
      ['config.yaml', 3, 'subscriptions: the service "slakc" is not configured'],
    ]);
    const later = parse({ configMap: { ...good, 'config.yaml': `\n\n${text}` }, previous: config });
    expect(placesOf(later).map(([, line]) => line)).toEqual([4, 5, 5]);
  });

  it('names no place in a text that is not in force', () => {
    const configMap = { ...good, defaultTriggers: '- on-deployed\n- nobody\n- noone' };
    const before = parse({ configMap });
    expect(before.problems).toMatchObject([
      { key: 'defaultTriggers', line: 2 },
      { key: 'defaultTriggers', line: 3 },
    ]);
    const after = parse({ configMap: { ...configMap, defaultTriggers: '[' }, previous: before });
    expect(after.problems).toMatchObject([{ key: 'defaultTriggers', line: 1, severity: 'error' }]);
    expect(after.defaultTriggers).toEqual(before.defaultTriggers);
  });

  it('locates errors of config.yaml in it', () => {
    const config = parse({
      configMap: { 'config.yaml': 'triggers:\n- name: x\n  template: [a]\n- name: w\n  condition: z' },
    });
    expect(errorsOf(config)).toMatchObject([{ key: 'config.yaml', line: 3 }]);
    expect([...config.triggers.keys()]).toEqual(['w', 'x']);
  });

  it('reads services of notifiers.yaml in the Secret', () => {
    const config = parse({
      secret: {
        ...secret,
        'notifiers.yaml': 'slack: {token: xoxb-old}\nwebhook:\n- {name: w, url: "https://a.b"}',
      },
    });
    expect(config.services.get('slack')?.options).toEqual({ token: 'xoxb-old' });
    expect(config.services.get('w')).toMatchObject({ type: 'webhook', options: { url: 'https://a.b' } });
    expect(errorsOf(config)).toEqual([]);
  });

  it('survives any value of any key without touching the others', () => {
    const keys = [
      'trigger.x',
      'template.x',
      'service.slack.x',
      'service.email',
      'subscriptions',
      'silences',
      'muteTimes',
      'inhibit',
      'groups',
      'defaultTriggers',
      'defaultTriggers.slack',
      'context',
      'argocd',
      'other',
      'trigger.',
      '__proto__',
      'service.',
    ];
    const yaml = fc.string({
      unit: fc.constantFrom(...'ab:-?[]{}|>&*!\'"#%$\n\t .,0<='.split('')),
      maxLength: 80,
    });
    const value = fc.oneof(yaml, fc.string({ unit: 'binary' }), fc.json(), fc.constant('['.repeat(200)));
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...keys), value), value, (configMap, notifiers) => {
        const config = parse({
          configMap: { ...good, ...configMap },
          secret: { ...secret, 'notifiers.yaml': '', k: notifiers },
        });
        expect([
          config.services.has('slack'),
          config.triggers.has('on-deployed'),
          config.templates.has('deployed'),
        ]).toEqual([true, true, true]);
        for (const { key, line } of errorsOf(config))
          expect(`${key} ${line === undefined || line >= 1}`).toBe(`${key} true`);
        parse({ configMap: { ...good, ...configMap }, previous: config });
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    'service.slack',
    'service.webhook.a',
    'argocd',
    'context',
    'subscriptions',
    'trigger.a',
    'template.a',
  ])('names %s and the line where it nests too deeply', (key) => {
    const config = parse({ configMap: { ...good, [key]: `\n${'- '.repeat(20_000)}` } });
    expect(errorsOf(config).filter((problem) => problem.key === key)).toMatchObject([
      { line: 2, column: 1020, what: expect.stringContaining('nested too deeply') },
    ]);
  });
});
