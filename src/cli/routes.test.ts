import { expect, test } from 'vitest';
import { parseCommandLine } from './command-line.ts';
import { runCommand } from './run-command.ts';
import { type FakeWorld, fakeIo } from './testing/fake-io.ts';

const configMap = `apiVersion: v1
kind: ConfigMap
metadata: {name: argocd-notifications-cm}
data:
  service.slack: |
    token: $slack-token
  trigger.on-failed: |
    - when: app.status.operationState.phase == 'Failed'
      send: [told]
  trigger.on-degraded: |
    - when: app.status.health.status == 'Degraded'
      severity: critical
      send: [told]
  template.told: 'message: x'
  defaultTriggers: '[on-degraded]'
  subscriptions: |
    - recipients: [slack:all]
      triggers: [on-failed]
      selector: team=a
  groups: |
    - match: {severity: critical}
      groupBy: [project]
`;

const applications = `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: shop
  namespace: argocd
  labels: {team: a}
  annotations: {notifications.argoproj.io/subscribe.slack: ops}
spec: {project: web}
---
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: cart
  namespace: argocd
  annotations: {notifications.argoproj.io/subscribe.on-faild.slack: ops}
spec: {project: web}
---
apiVersion: argoproj.io/v1alpha1
kind: AppProject
metadata:
  name: web
  namespace: argocd
  annotations: {notifications.argoproj.io/subscribe.on-failed.slack: web}
`;

const files = { 'cm.yaml': configMap, 'apps.yaml': applications };

async function routes(line: string, world: FakeWorld = { files }) {
  const parsed = parseCommandLine(['routes', ...line.split(' ').filter((word) => word !== '')], {});
  if ('exit' in parsed || parsed.command === 'run') throw new Error(JSON.stringify(parsed));
  const io = fakeIo(world);
  const code = await runCommand(parsed, io);
  return { code, ...io.output };
}
const offline = '-f apps.yaml --config-map cm.yaml';
const rowsOf = (stdout: string) =>
  stdout
    .trim()
    .split('\n')
    .map((line) => line.split(/ {2,}/));

test('which Applications go where, from where, and what is told together', async () => {
  const { code, stdout } = await routes(offline);
  expect(code).toBe(0);
  expect(rowsOf(stdout)).toEqual([
    ['APPLICATION', 'TRIGGER', 'DESTINATION', 'GROUP', 'FROM OR PROBLEM'],
    ['argocd/shop', 'on-failed', 'slack:all', 'subscriptions, entry 1'],
    ['argocd/shop', 'on-degraded', 'slack:ops', 'groups 1, by project', 'annotation, default triggers'],
    ['argocd/shop', 'on-failed', 'slack:web', 'AppProject'],
    ['argocd/cart', 'on-faild', 'slack:ops', 'trigger "on-faild" is not configured'],
    ['argocd/cart', 'on-failed', 'slack:web', 'AppProject'],
  ]);
});

test('by destination, by trigger, and of one Application', async () => {
  expect(rowsOf((await routes(`${offline} --by destination`)).stdout)).toEqual([
    ['DESTINATION', 'TRIGGER', 'COUNT', 'APPLICATIONS OR PROBLEM'],
    ['slack:all', 'on-failed', '1', 'argocd/shop'],
    ['slack:ops', 'on-degraded', '1', 'argocd/shop'],
    ['slack:ops', 'on-faild', '1', 'trigger "on-faild" is not configured'],
    ['slack:web', 'on-failed', '2', 'argocd/shop argocd/cart'],
  ]);
  const one = await routes(`cart ${offline} --trigger on-failed -o json`);
  expect(JSON.parse(one.stdout)).toMatchObject([
    {
      application: 'argocd/cart',
      trigger: 'on-failed',
      destination: { service: 'slack', recipient: 'web' },
      groups: [],
    },
  ]);
  expect(rowsOf((await routes(`${offline} --destination slack:all`)).stdout)).toHaveLength(2);
  expect(await routes(`${offline} --destination slack:nobody`)).toEqual({
    code: 1,
    stdout: 'Nobody is subscribed.\n',
    stderr: '',
  });
});

test('of the cluster', async () => {
  const [shop, , project] = applications.split('---');
  const { parse } = await import('yaml');
  const cluster = {
    '/api/v1/namespaces/argocd/configmaps/argocd-notifications-cm': parse(configMap) as unknown,
    '/apis/argoproj.io/v1alpha1/namespaces/argocd/applications': { items: [parse(shop ?? '')] },
    '/apis/argoproj.io/v1alpha1/namespaces/argocd/appprojects': { items: [parse(project ?? '')] },
  };
  const { stdout, code } = await routes('-n argocd', { cluster });
  expect(code).toBe(0);
  expect(rowsOf(stdout)).toHaveLength(4);
  expect(await routes('nobody -n argocd', { cluster })).toMatchObject({ code: 1 });
});
