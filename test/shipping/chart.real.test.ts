import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { JsonObject } from '../../src/model.ts';
import { onPath } from '../tools.ts';
import { argoHelmValues, chartFile, chartFolder, renderChart } from './chart.ts';
import { findHelm, helm, helmTemplate, noHelm, strictReader } from './helm.ts';
import { find, type Manifest, repository } from './kustomize.ts';

if (noHelm !== undefined) console.info(`helm: ${noHelm}`);

const everything: JsonObject = {
  ...argoHelmValues,
  affinity: { nodeAffinity: {} },
  anyNamespace: { enabled: true, namespaces: ['team-*'] },
  clusterRoleRules: { enabled: true, rules: [{ apiGroups: [''], resources: ['nodes'], verbs: ['list'] }] },
  selfService: { enabled: true },
  networkPolicy: { repoServer: true },
  silences: [{ match: { project: 'sandbox' }, until: '2026-12-01T00:00:00Z' }],
  groups: [{ match: { trigger: 'on-x' }, groupBy: ['trigger'] }],
  metrics: {
    ...argoHelmValues.metrics,
    rules: { enabled: true, runbookUrl: 'https://wiki.example.com', spec: [{ alert: 'X', expr: '1' }] },
    dashboards: { enabled: true, namespace: 'grafana', annotations: { grafana_folder: 'Argo CD' } },
  },
  notifiedAnnotation: 'write',
  replicas: 3,
  queue: { url: 'redis://:secret@redis:6379' },
};

/** The texts of the ConfigMap as what they say: there are several ways to write it. */
const byId = (manifests: Manifest[]) =>
  Object.fromEntries(
    manifests.map(({ data, ...rest }) => {
      const read = data && Object.entries<string>(data).map(([key, text]) => [key, parse(text)]);
      return [`${rest.kind}/${rest.metadata.name}`, { ...rest, data: read && Object.fromEntries(read) }];
    }),
  );

describe.skipIf(noHelm !== undefined)('Helm', () => {
  let path: string;
  let folder: string;
  beforeAll(async () => {
    path = await findHelm();
    folder = mkdtempSync(join(tmpdir(), 'herald-chart-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each<[string, JsonObject]>([
    ['no values', {}],
    ["argo-helm's values", argoHelmValues],
    ['all values', everything],
  ])('finds nothing to say of the chart with %s', async (_name, values) => {
    const said = await helm(path, ['lint', '.', '--strict'], values);
    expect(said).toContain('0 chart(s) failed');
    expect(said).not.toMatch(/\[(WARNING|ERROR)\]/);
  });

  it.each<[string, JsonObject]>([
    ['no values', {}],
    ["argo-helm's values", argoHelmValues],
    ['all values', everything],
    ['several replicas', { replicas: 2, queue: { existingSecret: { name: 'herald-queue' } } }],
    ['nothing to keep anything in', { persistence: { enabled: false } }],
    ['null', { securityContext: { runAsUser: null, fsGroup: null }, resources: null }],
  ])('renders the same as the tests that need none with %s', async (_name, values) => {
    expect(byId(await helmTemplate(path, values))).toEqual(byId(renderChart(values)));
  });

  it.skipIf(!onPath('go')).each<[string, JsonObject]>([
    ['no values', {}],
    ["argo-helm's values", argoHelmValues],
    ['all values', everything],
    ['several replicas', { replicas: 2, queue: { existingSecret: { name: 'herald-queue' } } }],
  ])(
    "renders with %s what Kubernetes' own types take, and no field that they do not have",
    async (_name, values) => {
      const check = await strictReader();
      expect(await check(await helmTemplate(path, values))).toEqual([]);
    },
  );

  it.skipIf(!onPath('go'))('would say of a field that there is none of', async () => {
    const check = await strictReader();
    const spec = { template: { spec: { containers: [{ name: 'x', imagePolicy: 'Always' }] } } };
    const [said] = await check([
      { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'x' }, spec },
    ]);
    expect(said).toContain('imagePolicy');
  });

  it.each<[JsonObject, RegExp]>([
    [{ replica: 2 }, /replica/],
    [{ notifications: { enabled: true } }, /notifications/],
    [{ replicas: 2 }, /queue\.url/],
    [{ queue: { url: 'mysql://x' } }, /queue/],
  ])('refuses %j', async (values, message) => {
    await expect(helmTemplate(path, values)).rejects.toThrow(message);
  });

  it('packs a chart that needs nothing of the repository, with the rules and the dashboard in it', async () => {
    await promisify(execFile)(path, ['package', chartFolder, '--destination', folder]);
    const { version } = parse(chartFile('Chart.yaml')) as { version: string };
    const packed = await helmTemplate(path, everything, join(folder, `herald-${version}.tgz`));
    expect(byId(packed)).toEqual(byId(renderChart(everything)));
    const rules = find(packed, 'PrometheusRule', 'herald-notifications-controller').spec.groups;
    expect(rules.map(({ name }: { name: string }) => name)).toEqual([
      'argocd-applications',
      'herald',
      'herald-notifications-controller-further',
    ]);
    const { data } = find(packed, 'ConfigMap', 'herald-notifications-controller-dashboard');
    expect(JSON.parse(data['herald.json'])).toHaveProperty('panels');
    // Texts of Prometheus, which look like templates of Helm's, are left as they are.
    expect(JSON.stringify(rules)).toContain('{{ $labels.name }}');
  });

  it('packs the chart of a release, which names its image by digest', async () => {
    const digest = `sha256:${'d'.repeat(64)}`;
    const script = join(repository, 'scripts/package-chart.ts');
    const docs = 'https://github.com/x/herald/blob/v1/docs';
    await promisify(execFile)(process.execPath, [script, 'ghcr.io/x/herald', digest, folder, docs], {
      env: { ...process.env, HELM: path },
    });
    const { version } = parse(chartFile('Chart.yaml')) as { version: string };
    const values = { metrics: { rules: { enabled: true } } };
    const packed = await helmTemplate(path, values, join(folder, `herald-${version}.tgz`));
    const [group] = find(packed, 'PrometheusRule', 'herald').spec.groups;
    expect(group.rules[0].annotations.runbook_url).toBe(`${docs}/runbooks/${group.rules[0].alert}.md`);
    const { spec } = find(packed, 'Deployment', 'herald').spec.template;
    expect(spec.containers[0].image).toBe(`ghcr.io/x/herald@${digest}`);
  });
});
