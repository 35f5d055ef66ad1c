import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { checkConfig } from '../../src/config/check.ts';
import type { JsonObject } from '../../src/model.ts';
import { argoHelmValues, renderChart, rights, schema, withDefaults } from './chart.ts';
import { combined, find, hasKubectl, kustomize, type Manifest } from './kustomize.ts';

const server = { queue: { existingSecret: { name: 'herald-queue' } } };
const ha = { ...server, replicas: 2 };

/** Labels that say which tool has installed it. */
const ofTheTool = new Set([
  'app.kubernetes.io/instance',
  'app.kubernetes.io/managed-by',
  'app.kubernetes.io/version',
  'helm.sh/chart',
]);

/** Without these labels, wherever they stand, and in one order. */
function comparable(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(comparable);
    const isNamed = items.every((item) => typeof (item as Manifest)?.name === 'string');
    return isNamed
      ? items.toSorted((a, b) => (a as Manifest).name.localeCompare((b as Manifest).name))
      : items;
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !ofTheTool.has(key))
      .map(([key, item]) => [key, comparable(item)]),
  );
}

function byId(manifests: Manifest[]): Record<string, unknown> {
  return Object.fromEntries(manifests.map((it) => [`${it.kind}/${it.metadata.name}`, comparable(it)]));
}

describe.skipIf(!hasKubectl)('the chart and the kustomization', () => {
  it('install the same with their defaults', async () => {
    expect(byId(renderChart())).toEqual(byId(await kustomize('config')));
  });

  it('install the same for several replicas', async () => {
    expect(byId(renderChart(ha))).toEqual(byId(await kustomize('config/overlays/ha')));
  });

  it('install the same for the Prometheus operator', async () => {
    const metrics = {
      serviceMonitor: { enabled: true },
      rules: { enabled: true },
      dashboards: { enabled: true },
    };
    expect(byId(renderChart({ metrics }))).toEqual(byId(await kustomize('config/overlays/monitored')));
  });

  it.each<[string[], JsonObject]>([
    [['mirror-annotation'], { notifiedAnnotation: 'write' }],
    [['applications-in-any-namespace'], { anyNamespace: { enabled: true } }],
    [
      ['applications-in-any-namespace', 'self-service'],
      { anyNamespace: { enabled: true }, selfService: { enabled: true } },
    ],
  ])('grant the same with %s', async (components, values) => {
    expect(rights(renderChart(values))).toEqual(rights(await combined(components)));
  });

  it('let Herald in at the repo-server in the same way', async () => {
    const rendered = byId(renderChart({ networkPolicy: { repoServer: true } }));
    const id = 'NetworkPolicy/herald-to-repo-server';
    const { metadata, ...own } = rendered[id] as Manifest;
    const { metadata: _metadata, ...shipped } = byId(await combined(['repo-server-networkpolicy']))[
      id
    ] as Manifest;
    expect(metadata.namespace).toBe('argocd');
    expect(own).toEqual(shipped);
  });
});

describe("values of argo-helm's chart", () => {
  const manifests = renderChart(argoHelmValues);

  it('are taken as they are, each of them', () => {
    const reader = z.fromJSONSchema(schema as never);
    expect(reader.safeParse(withDefaults(argoHelmValues)).error?.issues).toBeUndefined();
    const { spec, metadata } = find(manifests, 'Deployment', 'herald-notifications-controller');
    expect(metadata.annotations).toEqual({ team: 'platform' });
    expect(spec.strategy).toEqual({ type: 'Recreate' });
    expect(spec.template.metadata).toMatchObject({
      annotations: { 'sidecar.istio.io/inject': 'false' },
      labels: { team: 'platform' },
    });
    const pod = spec.template.spec;
    expect(pod).toMatchObject({
      serviceAccountName: 'argocd-notifications-controller',
      terminationGracePeriodSeconds: 30,
      imagePullSecrets: [{ name: 'registry' }],
      priorityClassName: 'high',
      dnsPolicy: 'ClusterFirst',
      nodeSelector: { 'kubernetes.io/os': 'linux' },
      tolerations: [{ key: 'dedicated', operator: 'Exists' }],
    });
    expect(pod.topologySpreadConstraints[0].labelSelector.matchLabels).toEqual(spec.selector.matchLabels);
    const [herald, beside] = pod.containers;
    expect(beside.args).toEqual(['argocd']);
    expect(herald.image).toBe('registry.example.com/herald:0.2.0');
    expect(herald.args).toEqual([
      'run',
      '--shutdown-timeout=20s',
      '--metrics-port=9101',
      '--loglevel=info',
      '--logformat=text',
      '--app-label-selector=team=a',
    ]);
    expect(herald.env).toContainEqual({ name: 'HTTPS_PROXY', value: 'http://proxy.example.com:3128' });
    expect(herald.envFrom).toEqual([{ configMapRef: { name: 'proxies' } }]);
    expect(herald.volumeMounts).toContainEqual({ name: 'more', mountPath: '/more' });
    expect(pod.volumes).toContainEqual({ name: 'more', emptyDir: {} });
    expect(herald.securityContext.seccompProfile).toEqual({ type: 'RuntimeDefault' });
    expect(herald.resources.limits).toEqual({ cpu: '100m', memory: '256Mi' });
    expect(herald.readinessProbe).toMatchObject({
      httpGet: { path: '/readyz', port: 'metrics' },
      initialDelaySeconds: 10,
      timeoutSeconds: 1,
    });
    expect(herald).not.toHaveProperty('livenessProbe');
    const service = find(manifests, 'Service', 'herald-notifications-controller-metrics');
    expect(service.spec.ports).toEqual([{ name: 'http-metrics', port: 9001, targetPort: 'metrics' }]);
    const monitor = find(manifests, 'ServiceMonitor', 'herald-notifications-controller');
    expect(monitor.metadata).toMatchObject({
      namespace: 'monitoring',
      labels: { prometheus: 'kube-prometheus', release: 'prometheus' },
    });
    expect(monitor.spec.namespaceSelector).toEqual({ matchNames: ['argocd'] });
    expect(monitor.spec.endpoints[0]).toMatchObject({ port: 'http-metrics', scrapeTimeout: '10s' });
    expect(service.metadata.labels).toMatchObject(monitor.spec.selector.matchLabels);
    find(manifests, 'PodDisruptionBudget', 'herald-notifications-controller');
  });

  it('make the ConfigMap and the Secret that they make there', () => {
    const { metadata, data } = find(manifests, 'ConfigMap', 'argocd-notifications-cm');
    // Argo CD's UI lists what is labelled so.
    expect(metadata.labels).toMatchObject({ 'app.kubernetes.io/part-of': 'argocd' });
    expect(Object.keys(data).sort()).toEqual([
      'context',
      'defaultTriggers',
      'service.slack',
      'subscriptions',
      'template.app-sync-status-unknown',
      'trigger.on-sync-status-unknown',
    ]);
    expect(parse(data.context)).toEqual({
      argocdUrl: 'https://argocd.example.com',
      region: 'east',
      environmentName: 'staging',
    });
    expect(data['template.app-sync-status-unknown']).toBe(
      argoHelmValues.templates['template.app-sync-status-unknown'],
    );
    const secret = find(manifests, 'Secret', 'argocd-notifications-secret');
    expect(secret.stringData).toEqual({ 'slack-token': 'xoxb-1', 'email-password': '12345' });
    expect(secret.metadata.labels).toMatchObject({ team: 'platform' });
  });

  it('make a ConfigMap that Herald reads without a problem', () => {
    const configMap = find(manifests, 'ConfigMap', 'argocd-notifications-cm');
    const email = 'host: smtp.example.com\nport: 587\nfrom: x@example.com\n';
    const text = JSON.stringify({ ...configMap, data: { ...configMap.data, 'service.email': email } });
    const { problems, configs } = checkConfig({
      files: [{ name: 'cm.yaml', text }],
      now: Date.parse('2026-11-28T00:00:00Z'),
    });
    expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect([...(configs[0]?.triggers.keys() ?? [])]).toEqual(['on-sync-status-unknown']);
    expect(configs[0]?.subscriptions).toHaveLength(2);
  });
});
