import { describe, expect, test } from 'vitest';
import { parseCommandLine } from './command-line.ts';
import type { ConfigSource } from './options.ts';
import { openSource } from './source.ts';
import { type FakeWorld, fakeIo } from './testing/fake-io.ts';

function source(line = ''): ConfigSource {
  const parsed = parseCommandLine(['trigger', 'get', ...line.split(' ').filter(Boolean)], {});
  if ('exit' in parsed || parsed.command !== 'trigger get') throw new Error(JSON.stringify(parsed));
  return parsed.options.source;
}

const open = (line: string, world: FakeWorld) => openSource(source(line), fakeIo(world));

const configMap = (name = 'argocd-notifications-cm') =>
  `kind: ConfigMap\nmetadata:\n  name: ${name}\ndata:\n  trigger.x: |\n    - when: 'true'\n      send: [t]\n`;
const secret =
  'kind: Secret\nmetadata: {name: argocd-notifications-secret}\ndata: {a: eA==}\nstringData: {b: why}\n';
const application = 'kind: Application\nmetadata: {name: shop, labels: {a: b}}\nspec: {project: p}\n';

describe('files', () => {
  test('a ConfigMap and a Secret among other documents, and positions in the file', async () => {
    const text = `kind: Service\nmetadata: {name: s}\n---\n${secret}---\n${configMap()}`;
    const files = { 'all.yaml': text };
    const config = await open('--config-map all.yaml --secret all.yaml', { files }).config('needed');
    expect(config.configMap).toEqual({ 'trigger.x': "- when: 'true'\n  send: [t]\n" });
    expect(
      Object.fromEntries(Object.entries(config.secret ?? {}).map(([k, v]) => [k, Buffer.from(v).toString()])),
    ).toEqual({
      a: 'x',
      b: 'why',
    });
    const position = config.manifest?.position(['data', 'trigger.x'], { line: 2, column: 3 });
    const line = text.split('\n')[(position?.line ?? 0) - 1];
    expect(line?.slice((position?.column ?? 0) - 1)).toBe('send: [t]');
  });

  test('an Application without a project is one of the project default, as for the controller', async () => {
    for (const spec of ['{}', '{project: ""}', '{project: default}']) {
      const files = { 'app.yaml': application.replace('{project: p}', spec) };
      expect(await open('', { files }).application('app.yaml')).toMatchObject({ project: 'default' });
    }
  });

  test('what only tools of kubectl read is left out, as for the controller', async () => {
    const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';
    const metadata = `{name: shop, managedFields: [{}], annotations: {${lastApplied}: x, a: b}}`;
    const files = { 'app.yaml': `kind: Application\nmetadata: ${metadata}\n` };
    const found = await open('', { files }).application('app.yaml');
    expect(found.annotations).toEqual({ a: 'b' });
    expect(found.object.metadata).toEqual({ name: 'shop', annotations: { a: 'b' } });
  });

  test('without a Secret to be had from files, none is asked of the cluster', async () => {
    const files = { 'cm.yaml': configMap() };
    expect((await open('--config-map cm.yaml', { files }).config('given')).secret).toBeUndefined();
    await expect(open('--config-map cm.yaml', { files }).config('needed')).rejects.toThrow(
      '(no kubeconfig and not in a cluster: give --kubeconfig FILE): give --secret FILE',
    );
    const together = {
      'all.yaml': `${configMap()}---\n${secret}---\n${secret.replace('-secret', '-other')}`,
    };
    const config = await open('--config-map all.yaml', { files: together }).config('needed');
    expect([Object.keys(config.secret ?? {}), [...config.secrets.keys()]]).toEqual([
      ['a', 'b'],
      ['argocd-notifications-other'],
    ]);
  });

  test('standard input, a list, and a name that kustomize has changed', async () => {
    const list = JSON.stringify({
      kind: 'List',
      items: [{ kind: 'ConfigMap', metadata: { name: 'cm-h4sh' }, data: { context: 'a: b' } }],
    });
    const config = await open('--config-map - --secret :empty', { stdin: list }).config('needed');
    expect(config).toMatchObject({ configMap: { context: 'a: b' }, secret: {}, origin: 'standard input' });
  });

  test.each([
    ['--config-map no.yaml', 'no.yaml: no such file'],
    ['--config-map bad.yaml', 'bad.yaml:4:6: not valid YAML'],
    ['--config-map text.yaml', 'text.yaml: a Kubernetes object was expected'],
    [
      '--config-map two.yaml',
      'two.yaml has no ConfigMap argocd-notifications-cm; it has ConfigMap a, ConfigMap b',
    ],
  ])('%s', async (line, message) => {
    const files = {
      'bad.yaml': `kind: A\n---\nkind: ConfigMap\n  data: [`,
      'text.yaml': 'hello',
      'two.yaml': `${configMap('a')}---\n${configMap('b')}`,
    };
    await expect(open(`${line} --secret :empty`, { files }).config('needed')).rejects.toThrow(message);
  });

  test('an Application', async () => {
    const files = {
      'app.yaml': `${secret}---\n${application}`,
      'both.yaml': `${application}---\n${application}`,
    };
    const found = await open('', { files }).application('app.yaml');
    expect(found).toMatchObject({ namespace: 'argocd', name: 'shop', project: 'p', labels: { a: 'b' } });
    await expect(open('', { files }).application('both.yaml')).rejects.toThrow('several Applications');
    await expect(open('', { files }).application('./no.yaml')).rejects.toThrow('./no.yaml: no such file');
  });
});

describe('cluster', () => {
  const core = '/api/v1/namespaces/team';
  const argo = '/apis/argoproj.io/v1alpha1/namespaces/team';

  test('ConfigMap, Secret, Application and AppProject of the namespace', async () => {
    const cluster = {
      [`${core}/configmaps/argocd-notifications-cm`]: { data: { context: 'x: y' } },
      [`${core}/secrets/argocd-notifications-secret`]: { data: { k: 'dg==' } },
      [`${core}/secrets`]: { items: [{ metadata: { name: 'more' }, data: { m: 'bQ==' } }] },
      [`${argo}/applications/shop`]: { metadata: { name: 'shop' }, spec: { project: 'p' } },
      [`${argo}/appprojects/p`]: { metadata: { name: 'p' } },
    };
    const opened = open('-n team', { cluster });
    const config = await opened.config('needed');
    expect(config).toMatchObject({
      configMap: { context: 'x: y' },
      origin: 'ConfigMap team/argocd-notifications-cm',
      namespace: 'team',
    });
    expect(Buffer.from(config.secret?.['k'] ?? []).toString()).toBe('v');
    expect(Buffer.from(config.secrets.get('more')?.['m'] ?? []).toString()).toBe('m');
    const shop = await opened.application('shop');
    expect(await opened.appProject(shop)).toMatchObject({ metadata: { name: 'p' } });
    await expect(opened.application('other')).rejects.toThrow('cannot read Application team/other: 404');
  });

  test('none to be reached', async () => {
    await expect(open('', {}).config('needed')).rejects.toThrow('no kubeconfig and not in a cluster');
  });
});
