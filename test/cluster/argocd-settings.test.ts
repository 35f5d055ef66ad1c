import { describe, expect, it } from 'vitest';
import { createArgocdSettings } from '../../src/cluster/argocd-settings.ts';
import type { JsonObject } from '../../src/model.ts';
import { startCluster, type TestCluster } from './support.ts';

const signal = () => AbortSignal.timeout(10_000);

function apply(
  { simulator }: TestCluster,
  kind: string,
  name: string,
  more: JsonObject,
  type?: string,
): void {
  const labels: JsonObject = type === undefined ? {} : { 'argocd.argoproj.io/secret-type': type };
  const { namespace = 'argocd', ...rest } = more;
  simulator.cluster.apply({ apiVersion: 'v1', kind, metadata: { name, namespace, labels }, ...rest });
}

function filled(cluster: TestCluster): void {
  apply(
    cluster,
    'Secret',
    'repo',
    { stringData: { url: 'https://git/a', password: 'pässword' } },
    'repository',
  );
  apply(cluster, 'Secret', 'creds', { stringData: { url: 'https://git' } }, 'repo-creds');
  apply(cluster, 'Secret', 'write', { stringData: { url: 'https://git' } }, 'repository-write');
  apply(cluster, 'Secret', 'other', { stringData: { token: 'x' } });
  apply(
    cluster,
    'Secret',
    'elsewhere',
    { namespace: 'team', stringData: { url: 'https://git' } },
    'repository',
  );
  apply(cluster, 'ConfigMap', 'argocd-cm', { data: { 'kustomize.buildOptions': '--enable-helm' } });
}

async function start() {
  const cluster = await startCluster();
  filled(cluster);
  const missing: { right: string }[] = [];
  const read = createArgocdSettings(
    { connection: cluster.connection, onForbidden: (one) => missing.push(one) },
    'argocd',
  );
  return { ...cluster, read, missing };
}

const role = (name: string, rules: JsonObject[]): JsonObject[] => [
  { kind: 'Role', metadata: { name, namespace: 'argocd' }, rules },
  {
    kind: 'RoleBinding',
    metadata: { name, namespace: 'argocd' },
    roleRef: { kind: 'Role', name },
    subjects: [{ kind: 'ServiceAccount', name: 'herald', namespace: 'argocd' }],
  },
];

describe('what Argo CD keeps of repositories', () => {
  it('is the Secrets of its namespace that are labelled so, and argocd-cm', async () => {
    const { read, missing } = await start();
    const { secrets, configMap } = await read(signal());
    expect(secrets?.sort((a, b) => a.name.localeCompare(b.name))).toEqual([
      { name: 'creds', type: 'repo-creds', data: { url: 'https://git' } },
      { name: 'repo', type: 'repository', data: { url: 'https://git/a', password: 'pässword' } },
    ]);
    expect(configMap).toEqual({ 'kustomize.buildOptions': '--enable-helm' });
    expect(missing).toEqual([]);
  });

  it('is as it is now', async () => {
    const { read, simulator, ...cluster } = await start();
    await read(signal());
    simulator.cluster.remove({ kind: 'Secret', namespace: 'argocd', name: 'repo' });
    apply({ ...cluster, simulator }, 'Secret', 'creds', { stringData: { url: 'https://new' } }, 'repo-creds');
    const { secrets } = await read(signal());
    expect(secrets).toEqual([{ name: 'creds', type: 'repo-creds', data: { url: 'https://new' } }]);
  });

  it('is read once for all who ask at the same time, whoever leaves', async () => {
    const { read, simulator } = await start();
    const before = simulator.stats.requests('list');
    const abort = new AbortController();
    const left = read(abort.signal);
    const stays = read(signal());
    abort.abort();
    await expect(left).rejects.toThrow(/abort/i);
    expect((await stays).secrets).toHaveLength(2);
    expect(simulator.stats.requests('list') - before).toBe(2);
  });

  it("may be read with argocd-notifications' own Role", async () => {
    const { read, simulator, missing } = await start();
    const rules = [{ apiGroups: [''], resources: ['configmaps', 'secrets'], verbs: ['list', 'watch'] }];
    simulator.setRoles(role('argocd-notifications-controller', rules));
    const { secrets, configMap } = await read(signal());
    expect([secrets?.length, configMap]).toEqual([2, { 'kustomize.buildOptions': '--enable-helm' }]);
    expect(missing).toEqual([]);
  });

  it('says which right is missing, and for what', async () => {
    const { read, simulator, missing } = await start();
    simulator.setRoles(role('herald', []));
    expect(await read(signal())).toEqual({ secrets: undefined, configMap: undefined });
    expect(missing).toEqual([
      {
        right: 'list secrets in the namespace argocd',
        without: expect.stringMatching(/^credentials of repositories/) as string,
        mend: expect.stringContaining('role-labelled-secrets.yaml') as string,
      },
      expect.objectContaining({ right: 'list configmaps in the namespace argocd' }),
    ]);
  });

  it('is not known while the API server is away', async () => {
    const { read, simulator } = await start();
    await simulator.stop();
    await expect(read(signal())).rejects.toThrow(/secrets|configmaps/);
  });
});
