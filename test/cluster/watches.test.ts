import { describe, expect, it, onTestFinished } from 'vitest';
import type { SimulatorOptions } from '../../simulator/kubernetes.ts';
import type { ReflectorTimings } from '../../src/cluster/reflector-options.ts';
import { createWatchScope } from '../../src/cluster/scope.ts';
import { createApplicationWatch } from '../../src/cluster/watch-applications.ts';
import { createApplicationSetWatch } from '../../src/cluster/watch-applicationsets.ts';
import { type ConfigSnapshot, createConfigWatch } from '../../src/cluster/watch-config.ts';
import { type AppProject, createProjectWatch } from '../../src/cluster/watch-projects.ts';
import type { Application, JsonObject } from '../../src/model.ts';
import { application, createProbe, quick, recordingLog, silentLog, startCluster } from './support.ts';

async function watchApplications(namespaces: string[], labelSelector?: string) {
  const cluster = await startCluster();
  const probe = createProbe<Application>();
  const watch = createApplicationWatch(
    { connection: cluster.connection, log: silentLog },
    {
      scope: createWatchScope('argocd', namespaces),
      labelSelector,
      handlers: probe.handlers,
      timings: quick(),
    },
  );
  onTestFinished(() => watch.stop());
  return { ...cluster, probe, watch };
}

describe('Applications', () => {
  it('of the controller’s namespace need no right to look elsewhere', async () => {
    const { simulator, watch, probe } = await watchApplications([]);
    simulator.cluster.apply(application('own'));
    simulator.cluster.apply(application('other', { namespace: 'team-a' }));
    watch.start();
    await watch.ready();
    expect(probe.seen).toEqual(['+own', 'synced']);
    await simulator.until(() => simulator.stats.openWatches() === 1);
    simulator.cluster.apply(application('other', { namespace: 'team-a', status: { n: 1 } }));
    simulator.cluster.apply(application('own', { status: { n: 1 } }));
    await probe.until(() => probe.seen.includes('~own'));
    expect(probe.seen).toEqual(['+own', 'synced', '~own']);
  });

  it('of other namespaces come by glob and regular expression, in lists and in watches', async () => {
    const { simulator, watch, probe } = await watchApplications(['team-*', '/^prod-(eu|us)$/']);
    const namespaces = ['argocd', 'team-a', 'prod-eu', 'prod-asia', 'default'];
    for (const namespace of namespaces)
      simulator.cluster.apply(application(`listed-${namespace}`, { namespace }));
    watch.start();
    await watch.ready();
    expect(probe.seen).toEqual(['+listed-argocd', '+listed-prod-eu', '+listed-team-a', 'synced']);
    await simulator.until(() => simulator.stats.openWatches() === 1);
    for (const namespace of namespaces.toReversed()) {
      simulator.cluster.apply(application(`watched-${namespace}`, { namespace }));
    }
    await probe.until(() => probe.seen.includes('+watched-argocd'));
    expect(probe.seen.slice(4)).toEqual(['+watched-prod-eu', '+watched-team-a', '+watched-argocd']);
  });

  it('follow the label selector', async () => {
    const { simulator, watch, probe } = await watchApplications([], 'team=web');
    simulator.cluster.apply(application('a', { labels: { team: 'web' } }));
    simulator.cluster.apply(application('b'));
    watch.start();
    await watch.ready();
    await simulator.until(() => simulator.stats.openWatches() === 1);
    simulator.cluster.apply(application('b', { labels: { team: 'web' } }));
    simulator.cluster.apply(application('a'));
    await probe.until(() => probe.seen.includes('-a'));
    expect(probe.seen).toEqual(['+a', 'synced', '+b', '-a']);
  });

  it('are kept as a projection of themselves', async () => {
    const { simulator, watch, probe } = await watchApplications([]);
    const object = application('guestbook', {
      labels: { team: 'web' },
      status: { sync: { status: 'Synced' } },
    });
    const lastApplied = { 'kubectl.kubernetes.io/last-applied-configuration': '{}' };
    Object.assign(object.metadata as JsonObject, {
      managedFields: [{ manager: 'argocd' }],
      annotations: { 'notifications.argoproj.io/subscribe.on-deployed.slack': 'web', ...lastApplied },
    });
    object.spec = { project: 'storefront' };
    const { metadata } = simulator.cluster.apply(object) as {
      metadata: { uid: string; resourceVersion: string };
    };
    simulator.cluster.apply({ ...application('bare'), spec: {} });
    watch.start();
    await watch.ready();
    const guestbook = probe.upserts.find(({ name }) => name === 'guestbook');
    expect(guestbook).toMatchObject({
      uid: metadata.uid,
      namespace: 'argocd',
      project: 'storefront',
      resourceVersion: metadata.resourceVersion,
      labels: { team: 'web' },
    });
    expect(guestbook?.annotations).toEqual({
      'notifications.argoproj.io/subscribe.on-deployed.slack': 'web',
    });
    expect(guestbook?.object).toMatchObject({
      kind: 'Application',
      metadata: { name: 'guestbook', annotations: guestbook?.annotations },
      status: { sync: { status: 'Synced' } },
    });
    expect(JSON.stringify(guestbook?.object)).not.toMatch(/managedFields|last-applied/);
    expect(probe.upserts.find(({ name }) => name === 'bare')?.project).toBe('default');
  });
});

describe('AppProjects and ApplicationSets', () => {
  it('are kept by name, projects of the controller’s namespace only', async () => {
    const { simulator, connection } = await startCluster();
    const project = (namespace: string, annotations: JsonObject): JsonObject => ({
      kind: 'AppProject',
      metadata: { name: 'storefront', namespace, annotations },
      spec: { description: namespace },
    });
    simulator.cluster.apply(project('argocd', { a: '1' }));
    simulator.cluster.apply(project('team-a', { a: '2' }));
    simulator.cluster.apply({ kind: 'ApplicationSet', metadata: { name: 'set', namespace: 'team-a' } });
    simulator.cluster.apply({ kind: 'ApplicationSet', metadata: { name: 'unwanted', namespace: 'other' } });
    const projectProbe = createProbe<AppProject>();
    const setProbe = createProbe<Application>();
    const deps = { connection, log: silentLog };
    const projects = createProjectWatch(deps, { namespace: 'argocd', handlers: projectProbe.handlers });
    const sets = createApplicationSetWatch(deps, {
      scope: createWatchScope('argocd', ['team-*']),
      handlers: setProbe.handlers,
    });
    onTestFinished(() => projects.stop());
    onTestFinished(() => sets.stop());
    projects.start();
    sets.start();
    await Promise.all([projects.ready(), sets.ready()]);
    expect(projects.get('argocd', 'storefront')).toMatchObject({
      annotations: { a: '1' },
      object: { spec: { description: 'argocd' } },
    });
    expect(projects.get('argocd', 'missing')).toBeUndefined();
    expect(setProbe.seen).toEqual(['+set', 'synced']);
  });

  it('without the ApplicationSet definition the watch is ready and quiet', async () => {
    const { simulator, connection } = await startCluster({ absent: ['applicationsets'] });
    const { log, records } = recordingLog();
    const probe = createProbe<Application>();
    const sets = createApplicationSetWatch(
      { connection, log },
      { scope: createWatchScope('argocd', []), handlers: probe.handlers, timings: { absentPollMs: 3 } },
    );
    onTestFinished(() => sets.stop());
    sets.start();
    expect(await sets.ready()).toBe(true);
    await simulator.until(() => simulator.stats.requests('list', 'applicationsets') >= 5);
    expect(records.filter((record) => record.level !== 'debug')).toHaveLength(1);
    expect(simulator.stats.requests('watch')).toBe(0);
  });
});

const configMap = (data: JsonObject, namespace = 'argocd', name = 'argocd-notifications-cm'): JsonObject => ({
  kind: 'ConfigMap',
  metadata: { name, namespace },
  data,
});

const secret = (
  data: JsonObject,
  name = 'argocd-notifications-secret',
  more: JsonObject = {},
): JsonObject => ({
  kind: 'Secret',
  metadata: { name, namespace: 'argocd', ...more },
  stringData: data,
});

const partOfArgoCd = { labels: { 'app.kubernetes.io/part-of': 'argocd' } };

/** A snapshot in one line. */
function told({ namespace, configMap: map, secret: data, labelledSecrets }: ConfigSnapshot): string {
  const values = (secrets: ReadonlyMap<string, Uint8Array> | undefined): string =>
    [...(secrets ?? [])].map(([key, value]) => `${key}=${Buffer.from(value).toString()}`).join(',');
  const labelled = [...labelledSecrets].map(([name, secrets]) => `${name}(${values(secrets)})`).join(' ');
  return `${namespace}: ${map === undefined ? '-' : JSON.stringify(map.data)} ${data === undefined ? '-' : values(data)} ${labelled}`.trimEnd();
}

async function watchConfig(
  selfService: boolean,
  namespaces: string[],
  simulated: SimulatorOptions = {},
  timings: Partial<ReflectorTimings> = {},
) {
  const cluster = await startCluster(simulated);
  const snapshots: string[] = [];
  const waiting = new Set<() => void>();
  const watch = createConfigWatch(
    { connection: cluster.connection, log: silentLog },
    {
      scope: createWatchScope('argocd', namespaces),
      configMapName: 'argocd-notifications-cm',
      secretName: 'argocd-notifications-secret',
      selfService,
      changed(snapshot) {
        snapshots.push(told(snapshot));
        for (const check of waiting) check();
      },
      timings: quick({ absentPollMs: 5, ...timings }),
    },
  );
  onTestFinished(() => watch.stop());
  const next = async (action: () => void): Promise<string | undefined> => {
    await cluster.simulator.until(() => cluster.simulator.stats.openWatches() === 3);
    const count = snapshots.length;
    const arrived = new Promise<void>((resolve) => {
      const check = (): void => {
        if (snapshots.length === count) return;
        waiting.delete(check);
        resolve();
      };
      waiting.add(check);
    });
    action();
    await arrived;
    return snapshots.at(-1);
  };
  const untilTold = (holds: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const check = (): void => {
        if (!holds()) return;
        waiting.delete(check);
        resolve();
      };
      waiting.add(check);
      check();
    });
  return { ...cluster, watch, snapshots, next, untilTold };
}

describe('the configuration', () => {
  it('is told once all is read, and then at every change', async () => {
    const { simulator, watch, snapshots, next } = await watchConfig(false, []);
    const { cluster } = simulator;
    cluster.apply(configMap({ 'trigger.a': '[]' }));
    cluster.apply(secret({ 'slack-token': 'xoxb-é' }));
    cluster.apply(secret({ key: 'v' }, 'my-secret', partOfArgoCd));
    cluster.apply(secret({ key: 'v' }, 'unlabelled'));
    cluster.apply(configMap({ other: '' }, 'argocd', 'argocd-cm'));
    cluster.apply(configMap({ other: '' }, 'team-a'));
    watch.start();
    expect(await watch.ready()).toBe(true);
    expect(snapshots).toEqual(['argocd: {"trigger.a":"[]"} slack-token=xoxb-é my-secret(key=v)']);

    expect(await next(() => cluster.apply(configMap({ b: '1' })))).toBe(
      'argocd: {"b":"1"} slack-token=xoxb-é my-secret(key=v)',
    );
    expect(await next(() => cluster.apply(secret({ key: 'w' }, 'my-secret', partOfArgoCd)))).toMatch(
      /my-secret\(key=w\)$/,
    );
    expect(await next(() => cluster.remove({ kind: 'Secret', namespace: 'argocd', name: 'my-secret' }))).toBe(
      'argocd: {"b":"1"} slack-token=xoxb-é',
    );
    const name = 'argocd-notifications-cm';
    expect(await next(() => cluster.remove({ kind: 'ConfigMap', namespace: 'argocd', name }))).toBe(
      'argocd: - slack-token=xoxb-é',
    );
  });

  it('may be absent', async () => {
    const { simulator, watch, snapshots, next } = await watchConfig(false, []);
    watch.start();
    await watch.ready();
    expect(snapshots).toEqual(['argocd: - -']);
    expect(await next(() => simulator.cluster.apply(configMap({})))).toBe('argocd: {} -');
  });

  it('of other namespaces counts under self-service, where Applications may be', async () => {
    const { simulator, watch, snapshots } = await watchConfig(true, ['team-*']);
    for (const namespace of ['argocd', 'team-a', 'other'])
      simulator.cluster.apply(configMap({ k: namespace }, namespace));
    simulator.cluster.apply({
      ...secret({ k: 'v' }),
      metadata: { name: 'argocd-notifications-secret', namespace: 'team-b' },
    });
    watch.start();
    await watch.ready();
    expect(snapshots).toEqual(['argocd: {"k":"argocd"} -', 'team-a: {"k":"team-a"} -', 'team-b: - k=v']);
  });

  it('is complete without the right to list labelled Secrets', async () => {
    const { simulator, watch, snapshots } = await watchConfig(false, []);
    simulator.faults.fail({
      verb: 'list',
      resource: 'secrets',
      where: (query) => query.has('labelSelector'),
      status: 403,
      times: 3,
    });
    simulator.cluster.apply(secret({ token: 't' }));
    watch.start();
    await watch.ready();
    expect(snapshots[0]).toBe('argocd: - token=t');
    expect(watch.states().map((state) => state.synced)).toEqual([true, true, true]);
  });
});

describe('the configuration where not all namespaces may be asked at once', () => {
  const allow = (name: string, namespace: string | undefined, resources: string[]): JsonObject[] => {
    const kind = namespace === undefined ? 'ClusterRole' : 'Role';
    const metadata = { name, ...(namespace === undefined ? {} : { namespace }) };
    return [
      { kind, metadata, rules: [{ apiGroups: [''], resources, verbs: ['list', 'watch'] }] },
      {
        kind: `${kind}Binding`,
        metadata,
        roleRef: { kind, name },
        subjects: [{ kind: 'ServiceAccount', name: 'herald', namespace: 'argocd' }],
      },
    ];
  };
  const both = ['configmaps', 'secrets'];

  it('is read namespace by namespace: its own, those that are named, and those that hold Applications', async () => {
    const timings = { forbiddenPatienceMs: 0, forbiddenPollMs: 60_000 };
    const { simulator, watch, snapshots, untilTold } = await watchConfig(
      true,
      ['team-a', 'team-*'],
      {},
      timings,
    );
    for (const namespace of ['argocd', 'team-a', 'team-b', 'team-c'])
      simulator.cluster.apply(configMap({ k: namespace }, namespace));
    simulator.cluster.apply(secret({ token: 't' }));
    simulator.setRoles([
      ...allow('own', 'argocd', both),
      ...allow('a', 'team-a', both),
      ...allow('b', 'team-b', both),
    ]);
    watch.start();
    expect(await watch.ready()).toBe(true);
    expect(snapshots).toEqual(['argocd: {"k":"argocd"} token=t', 'team-a: {"k":"team-a"} -']);
    expect(watch.states().map(({ synced, failure }) => [synced, failure])).toEqual([
      [true, undefined],
      [true, undefined],
      [true, undefined],
    ]);
    for (const namespace of ['team-b', 'team-c', 'other', 'team-b']) watch.lookInto(namespace);
    await untilTold(() => snapshots.length === 3);
    expect(snapshots[2]).toBe('team-b: {"k":"team-b"} -');
    expect(watch.states()[0]?.forbidden).toMatchObject({ right: { namespace: 'team-c' } });
  });

  it('asks for labelled Secrets only where a ConfigMap refers to one, and is whole when the right comes', async () => {
    const timings = { forbiddenPatienceMs: 0, forbiddenPollMs: 20 };
    const { simulator, watch, snapshots, untilTold } = await watchConfig(true, ['team-*'], {}, timings);
    simulator.cluster.apply(configMap({ s: 'token: $my-slack:token' }, 'team-a'));
    simulator.cluster.apply(configMap({ k: 'team-b' }, 'team-b'));
    simulator.cluster.apply({
      ...secret({ token: 't' }),
      metadata: { name: 'my-slack', namespace: 'team-a', ...partOfArgoCd },
    });
    const named = allow('maps', undefined, ['configmaps']);
    simulator.setRoles([...named, ...allow('own', 'argocd', both)]);
    watch.start();
    expect(await watch.ready()).toBe(true);
    expect(snapshots).toEqual([
      'argocd: - -',
      'team-a: {"s":"token: $my-slack:token"} -',
      'team-b: {"k":"team-b"} -',
    ]);
    simulator.setRoles([...named, ...allow('wide', undefined, ['secrets'])]);
    await untilTold(() => snapshots.some((text) => text.includes('my-slack(token=t)')));
    await expect
      .poll(() => watch.states().map(({ phase, forbidden }) => [phase, forbidden]))
      .toEqual(Array(3).fill(['watching', undefined]));
  });
});
