import { describe, expect, test } from 'vitest';
import { parseCommandLine } from './command-line.ts';
import { runCommand } from './run-command.ts';
import { type FakeWorld, fakeIo } from './testing/fake-io.ts';

const configMap = `apiVersion: v1
kind: ConfigMap
metadata:
  name: argocd-notifications-cm
data:
  context: |
    argocdUrl: https://argocd.example
  service.slack: |
    token: $slack-token
  trigger.on-sync-failed: |
    - description: Sync failed
      when: app.status.operationState.phase in ['Error', 'Failed']
      oncePer: app.status.sync.revision
      send: [app-sync-failed]
    - when: app.status.health.status == 'Degraded'
      send: [simple]
  template.app-sync-failed: |
    message: "{{.app.metadata.name}} failed"
    slack:
      attachments: |
        [{"title": "{{.app.metadata.name}}", "text": "{{.app.status.operationState.message}}"}]
  template.simple: |
    message: "{{app.metadata.name}} {{#app.status.health}}is {{status}}{{/app.status.health}}"
  template.fails: |
    message: |
      first line
      {{ .app.metadata.name | fail }}
`;

const application = `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: shop, namespace: argocd}
spec: {project: default}
status:
  health: {status: Degraded}
  sync: {revision: abc}
  operationState: {phase: Running, message: 'one "quoted" word'}
`;

const files = { 'cm.yaml': configMap, 'app.yaml': application };

async function herald(line: string, world: FakeWorld = { files }) {
  const parsed = parseCommandLine(line.split(' '), {});
  if ('exit' in parsed || parsed.command === 'run') throw new Error(JSON.stringify(parsed));
  const io = fakeIo(world);
  const code = await runCommand(parsed, io);
  return { code, ...io.output };
}

describe('trigger get', () => {
  test('a table', async () => {
    expect(await herald('trigger get --config-map cm.yaml')).toEqual({
      code: 0,
      stdout: [
        'NAME            TEMPLATE         CONDITION',
        "on-sync-failed  app-sync-failed  app.status.operationState.phase in ['Error', 'Failed']",
        "                simple           app.status.health.status == 'Degraded'",
        '',
      ].join('\n'),
      stderr: '',
    });
  });

  test('names, json and yaml of one', async () => {
    expect((await herald('trigger get -o name --config-map cm.yaml')).stdout).toBe('on-sync-failed\n');
    const json = await herald('trigger get on-sync-failed -o json --config-map cm.yaml');
    expect(JSON.parse(json.stdout)).toEqual({
      'on-sync-failed': [
        {
          oncePer: 'app.status.sync.revision',
          when: "app.status.operationState.phase in ['Error', 'Failed']",
          description: 'Sync failed',
          send: ['app-sync-failed'],
        },
        { when: "app.status.health.status == 'Degraded'", send: ['simple'] },
      ],
    });
    const yaml = await herald('trigger get on-sync-failed -o yaml --config-map cm.yaml');
    expect(yaml.stdout).toContain('on-sync-failed:\n  - oncePer: app.status.sync.revision\n');
  });

  test('a name that is not there, and one that does not compile', async () => {
    expect(await herald('trigger get on-sync-faild --config-map cm.yaml')).toMatchObject({
      code: 1,
      stderr:
        'herald trigger get: there is no trigger "on-sync-faild"; there are: on-sync-failed. Did you mean "on-sync-failed"?\n',
    });
    const broken = { 'cm.yaml': configMap.replace("== 'Degraded'", '== ') };
    const result = await herald('trigger get on-sync-failed --config-map cm.yaml', { files: broken });
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toMatch(/^trigger\.on-sync-failed, line 5, column \d+: when: /);
    expect(result.stderr).toContain('herald trigger get: trigger on-sync-failed is not usable\n');
  });
});

describe('trigger run', () => {
  test('each condition, and what it means', async () => {
    const { code, stdout } = await herald('trigger run on-sync-failed app.yaml --config-map cm.yaml');
    expect(code).toBe(0);
    expect(stdout).toContain("app.status.operationState.phase in ['Error', 'Failed']  false\n");
    expect(stdout).toContain("app.status.health.status == 'Degraded'                  true\n");
    expect(stdout).toContain("\napp.status.health.status == 'Degraded'\n  sends simple\n");
  });

  test('the value of each part of a condition that does not match', async () => {
    const when =
      "app.status.sync.status == 'Synced' and app.status.health.status in ['Degraded'] or app.missing";
    const odd = { ...files, 'cm.yaml': configMap.replace("app.status.health.status == 'Degraded'", when) };
    const { stdout } = await herald('trigger run on-sync-failed app.yaml --config-map cm.yaml', {
      files: odd,
    });
    const shown = stdout.slice(stdout.lastIndexOf(when)).split('\n').slice(1, -1);
    expect(shown.map((line) => line.split(/\s{2,}/).slice(1))).toEqual([
      ['does not match: it is <nil>, and only true matches'],
      ['(app.status.sync.status == "Synced") and (app.status.health.status in ["Degraded"])', 'false'],
      ['app.status.sync.status == "Synced"', 'false'],
      ['app.status.sync.status', '<nil>'],
      ['app.status.health.status in ["Degraded"]', 'true'],
      ['app.status.health.status', 'Degraded'],
      ['app.missing', '<nil>'],
    ]);
  });

  test('safe access counts where the ConfigMap asks for it', async () => {
    const when = "app.nothing.status == 'x'";
    const safe = configMap.replace(
      "- when: app.status.health.status == 'Degraded'",
      `- safe: true\n      when: ${when}`,
    );
    const line = 'trigger run on-sync-failed app.yaml -o json --config-map cm.yaml';
    const { stdout } = await herald(line, { files: { ...files, 'cm.yaml': safe } });
    expect((JSON.parse(stdout) as unknown[])[1]).toMatchObject({
      result: 'unmatched',
      parts: [{ text: 'app.nothing.status', value: '<nil>' }],
    });
  });

  test('a condition that fails is no answer', async () => {
    const odd = {
      ...files,
      'cm.yaml': configMap.replace('app.status.health.status', 'app.status.nothing.status'),
    };
    const { code, stdout } = await herald('trigger run on-sync-failed app.yaml --config-map cm.yaml', {
      files: odd,
    });
    expect(code).toBe(1);
    expect(stdout).toContain("app.status.nothing.status == 'Degraded'                 failed\n");
    expect(stdout).toContain('  failed, which neither sends nor re-arms: ');
  });

  describe('oncePer', () => {
    const run = (oncePer: string, app = application, flags = '') => {
      const cm = configMap.replace(
        "- when: app.status.health.status == 'Degraded'",
        `- when: app.status.health.status == 'Degraded'\n      oncePer: ${oncePer}`,
      );
      const world = { files: { 'cm.yaml': cm, 'app.yaml': app } };
      return herald(`trigger run on-sync-failed app.yaml --config-map cm.yaml${flags}`, world);
    };

    test('of an Application with several sources: the list that the bridge takes', async () => {
      const several = application.replace('sync: {revision: abc}', 'sync: {revisions: [a, b]}');
      const { stdout } = await run('app.status.sync.revision', several);
      expect(stdout).toContain('  once per app.status.sync.revision, now "[a b]"\n');
      const json = await run('app.status.sync.revision', several, ' -o json');
      expect(JSON.parse(json.stdout)).toMatchObject([{}, { oncePer: '[a b]' }]);
    });

    test('that fails: why, and at which column of it', async () => {
      const { stdout } = await run('app.metadata.nothing.at');
      expect(stdout).toContain(
        'now without a value (it fails: app.metadata.nothing is nil: it has no at (column 22)), as if there were no oncePer\n',
      );
      const json = await run('app.metadata.nothing.at', application, ' -o json');
      expect(JSON.parse(json.stdout)).toMatchObject([
        {},
        { oncePerError: expect.stringContaining('is nil') as string },
      ]);
    });

    test('that is nil or empty', async () => {
      expect((await run('app.metadata.nothing')).stdout).toContain(
        'now "<nil>": it is nil, which never varies\n',
      );
      expect((await run('\'""\'')).stdout).toContain('now without a value (it is empty)');
    });
  });

  test('columns of parts count from the start of the whole condition', async () => {
    const when = "app.metadata.name == 'shop' and app.status.nope.x == 'a' or app.gone.bar";
    const odd = { ...files, 'cm.yaml': configMap.replace("app.status.health.status == 'Degraded'", when) };
    const { stdout } = await herald('trigger run on-sync-failed app.yaml --config-map cm.yaml', {
      files: odd,
    });
    const columns = [...stdout.matchAll(/\(column (\d+)\)/g)].map(([, column]) => Number(column));
    expect(new Set(columns)).toEqual(new Set([when.indexOf('x ==') + 1, when.indexOf('bar') + 1]));
  });

  test('json', async () => {
    const failed = { ...files, 'app.yaml': application.replace('Running', 'Failed') };
    const line = 'trigger run on-sync-failed app.yaml -o json --config-map cm.yaml';
    expect(JSON.parse((await herald(line, { files: failed })).stdout)).toMatchObject([
      { result: 'matched', oncePer: 'abc', send: ['app-sync-failed'] },
      { result: 'matched', send: ['simple'] },
    ]);
  });
});

describe('alerts with a life', () => {
  const lively = configMap
    .replace(
      '      send: [simple]',
      [
        '      send: [simple]',
        '      for: 90m',
        '      severity: critical',
        '      labels: {team: payments}',
        '      repeat: 1d12h',
        '      resolved: [app-sync-failed]',
      ].join('\n'),
    )
    .concat(
      '  silences: |\n    - {match: {team: payments}, until: 2099-01-01, comment: move}\n    - {match: {team: other}, until: 2099-01-01}\n',
      "  muteTimes: |\n    - {match: {severity: critical, service: slack}, times: [{weekdays: ['monday:sunday']}]}\n",
      '  inhibit: |\n    - {source: {name: other}, target: {severity: critical}}\n',
      '  groups: |\n    - {match: {severity: critical}, groupBy: [project, team]}\n',
    );
  const degraded = application
    .replace('{status: Degraded}', "{status: Degraded, lastTransitionTime: '2026-11-22T10:00:00Z'}")
    .replace(
      'namespace: argocd',
      "namespace: argocd, annotations: {herald.argoproj.io/silence-until: '2099-02-01'}",
    );
  const world = { files: { 'cm.yaml': lively, 'app.yaml': degraded } };

  test('trigger get shows their fields', async () => {
    const { stdout } = await herald('trigger get --config-map cm.yaml', world);
    expect(stdout.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['NAME', 'TEMPLATE', 'ALERT', 'CONDITION'],
      ['on-sync-failed', 'app-sync-failed', "app.status.operationState.phase in ['Error', 'Failed']"],
      [
        '',
        'simple',
        'for 1h30m, severity critical, team payments, repeat 1d12h, resolved app-sync-failed',
        "app.status.health.status == 'Degraded'",
      ],
      [''],
    ]);
    const json = JSON.parse((await herald('trigger get -o json --config-map cm.yaml', world)).stdout);
    expect(json['on-sync-failed'][1]).toEqual({
      when: "app.status.health.status == 'Degraded'",
      send: ['simple'],
      for: '1h30m',
      severity: 'critical',
      labels: { team: 'payments' },
      repeat: '1d12h',
      resolved: ['app-sync-failed'],
    });
  });

  test('trigger run says since when, when it fires, and what holds it back', async () => {
    const line = 'trigger run on-sync-failed app.yaml --config-map cm.yaml';
    const { stdout } = await herald(line, world);
    expect(stdout.split('\n').slice(-10, -1)).toEqual([
      '  sends simple',
      '  has an end: for 1h30m, severity critical, team payments, repeat 1d12h, resolved app-sync-failed',
      '  matches since 2026-11-22T10:00:00Z',
      '  fires at 2026-11-22T11:30:00Z, if it goes on to match',
      '  told in a group: groups 1, by project, team',
      '  held back: annotation of argocd/shop, until 2099-02-01T00:00:00Z',
      '  held back: silences 1 (move), until 2099-01-01T00:00:00Z',
      expect.stringMatching(/^  held back: muteTimes 1, until .*, depending on service and recipient$/),
      '  held back: inhibit 1, while an alert that matches its source fires',
    ]);
    const [, facts] = JSON.parse((await herald(`${line} -o json`, world)).stdout);
    expect(facts).toMatchObject({
      for: '1h30m',
      alert: {
        since: '2026-11-22T10:00:00Z',
        firesAt: '2026-11-22T11:30:00Z',
        group: 'groups 1, by project, team',
      },
    });
    expect(facts.alert.heldBy).toHaveLength(4);
  });

  test('without a life and without rules nothing is added', async () => {
    const { stdout } = await herald('trigger run on-sync-failed app.yaml --config-map cm.yaml -o json');
    expect(JSON.parse(stdout)[1]).not.toHaveProperty('alert');
  });
});

describe('what a command cannot know', () => {
  const withWhen = (when: string, more = '') => ({
    'cm.yaml': configMap.replace("app.status.health.status == 'Degraded'", when) + more,
    'app.yaml': application,
  });

  test.each([
    ["changes(app.status.health.status, '10m') > 3", 'changes asks how often a value has changed'],
    [
      'operationStartedAfter(app.metadata.name)',
      'operationStartedAfter asks which operation came after a change',
    ],
  ])('%s is unknown, and nothing has failed', async (when, what) => {
    const files = withWhen(when);
    const line = 'trigger run on-sync-failed app.yaml --config-map cm.yaml';
    const { code, stdout } = await herald(line, { files });
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`${when.replace(/[().']/g, '.')}\\s+unknown\n`));
    expect(stdout).toContain(
      `not known: ${what}, which herald run remembers from event to event; a command sees the Application once and cannot know it`,
    );
    const facts = JSON.parse((await herald(`${line} -o json`, { files })).stdout);
    expect(facts[1]).toMatchObject({ result: 'unknown' });
  });

  test('matters only where it decides', async () => {
    const files = withWhen("app.status.health.status == 'Healthy' and changes(app.metadata.name, '1h') > 3");
    const { stdout } = await herald('trigger run on-sync-failed app.yaml --config-map cm.yaml', { files });
    expect(stdout).not.toContain('unknown\n');
    expect(stdout).toContain('does not match');
  });
});

describe('errors hold nothing of the Secret', () => {
  const secret =
    'kind: Secret\napiVersion: v1\nmetadata: {name: s}\nstringData: {slack-token: xoxb-very-secret-1}\n';
  const files = {
    's.yaml': secret,
    'app.yaml': application,
    'cm.yaml':
      configMap.replace("app.status.health.status == 'Degraded'", 'int(string(secrets["slack-token"])) > 1') +
      '  template.tells: |\n    message: \'{{ fail (printf "%s" (index .secrets "slack-token")) }}\'\n',
  };

  test.each([
    'trigger run on-sync-failed app.yaml --config-map cm.yaml --secret s.yaml',
    'trigger run on-sync-failed app.yaml -o json --config-map cm.yaml --secret s.yaml',
    'template render tells app.yaml --config-map cm.yaml --secret s.yaml',
    'template notify tells app.yaml --recipient console: --config-map cm.yaml --secret s.yaml',
  ])('%s', async (line) => {
    let said = '';
    try {
      const { stdout, stderr } = await herald(line, { files });
      said = stdout + stderr;
    } catch (error) {
      said = String(error);
    }
    expect(said).toContain('***');
    expect(said).not.toContain('very-secret');
  });
});

describe('template get', () => {
  test('a table with the dialects', async () => {
    const { stdout } = await herald('template get --config-map cm.yaml');
    expect(stdout.split('\n').map((line) => line.split(/\s{2,}/).slice(0, 2))).toEqual([
      ['NAME', 'DIALECT'],
      ['app-sync-failed', 'go'],
      ['fails', 'go'],
      ['simple', 'mustache'],
      [''],
    ]);
  });

  test('yaml that can be put into a ConfigMap', async () => {
    const { stdout } = await herald('template get app-sync-failed -o yaml --config-map cm.yaml');
    expect(stdout).toBe(
      [
        'app-sync-failed:',
        '  message: "{{.app.metadata.name}} failed"',
        '  slack:',
        '    attachments: |',
        '      [{"title": "{{.app.metadata.name}}", "text": "{{.app.status.operationState.message}}"}]',
        '  dialect: go',
        '',
      ].join('\n'),
    );
  });
});

describe('template render', () => {
  test('the sections of all services, values safe inside JSON', async () => {
    const { code, stdout } = await herald(
      'template render app-sync-failed app.yaml -o json --config-map cm.yaml',
    );
    expect(code).toBe(0);
    const rendered = JSON.parse(stdout) as { message: string; slack: { attachments: string } };
    expect(rendered.message).toBe('shop failed');
    expect(JSON.parse(rendered.slack.attachments)).toEqual([{ title: 'shop', text: 'one "quoted" word' }]);
  });

  test('for one service, several templates merged', async () => {
    const line = 'template render app-sync-failed,simple app.yaml --recipient email:a@b --config-map cm.yaml';
    expect(await herald(line)).toEqual({ code: 0, stdout: 'message: shop is Degraded\n', stderr: '' });
  });

  test('the line of a template that fails, in the file', async () => {
    const { code, stderr } = await herald('template render fails app.yaml --config-map cm.yaml');
    expect(code).toBe(1);
    const line = configMap.split('\n').findIndex((text) => text.includes('| fail')) + 1;
    expect(stderr).toContain('template.fails, message, line 3, column ');
    expect(stderr).toContain(`(cm.yaml:${line}:`);
    expect(stderr).toMatch(/\n {4}\{\{ \.app\.metadata\.name \| fail \}\}\n +\^/);
  });

  test('an unknown service', async () => {
    const { code, stderr } = await herald(
      'template render simple app.yaml --recipient slak:x --config-map cm.yaml',
    );
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining('there is no service "slak": use one of slack, '),
    ]);
  });
});

describe('template notify', () => {
  test('to the console by default', async () => {
    const { code, stdout } = await herald('template notify app-sync-failed app.yaml --config-map cm.yaml');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^message: shop failed\nslack:\n {2}attachments:/);
  });

  test('a service that is not usable is said before anything is sent to it', async () => {
    const line = 'template notify simple app.yaml --recipient slack:x --config-map cm.yaml --secret :empty';
    const { code, stderr } = await herald(line);
    expect(code).toBe(1);
    expect(stderr).toContain('slack-token');
  });
});

describe('config check', () => {
  const good = { ...files, 'cm.yaml': configMap.replace(/ {2}template\.fails[\s\S]*/, '') };

  test('nothing wrong', async () => {
    const { code, stdout } = await herald('config check cm.yaml', { files: good });
    expect(code).toBe(0);
    expect(stdout).toContain('these keys were not looked up: slack-token\n');
    expect(stdout).toContain('cm.yaml (ConfigMap argocd-notifications-cm): no problems\n');
  });

  test('errors, with the line of the file and the fix', async () => {
    const broken = { 'cm.yaml': good['cm.yaml'].replace("== 'Degraded'", '== ') };
    const { code, stdout } = await herald('config check cm.yaml', { files: broken });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^trigger\.on-sync-failed\n {2}cm\.yaml:15:\d+: error: when: .*\n {6}\S/);
    expect(stdout).toContain('1 error');
  });

  test('warnings alone', async () => {
    const odd = {
      'cm.yaml': good['cm.yaml']
        .replace('template.simple: |', 'templat.simple: |')
        .replace('[simple]', '[app-sync-failed]'),
    };
    const { code, stdout } = await herald('config check cm.yaml', { files: odd });
    expect(code).toBe(0);
    expect(stdout).toContain(': warning: the key is unknown and ignored');
    expect(stdout).toContain('no errors, 1 warning: it can be used\n');
  });

  test('a Secret without the key', async () => {
    const { code, stdout } = await herald('config check cm.yaml --secret :empty', { files: good });
    expect([code, stdout]).toEqual([1, expect.stringContaining('$slack-token refers to a key')]);
  });

  test('json', async () => {
    const { stdout } = await herald('config check - -o json', {
      stdin: configMap.replace('send: [simple]', 'send: [simpel]'),
    });
    expect(JSON.parse(stdout)).toMatchObject({
      errors: 1,
      warnings: 0,
      problems: [{ file: 'standard input', key: 'trigger.on-sync-failed', line: 16 }],
    });
  });

  test('the cluster, without files', async () => {
    const core = '/api/v1/namespaces/argocd';
    const cluster = {
      [`${core}/configmaps/argocd-notifications-cm`]: {
        data: { 'trigger.x': '- {when: "1 ==", send: [t]}' },
      },
      [`${core}/secrets/argocd-notifications-secret`]: {},
    };
    const { code, stdout } = await herald('config check', { cluster });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^trigger\.x\n {2}1:\d+: error: when: /);
    expect(stdout).toContain('ConfigMap argocd/argocd-notifications-cm: 1 error');
  });

  test.each([
    ['config check no.yaml', 'herald config check: no.yaml: no such file\n'],
    [
      'config check app.yaml',
      'herald config check: app.yaml:1:1: there is no ConfigMap argocd-notifications-cm. Give the file that holds it.\n',
    ],
    ['config check', 'herald config check: no kubeconfig and not in a cluster: give --kubeconfig FILE\n'],
  ])('%s', async (line, stderr) => {
    expect(await herald(line)).toEqual({ code: 2, stdout: '', stderr });
  });
});
