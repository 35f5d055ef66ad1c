import { describe, expect, test } from 'vitest';
import type { Json } from '../model.ts';
import { compileTrigger, conditionVars } from './schema.ts';
import type { Trigger } from './trigger.ts';

const NOW = Date.UTC(2026, 10, 22, 12);
const varsOf = (app: { [key: string]: Json }) => conditionVars({ app, context: { env: 'prod' }, now: NOW });

function compiled(text: string): Trigger {
  const { trigger, problems } = compileTrigger('t', text);
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  return trigger as Trigger;
}

const evaluate = (text: string, app: { [key: string]: Json }) =>
  compiled(text).conditions.map((condition) => condition.evaluate(varsOf(app)));

describe('a key', () => {
  test('with all fields', () => {
    const { conditions } = compiled(
      '- description: d\n  when: app.x == 1\n  oncePer: app.y\n  send: [a, b]\n  severity: critical\n- when: "true"\n  send: [c]\n',
    );
    expect(conditions).toMatchObject([
      {
        index: 0,
        when: 'app.x == 1',
        oncePer: 'app.y',
        send: ['a', 'b'],
        description: 'd',
        severity: 'critical',
      },
      { index: 1, when: 'true', send: ['c'], severity: 'none' },
    ]);
    expect(conditions[1]).not.toHaveProperty('oncePer');
  });

  /** Conformance `state.json`, key-001. */
  test('identifies its conditions by the text of when, wherever they stand', () => {
    const when = "app.status.operationState.phase in ['Succeeded']";
    const { conditions } = compiled(
      `- when: 'false'\n  send: [x]\n- when: ${when}\n  send: [x]\n- when: ${when}\n  send: [y]\n`,
    );
    expect(conditions.map(({ id }) => id).slice(1)).toEqual([
      'zxM90Et6k4Elb1-fHdjtDJq0xR0',
      'zxM90Et6k4Elb1-fHdjtDJq0xR0#2',
    ]);
  });

  test('knows which conditions depend on the clock', () => {
    const whens = [
      'time.Now().Hour() > 1',
      'now() > date("2026-01-01")',
      'time.Parse(app.t) == nil',
      '$env.app == nil',
      'time["Now"] != nil',
    ];
    const { conditions } = compiled(
      whens.map((when) => `- when: ${JSON.stringify(when)}\n  send: [x]\n`).join(''),
    );
    expect(conditions.map(({ timeDependent }) => timeDependent)).toEqual([true, true, false, true, true]);
  });

  test('may be empty, which is a warning', () => {
    expect(compileTrigger('t', '')).toMatchObject({
      trigger: { conditions: [] },
      problems: [{ severity: 'warning' }],
    });
  });

  /** Conformance `config.json`, triggers-006. */
  test('without when never matches', () => {
    const { trigger, problems } = compileTrigger('t', '- send: [x]\n');
    expect(trigger?.conditions[0]?.evaluate(varsOf({}))).toEqual({ status: 'unmatched' });
    expect(problems).toMatchObject([
      { severity: 'warning', what: expect.stringContaining('never matches') as string },
    ]);
  });
});

describe('problems', () => {
  test.each([
    ['a plain scalar', '- when: app.x ==\n  send: [t]\n', 1, 17],
    ['a quoted one', '- when: "app.x == \\"a\\" )"\n  send: [t]\n', 1, 25],
    ['a block', '- when: |\n    app.x == 1 and\n    app.y in [\n  send: [t]\n', 3, 14],
    ['oncePer', '- when: app.x == 1\n  oncePer: 10m\n  send: [t]\n', 2, 12],
    ['a type mismatch', "- when: app.x and 1 == 'a'\n  send: [t]\n", 1, 21],
  ])('%s: the place in the value of the key', (_, text, line, column) => {
    const { trigger, problems } = compileTrigger('on-x', text);
    expect(trigger).toBeUndefined();
    expect(problems).toMatchObject([{ key: 'trigger.on-x', severity: 'error', line, column }]);
  });

  test('more conditions than anybody has in one key', () => {
    const conditions = (count: number) => compileTrigger('t', '- {when: a, send: [b]}\n'.repeat(count));
    expect(conditions(2_000)).toMatchObject({ trigger: { name: 't' }, problems: [] });
    expect(conditions(2_001)).toMatchObject({
      problems: [{ line: 2_001, what: 'the trigger has more than 2000 conditions, and is not read' }],
    });
  });

  test('one bad condition disables the key', () => {
    const { trigger, problems } = compileTrigger(
      't',
      "- when: 'true'\n  send: [a]\n- when: ')'\n  send: [b]\n",
    );
    expect(trigger).toBeUndefined();
    expect(problems.length).toBe(1);
  });

  test('an unknown field is a warning with a suggestion', () => {
    const { trigger, problems } = compileTrigger('t', "- when: 'true'\n  oncePre: app.x\n  send: [a]\n");
    expect(trigger).toBeDefined();
    expect(problems).toMatchObject([
      { severity: 'warning', line: 2, fix: expect.stringContaining('"oncePer"') as string },
    ]);
  });

  test.each([
    ['a mapping for the list', 'when: app.x\nsend: [t]\n'],
    ['a string for send', "- when: 'true'\n  send: t\n"],
    ['a text for safe', "- when: 'true'\n  send: [t]\n  safe: maybe\n"],
    ['a list for when', '- when: [a]\n  send: [t]\n'],
    ['no YAML', '- bad: [\n'],
  ])('%s is an error', (_, text) => {
    const { trigger, problems } = compileTrigger('t', text);
    expect(trigger).toBeUndefined();
    expect(problems.some(({ severity, line }) => severity === 'error' && line !== undefined)).toBe(true);
  });
});

describe('the three results', () => {
  test.each<[string, { [key: string]: Json }, string]>([
    ['app.x == 1', { x: 1 }, 'matched'],
    ['app.x == 1', { x: 2 }, 'unmatched'],
    ['app.x', { x: 'true' }, 'unmatched'],
    ['app.x', {}, 'unmatched'],
    ['app.x.y == 1', {}, 'failed'],
    ['!app.x', {}, 'failed'],
  ])('%s of %j is %s', (when, app, status) => {
    expect(evaluate(`- when: ${JSON.stringify(when)}\n  send: [t]\n`, app)).toMatchObject([{ status }]);
  });

  test('a failure names what was nil, and the column', () => {
    const [result] = evaluate("- when: app.status.operationState.phase in ['Error']\n  send: [t]\n", {
      status: {},
    });
    expect(result).toEqual({
      status: 'failed',
      error: 'app.status.operationState is nil: it has no phase (column 27)',
    });
  });

  test('safe: members of nil are nil', () => {
    const text =
      "- when: app.status.operationState.phase in ['Error'] or app.list[0].x == nil\n  send: [t]\n  safe: true\n";
    expect(evaluate(text, {})).toMatchObject([{ status: 'matched' }]);
    expect(evaluate('- when: time.Parse(app.a.b) == nil\n  safe: true\n  send: [t]\n', {})).toMatchObject([
      { status: 'failed' },
    ]);
  });
});

describe('oncePer', () => {
  test.each<[string, Json, unknown]>([
    ['app.x', 'r1', { kind: 'value', printed: 'r1' }],
    ['app.x', ['a', 1, 1.5, null], { kind: 'value', printed: '[a 1 1.5 <nil>]' }],
    ['app.x', { b: 1, a: 'x' }, { kind: 'value', printed: 'map[a:x b:1]' }],
    ['app.x', 0, { kind: 'value', printed: '0' }],
    ['app.x', '', { kind: 'none' }],
    ['app.x', null, { kind: 'nil' }],
    ['app.nope', 1, { kind: 'nil' }],
    ['app.nope.deep', 1, { kind: 'none', error: 'app.nope is nil: it has no deep (column 10)' }],
    [
      'repeat(repeat("a", 1001), 2000) + app.x',
      'r1',
      { kind: 'none', error: expect.stringContaining('budget') },
    ],
  ])('%s of %j', (oncePer, x, expected) => {
    const text = `- when: 'true'\n  oncePer: ${oncePer}\n  send: [t]\n`;
    expect(evaluate(text, { x })).toEqual([{ status: 'matched', oncePer: expected }]);
  });
});

describe('oncePer of an Application with several sources', () => {
  const sync = { revisions: ['a', 'b'] };
  const finished = {
    phase: 'Succeeded',
    finishedAt: 't1',
    syncResult: { revision: '', revisions: ['x', 'y'] },
  };
  const nothing = { kind: 'none' };
  test.each<[string, Json, string | undefined, object]>([
    ['app.status.sync.revision', finished, '[a b]', { kind: 'nil' }],
    ['app.status?.sync?.revision', finished, '[a b]', { kind: 'nil' }],
    ['app["status"]["sync"]["revision"]', finished, '[a b]', { kind: 'nil' }],
    ['let s = app.status; s.sync.revision', finished, '[a b]', { kind: 'nil' }],
    ['app.status.operationState.syncResult.revision', finished, '[x y]', nothing],
    ['app.status.operationState?.syncResult?.revision', { phase: 'Succeeded' }, '[a b]', { kind: 'nil' }],
    ['app.status.operationState?.syncResult?.revision', { phase: 'Running' }, undefined, { kind: 'nil' }],
    ['app.status.operationState.syncResult.revision', { phase: 'Running' }, undefined, { kind: 'none' }],
    ['app.status.sync.revision + app.metadata.name', finished, '[a b]', { kind: 'none' }],
    [
      'app.status.operationState.syncResult.revision + app.metadata.name',
      finished,
      'shop [x y]',
      { kind: 'value', printed: 'shop' },
    ],
    ['app.metadata.annotations["revision-owner"]', finished, undefined, { kind: 'nil' }],
    ['app.metadata.revisionNote', finished, undefined, { kind: 'nil' }],
    ['app.status.sync.revisions', finished, undefined, { kind: 'value', printed: '[a b]' }],
    ['app.status.sync.revision ?? app.status.sync.revisions', finished, undefined, { printed: '[a b]' }],
  ])('%s', (oncePer, operationState, revised, plain) => {
    const app = { metadata: { name: 'shop', annotations: {} }, status: { sync, operationState } };
    const [result] = evaluate(JSON.stringify([{ when: 'true', oncePer, send: ['t'] }]), app);
    expect(result).toMatchObject(
      revised === undefined
        ? { oncePer: plain }
        : { oncePer: { kind: 'value', printed: revised }, plainOncePer: plain },
    );
    expect(revised === undefined ? result : {}).not.toHaveProperty('plainOncePer');
  });
});

describe('shared in conditions', () => {
  const resource = (images: string[], message: string) => ({ status: 'Synced', message, images });
  const app = {
    metadata: { name: 'shop' },
    status: {
      summary: { images: ['b:1', 'a:2'] },
      operationState: {
        startedAt: '2026-11-22T11:00:00Z',
        finishedAt: '2026-11-22T11:02:00Z',
        operation: { initiatedBy: { username: 'ana' } },
        syncResult: { resources: [resource(['a:2'], 'configured'), resource(['b:1'], 'unchanged')] },
      },
    },
  };
  const running = (images: string[]) => ({ ...app, status: { ...app.status, summary: { images } } });

  test.each<[string, { [key: string]: Json }]>([
    ['shared.changedImages == ["a:2"] and shared.initiator == "ana"', app],
    ['shared.duration > time.Minute and len(shared.failedResources) == 0', app],
    ['shared.settledImages == ["a:2", "b:1"]', app],
    ['shared.settledImages == nil', running(['a:1', 'a:2', 'b:1'])],
    ['shared.settledImages == nil', running(['a:1', 'b:1'])],
    ['shared.settledImages == ["reg:5000/a:2"]', { status: { summary: { images: ['reg:5000/a:2'] } } }],
    ['shared.settledImages == [] and shared.initiator == ""', {}],
  ])('%s', (when, object) => {
    expect(evaluate(JSON.stringify([{ when, send: ['t'] }]), object)).toMatchObject([{ status: 'matched' }]);
  });
});

describe('operationStartedAfter', () => {
  test.each([
    ['operationStartedAfter()', 'takes one value'],
    ['any(app.list, operationStartedAfter(#.x))', 'no variable and no element'],
    ['let v = app.x; operationStartedAfter(v)', 'no variable and no element'],
  ])('%s does not compile', (when, what) => {
    const { problems } = compileTrigger('t', JSON.stringify([{ when, send: ['t'] }]));
    expect(problems).toMatchObject([{ severity: 'error', what: expect.stringContaining(what) as string }]);
  });

  test('has its value noted where the condition stops before it', () => {
    const noted: [string, unknown][] = [];
    const operations = { note: (...args: [string, unknown]) => noted.push(args), startedAfter: () => true };
    const when = 'app.ready and operationStartedAfter(app.metadata.annotations["v"])';
    const { conditions } = compiled(JSON.stringify([{ when, send: ['t'] }]));
    const app = { ready: false, metadata: { annotations: { v: 'v2' } } };
    const vars = conditionVars({ app, context: {}, now: NOW, operations });
    expect(conditions[0]?.evaluate(vars)).toEqual({ status: 'unmatched' });
    expect(noted).toEqual([['app.metadata.annotations.v', 'v2']]);
  });
});

test('conditions see context and secrets as Go maps of one type', () => {
  const secrets = { token: new TextEncoder().encode('s') };
  const vars = conditionVars({ app: {}, context: { env: 'prod' }, secrets, now: NOW });
  const when =
    'context.env == "prod" and context.nope == "" and context.notificationType == "" and secrets.nope == nil and len(secrets.token) == 1';
  const { conditions } = compiled(`- when: ${JSON.stringify(when)}\n  send: [t]\n`);
  expect(conditions[0]?.evaluate(vars)).toMatchObject({ status: 'matched' });
});

test('a oncePer whose value is too long to be a key says so', () => {
  const text = "- {when: 'true', oncePer: '[app.x, app.x, app.x]', send: [t]}";
  expect(evaluate(text, { x: 'y'.repeat(900_000) })).toMatchObject([
    { oncePer: { kind: 'none', error: expect.stringContaining('too large to print') as string } },
  ]);
});

test('changes is there where the caller has a history', () => {
  const { conditions } = compiled("- when: changes(app.x, '10m') > 2\n  send: [t]\n");
  const asked: unknown[] = [];
  const changes = (value: unknown, window: number): number => {
    asked.push(value, window);
    return 3;
  };
  expect(conditions[0]?.timeDependent).toBe(true);
  expect(
    conditions[0]?.evaluate(conditionVars({ app: { x: 'Unknown' }, context: {}, now: NOW, changes })),
  ).toMatchObject({ status: 'matched' });
  expect(asked).toEqual(['Unknown', 600_000]);
  expect(conditions[0]?.evaluate(varsOf({ x: 1 }))).toMatchObject({ status: 'failed' });
});
