import { expect, test } from 'vitest';
import { sampleApplication } from '../config/sample-application.ts';
import { sampleApplicationSet } from '../config/sample-application-set.ts';
import { parseCommandLine } from './command-line.ts';
import { runCommand } from './run-command.ts';
import { type FakeWorld, fakeIo } from './testing/fake-io.ts';

const configMap = `apiVersion: v1
kind: ConfigMap
metadata:
  name: argocd-notifications-cm
data:
  service.slack: |
    token: $slack-token
  trigger.on-set: |
    - when: any(applicationset.status.conditions, .type == 'ErrorOccurred' && .status == 'True')
      for: 5m
      send: [of-set]
  trigger.on-app: |
    - when: app.status.health.status == 'Degraded'
      send: [of-app]
  template.of-set: |
    message: "{{.applicationset.metadata.name}}: {{len .applicationset.deletedApplications}} deleted"
  template.of-app: |
    message: "{{.app.metadata.name}}"
`;

const argo = '/apis/argoproj.io/v1alpha1/namespaces/argocd';
const world: FakeWorld = {
  files: {
    'cm.yaml': configMap,
    'set.json': JSON.stringify(sampleApplicationSet),
    'app.json': JSON.stringify(sampleApplication),
  },
  cluster: {
    [`${argo}/applicationsets/guestbooks`]: { ...sampleApplicationSet, deletedApplications: undefined },
    [`${argo}/applications/guestbook`]: sampleApplication,
    [`${argo}/applications`]: { items: [sampleApplication] },
    [`${argo}/applicationsets`]: { items: [sampleApplicationSet] },
    [`${argo}/appprojects`]: { items: [] },
    '/api/v1/namespaces/argocd/configmaps/argocd-notifications-cm': {
      kind: 'ConfigMap',
      metadata: { name: 'argocd-notifications-cm', namespace: 'argocd' },
      data: {
        'service.slack': 'token: xoxb-1',
        'trigger.on-set': '- when: applicationset != nil\n  send: [t]\n',
        'template.t': 'message: m',
      },
    },
    '/api/v1/namespaces/argocd/secrets/argocd-notifications-secret': { kind: 'Secret', data: {} },
  },
  now: Date.UTC(2026, 0, 6, 10, 2),
};

async function herald(line: string) {
  const parsed = parseCommandLine(line.split(' '), {});
  if ('exit' in parsed || parsed.command === 'run') throw new Error(JSON.stringify(parsed));
  const io = fakeIo(world);
  const code = await runCommand(parsed, io);
  return { code, ...io.output };
}

test.each(['set.json', 'guestbooks', 'applicationset/guestbooks'])(
  'trigger run of a trigger about ApplicationSets, for %s',
  async (which) => {
    const { code, stdout, stderr } = await herald(`trigger run on-set ${which} --config-map cm.yaml`);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/ErrorOccurred.* +true\n/);
    expect(stdout).toContain('matches since 2026-01-06T10:01:00Z');
    expect(stdout).toContain('fires at 2026-01-06T10:06:00Z');
  },
);

test.each([
  ['on-set', 'app.json', 'app.json holds no ApplicationSet'],
  ['on-app', 'set.json', 'trigger on-app is evaluated for Applications, and set.json is an ApplicationSet'],
])('trigger run %s of %s', async (trigger, file, error) => {
  const { code, stderr } = await herald(`trigger run ${trigger} ${file} --config-map cm.yaml`);
  expect([code, stderr]).toEqual([2, expect.stringContaining(error)]);
});

test.each([
  ['of-set', 'set.json', 'message: "guestbooks: 1 deleted"\n'],
  // By what sends it, a name is one of an ApplicationSet.
  ['of-set', 'guestbooks', 'message: "guestbooks: 0 deleted"\n'],
  ['of-app', 'guestbook', 'message: guestbook\n'],
])('template render %s for %s', async (template, which, text) => {
  expect(await herald(`template render ${template} ${which} --config-map cm.yaml`)).toEqual({
    code: 0,
    stdout: text,
    stderr: '',
  });
});

test('trigger get shows them beside the others', async () => {
  const { stdout } = await herald('trigger get --config-map cm.yaml -o name');
  expect(stdout).toBe('on-app\non-set\n');
});

test('config check --cluster looks at the annotations of ApplicationSets, too', async () => {
  const { stdout } = await herald('config check --cluster');
  expect(stdout).toContain('ApplicationSet argocd/guestbooks');
  expect(stdout).toContain('trigger "on-applicationset-error" is not configured');
  expect(stdout).toContain('1 Applications, 1 ApplicationSets and 0 AppProjects');
});
