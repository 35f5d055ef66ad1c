/** The runner itself; the vectors are run in full by the tests of each file. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Summary } from './report.ts';
import { conformance } from './run.ts';

type Case = Record<string, unknown> & { name: string };
type VectorFile = Record<string, unknown> & { cases: Case[] };

const repository = (name: string): string => join(import.meta.dirname, name);
const read = (name: string): VectorFile => JSON.parse(readFileSync(repository(name), 'utf8')) as VectorFile;

/** A file with the first cases of the repository's. */
function head(name: string, count = 2): VectorFile {
  const file = read(name);
  return { ...file, cases: file.cases.slice(0, count) };
}

function folder(files: Record<string, unknown>): string {
  const directory = mkdtempSync(join(tmpdir(), 'conformance-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(directory, name, '..'), { recursive: true });
    writeFileSync(join(directory, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return directory;
}

async function run(...args: string[]) {
  const output = { stdout: '', stderr: '' };
  const code = await conformance(args, {
    stdout: (text) => {
      output.stdout += text;
    },
    stderr: (text) => {
      output.stderr += text;
    },
  });
  const lines = output.stdout.trimEnd().split('\n');
  return { code, lines, ...output, summary: () => JSON.parse(lines.at(-1) ?? '') as Summary };
}

const none = { passed: 0, failed: 0, documented: 0, skipped: 0 };

describe('vectors', () => {
  test('of every file, with the fixtures of the repository where there are none', async () => {
    const { keys, sequences, refresh } = read('state.json') as unknown as Record<string, Case[]>;
    const directory = folder({
      'expr.json': head('expr.json'),
      'templates.json': head('templates.json'),
      'pipeline.json': head('pipeline.json'),
      'subscriptions.json': head('subscriptions.json'),
      'config.json': head('config.json'),
      'state.json': {
        keys: keys?.slice(0, 3),
        sequences: sequences?.slice(0, 2),
        refresh: refresh?.slice(0, 4),
      },
      'unrelated.json': '{',
    });
    const result = await run(directory);
    expect(result.summary()).toEqual({
      passed: 19,
      failed: 0,
      groups: {
        'expr/literals': { ...none, passed: 2 },
        'templates/text-and-fields': { ...none, passed: 2 },
        'pipeline/message': { ...none, passed: 2 },
        'state/keys': { ...none, passed: 3 },
        'state/sequences': { ...none, passed: 2, documented: 1 },
        'state/refresh': { ...none, passed: 4 },
        'subscriptions/annotation-keys': { ...none, passed: 2 },
        'config/services-secrets': { ...none, passed: 2 },
      },
    });
    expect(result.code).toBe(0);
    expect(result.stderr).toBe('');
  });

  test('of groups that nobody has seen, and only of the lists that are there', async () => {
    const { refresh } = read('state.json') as unknown as Record<string, Case[]>;
    const [first] = read('expr.json').cases;
    const cases = [
      { ...first, group: 'new group' },
      { ...first, group: '__proto__' },
    ];
    const { code, summary } = await run(folder({ 'expr.json': { cases }, 'state.json': { refresh } }));
    expect(code).toBe(0);
    expect(summary().groups['expr/new group']).toEqual({ ...none, passed: 1 });
    expect(summary().passed).toBe(2 + (refresh?.length ?? 0));
  });

  test('with the fixtures that lie beside them', async () => {
    const fixtures = { ...read('fixtures.json'), vars: { 'v-own': { answer: 41 } } };
    const cases = [
      {
        name: 'own-1',
        group: 'own',
        expr: 'answer + 1',
        varsRef: 'v-own',
        compileError: false,
        runtimeError: false,
        printed: '42',
      },
    ];
    const { code, lines } = await run(folder({ 'expr.json': { cases }, 'fixtures.json': fixtures }));
    expect(lines.slice(0, -1)).toEqual(['expr/own  1 passed', '1 passed, 0 failed']);
    expect(code).toBe(0);
  });

  test('that change from run to run are neither passed nor failed', async () => {
    const file = head('subscriptions.json', 1);
    const [first] = file.cases;
    const cases = [first, { ...first, name: 'other', nondeterministic: true, result: [] }];
    const { code, lines, summary } = await run(folder({ 'subscriptions.json': { ...file, cases } }));
    expect(summary().groups).toEqual({ 'subscriptions/annotation-keys': { ...none, passed: 1, skipped: 1 } });
    expect(lines.at(-2)).toBe('1 passed, 0 failed');
    expect(code).toBe(0);
  });
});

describe('a failure', () => {
  test.each<[string, Partial<Case>, string]>([
    ['expr.json', { printed: 'x', typed: '"x\ny"' }, 'expr/literals'],
    ['templates.json', { output: 'x' }, 'templates/text-and-fields'],
    ['pipeline.json', { data: { 'template.t': 'message: "{{"' } }, 'pipeline/message'],
    [
      'subscriptions.json',
      { result: [{ trigger: 'a', service: 'b', recipient: 'c' }] },
      'subscriptions/annotation-keys',
    ],
    ['config.json', { expect: { triggers: { x: [] } } }, 'config/services-secrets'],
    ['config.json', { data: null }, 'config/services-secrets'],
  ])('of %s is one line, and exit code 1: %j', async (name, change, group) => {
    const file = head(name);
    const cases = file.cases.map((each, index) => (index === 1 ? { ...each, ...change } : each));
    const { code, lines, summary } = await run(folder({ [name]: { ...file, cases } }));
    expect(code).toBe(1);
    expect(summary()).toEqual({
      passed: 1,
      failed: 1,
      groups: { [group]: { ...none, passed: 1, failed: 1 } },
    });
    expect(lines.filter((line) => line.startsWith('FAIL '))).toEqual([lines[0]]);
    expect(lines[0]).toContain(`FAIL ${group} ${file.cases[1]?.name}: `);
    expect(lines).toHaveLength(4);
  });

  test('of one case stops no other, whatever the case holds', async () => {
    const file = head('expr.json', 1);
    const cases = [{ name: 'broken', group: 'x' }, ...file.cases];
    const { code, summary } = await run(folder({ 'expr.json': { ...file, cases } }));
    expect(code).toBe(1);
    expect(summary()).toMatchObject({ passed: 1, failed: 1 });
  });
});

test('--documented names each difference with its reason', async () => {
  const { sequences = [] } = read('state.json') as unknown as Record<string, Case[]>;
  const chosen = sequences.filter(({ name }) => name === 'truncate-100-plus-1');
  const { code, lines } = await run('--documented', folder({ 'state.json': { sequences: chosen } }));
  expect(code).toBe(0);
  expect(lines[0]).toBe(
    'DIFFERS state/sequences truncate-100-plus-1: a: the history is not cut at 100 entries',
  );
});

describe('a corpus', () => {
  const configMap = (data: Record<string, string>) =>
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'argocd-notifications-cm' },
      data,
    });
  const template =
    'message: "{{.app.metadata.name}} {{.app.spec.n}}"\nslack:\n  attachments: "[{\\"title\\": \\"{{.app.spec.n}}\\"}]"\n';
  const files = {
    'open/001.yaml': configMap({
      'trigger.on-a':
        '- when: app.spec.n == 1.0\n  oncePer: app.spec.n\n  send: [a]\n- when: app.spec.x.y == 1\n',
      'template.a': template,
    }),
    'open/002.yaml': configMap({ 'trigger.bad': '- when: app ==\n', 'template.a': template }),
    'apps/001.json': '{"metadata": {"name": "one"}, "spec": {"n": 1}}',
    'apps/002.json': '{"metadata": {"name": "two"}, "spec": {"n": "\\""}}',
  };
  const rendered = (message: string, attachments: string) => ({
    notification: { message, slack: { attachments } },
  });
  const one = rendered('one 1', '[{"title": "1"}]');
  const golden = [
    {
      file: '001.yaml',
      triggers: {
        'on-a': {
          'apps/001.json': [{ triggered: true, oncePer: '1' }, { triggered: false }],
          'apps/002.json': [{ triggered: false }, null],
        },
      },
      templates: { a: { 'apps/001.json': one, 'apps/002.json': rendered('two "', '[{"title": """}]') } },
    },
    {
      file: '002.yaml',
      engineRejects: 'trigger: unexpected token EOF',
      triggerErrors: { bad: 'unexpected token EOF' },
      triggers: {},
      templates: { a: { 'apps/001.json': one } },
    },
  ];
  const lines = (goldens: unknown[]) => goldens.map((each) => JSON.stringify(each)).join('\n');

  test('is parsed, evaluated and rendered as the engine does it', async () => {
    const { code, summary } = await run('--corpus', folder({ ...files, 'golden.jsonl': lines(golden) }));
    expect(summary()).toEqual({
      passed: 7,
      failed: 0,
      groups: {
        'corpus/accepted': { ...none, passed: 1 },
        'corpus/conditions': { ...none, passed: 2 },
        'corpus/templates': { ...none, passed: 3, documented: 1 },
        'corpus/rejected': { ...none, passed: 1, documented: 1 },
      },
    });
    expect(code).toBe(0);
  });

  test('fails where a golden result says otherwise', async () => {
    const [first, second] = structuredClone(golden) as [(typeof golden)[0], (typeof golden)[1]];
    Object.assign(first, { engineRejects: 'template: no', templateErrors: { a: 'no' } });
    Object.assign(first.triggers['on-a'] ?? {}, {
      'apps/001.json': [{ triggered: true, oncePer: '1.0' }, { triggered: false }],
    });
    Object.assign(first.templates.a, { 'apps/002.json': { error: 'no' } });
    Object.assign(second.templates.a, { 'apps/001.json': rendered('one 1', '[]') });
    const result = await run(`--corpus=${folder({ ...files, 'golden.jsonl': lines([first, second]) })}`);
    expect(result.lines.filter((line) => line.startsWith('FAIL')).map((line) => line.split(': ')[0])).toEqual(
      [
        'FAIL corpus/rejected 001.yaml',
        'FAIL corpus/conditions 001.yaml on-a apps/001.json',
        'FAIL corpus/templates 001.yaml a apps/002.json',
        'FAIL corpus/templates 002.yaml a apps/001.json',
      ],
    );
    expect(result.code).toBe(1);
  });

  test('whose answers change from run to run is only read', async () => {
    const changing = { ...golden[0], nondeterministic: true };
    const { summary } = await run('--corpus', folder({ ...files, 'golden.jsonl': lines([changing]) }));
    expect(summary()).toMatchObject({ passed: 1, failed: 0 });
    expect(summary().groups['corpus/conditions']).toEqual({ ...none, skipped: 2 });
  });

  test.each<[string, string | undefined, RegExp]>([
    ['no golden results', undefined, /has no golden\.jsonl: give the directory/],
    ['a line that is no JSON', `${JSON.stringify(golden[0])}\n{`, /golden\.jsonl, line 2 is no JSON/],
    ['a line without a file', '{}', /line 1 names no file/],
    ['a file that is not there', '{"file":"009.yaml"}', /009\.yaml of .* is neither in/],
  ])('with %s is wrong use', async (_what, text, message) => {
    const directory = folder({ ...files, ...(text === undefined ? {} : { 'golden.jsonl': text }) });
    const { code, stderr, stdout } = await run('--corpus', directory);
    expect(stderr).toMatch(message);
    expect([code, stdout]).toEqual([2, '']);
  });
});

describe('wrong use is one line that names the mend, and exit code 2', () => {
  test.each<[string, string[], RegExp]>([
    ['nothing', [], /no directory: give one/],
    ['a directory that is not there', ['/nowhere'], /DIR: \/nowhere is no directory: give one that exists/],
    ['a file', [repository('run.ts')], /is no directory/],
    [
      'a directory without vectors',
      [join(import.meta.dirname, '..', 'cli')],
      /holds no vectors: give .*expr\.json/,
    ],
    ['an unknown flag', ['--corpse=x', '.'], /unknown flag --corpse: see --help/],
    ['a short flag', ['-x'], /unknown flag -x/],
    ['--corpus alone', ['--corpus'], /--corpus needs a directory/],
    ['two directories', ['.', '.'], /second directory/],
  ])('%s', async (_what, args, message) => {
    const { code, stderr, stdout } = await run(...args);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^conformance: [^\n]*\n$/);
    expect([code, stdout]).toEqual([2, '']);
  });

  test.each(['{', '[]', '{"cases": 5}', 'null'])('a file of %s', async (content) => {
    const { code, stderr, stdout } = await run(folder({ 'expr.json': content }));
    expect(stderr).toMatch(/^conformance: .*expr\.json [^\n]*\n$/);
    expect([code, stdout]).toEqual([2, '']);
  });
});

test('as a process: help, exit code, last line', () => {
  const process_ = (...args: string[]) =>
    spawnSync(process.execPath, [repository('run.ts'), ...args], { encoding: 'utf8' });
  const help = process_('--help');
  expect(help.stdout).toMatch(/^Usage: npm run conformance -- DIR/);
  expect([help.status, help.stderr]).toEqual([0, '']);

  const file = head('expr.json', 1);
  const failing = process_(folder({ 'expr.json': { cases: [{ ...file.cases[0], printed: 'x' }] } }));
  expect(failing.stdout.trimEnd().split('\n').at(-1)).toMatch(/^\{"passed":0,"failed":1,"groups":\{.*\}\}$/);
  expect(failing.status).toBe(1);
  expect(process_('/nowhere').status).toBe(2);
});
