import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, parseDocument } from 'yaml';
import { z } from 'zod';
import { checkConfig } from '../../src/config/check.ts';
import { isObject } from '../../src/json.ts';
import type { JsonObject } from '../../src/model.ts';
import {
  argoHelmValues,
  chartFile,
  chartFolder,
  defaults,
  renderChart,
  renderFile,
  rights,
  schema,
  withDefaults,
} from './chart.ts';
import { find, type Manifest, repository } from './kustomize.ts';

const container = (manifests: Manifest[]) =>
  manifests.find(({ kind }) => kind === 'Deployment')?.spec.template.spec.containers[0];

describe("the chart's values", () => {
  it('of alerts are keys of the ConfigMap, YAML in place of texts too', () => {
    const rules = {
      silences: [{ match: { project: 'sandbox' }, until: '2026-12-01T00:00:00Z' }],
      muteTimes: [{ match: { severity: 'warning' }, times: [{ weekdays: ['sunday'] }] }],
      inhibit: [{ source: { trigger: 'on-x' }, target: { severity: 'warning' }, equal: ['destination'] }],
      groups: [{ match: { trigger: 'on-x' }, groupBy: ['trigger'] }],
    };
    const condition = {
      when: "app.status.health.status == 'Degraded'",
      for: '5m',
      send: ['x'],
      resolved: true,
    };
    const manifests = renderChart({
      ...rules,
      argocd: { url: 'https://argocd.example.com', token: '$argocd-token' },
      notifiers: { 'service.slack': { token: '$slack-token' } },
      templates: { 'template.x': { message: '{{.app.metadata.name}} "quoted"' } },
      triggers: { 'trigger.on-x': [condition] },
    });
    const configMap = find(manifests, 'ConfigMap', 'argocd-notifications-cm');
    const { problems, configs } = checkConfig({
      files: [{ name: 'cm.yaml', text: JSON.stringify(configMap) }],
      now: Date.parse('2026-11-28T00:00:00Z'),
    });
    expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    for (const key of Object.keys(rules)) {
      expect(configs[0]?.rules[key as keyof typeof rules], key).toHaveLength(1);
    }
    expect(configs[0]?.triggers.get('on-x')?.conditions[0]?.lifecycle).toBeDefined();
  });

  it('make neither ConfigMap nor Secret where they say nothing of them', () => {
    const kinds = renderChart().map(({ kind }) => kind);
    expect(kinds).not.toContain('ConfigMap');
    expect(kinds).not.toContain('Secret');
    const kept = renderChart({ ...argoHelmValues, cm: { create: false }, secret: { create: false } });
    expect(kept.map(({ kind }) => kind)).not.toContain('ConfigMap');
    expect(kept.map(({ kind }) => kind)).not.toContain('Secret');
  });

  it('put the URL of a server into a Secret, and nowhere else', () => {
    const url = 'postgres://herald:hunter2@db.example.com/herald';
    const manifests = renderChart({ queue: { url } });
    expect(find(manifests, 'Secret', 'herald-queue').stringData).toEqual({ url });
    const rest = manifests.filter(({ kind }) => kind !== 'Secret');
    expect(JSON.stringify(rest)).not.toContain('hunter2');
    expect(rest.map(({ kind }) => kind)).not.toContain('PersistentVolumeClaim');
    expect(container(manifests).env).toContainEqual({
      name: 'HERALD_QUEUE',
      valueFrom: { secretKeyRef: { name: 'herald-queue', key: 'url' } },
    });
  });

  it('without a volume or a server keep everything in memory, and may write the annotation', () => {
    const manifests = renderChart({ persistence: { enabled: false } });
    expect(container(manifests).env).toContainEqual({ name: 'HERALD_QUEUE', value: 'memory:' });
    expect(rights(manifests)).toContain('argocd: argoproj.io/applications[] patch');
    expect(manifests.map(({ kind }) => kind)).not.toContain('PersistentVolumeClaim');
  });

  it('install into any namespace, under any name', () => {
    const manifests = renderChart(
      { anyNamespace: { enabled: true, namespaces: ['team-*', 'apps'] }, selfService: { enabled: true } },
      { name: 'told', namespace: 'gitops' },
    );
    for (const { kind, metadata } of manifests) {
      expect(metadata.name).toMatch(/^told-herald/);
      expect(metadata.namespace).toBe(kind.startsWith('Cluster') ? undefined : 'gitops');
    }
    expect(container(manifests).args).toContain('--application-namespaces=team-*,apps');
    expect(container(manifests).args).toContain('--self-service-notification-enabled');
    const other = renderChart({ anyNamespace: { enabled: true } }, { namespace: 'other' });
    const clusterWide = (rendered: Manifest[]) =>
      rendered.filter(({ kind }) => kind.startsWith('Cluster')).map(({ metadata }) => metadata.name);
    expect(clusterWide(manifests).some((name) => clusterWide(other).includes(name))).toBe(false);
  });

  it('that cannot work are refused with what to do', () => {
    expect(() => renderChart({ replicas: 2 })).toThrow('queue.url');
    expect(() => renderChart({ selfService: { enabled: true } })).toThrow('anyNamespace.enabled');
  });

  it('take every null that takes a default away', () => {
    const { securityContext } = renderChart({ securityContext: { runAsUser: null, fsGroup: null } }).find(
      ({ kind }) => kind === 'Deployment',
    ).spec.template.spec;
    expect(securityContext).toMatchObject({ runAsNonRoot: true });
    expect(securityContext).not.toHaveProperty('runAsUser');
  });

  it('name an image by its digest', () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    expect(container(renderChart({ image: { digest } })).image).toBe(`herald@${digest}`);
    expect(container(renderChart({ image: { tag: 1.5 } })).image).toBe('herald:1.5');
  });

  it('install nothing where it is not enabled', () => {
    expect(renderChart({ ...argoHelmValues, enabled: false })).toEqual([]);
  });

  it('make notes of what to look at', () => {
    const notes = renderFile('NOTES.txt', { persistence: { enabled: false } });
    expect(notes).toContain('rollout status deployment/herald');
    expect(notes).toContain('argocd-notifications-controller must not run beside it');
    expect(notes).toContain('neither a volume nor a server');
    expect(renderFile('NOTES.txt', {})).not.toMatch(/neither|too small/);
    const small = { resources: { limits: { memory: '128Mi' } } };
    expect(renderFile('NOTES.txt', small)).toContain('limit of 128Mi is too small');
    expect(renderFile('NOTES.txt', { enabled: false }).trim()).toBe('');
  });
});

describe('values.yaml and values.schema.json', () => {
  const reader = z.fromJSONSchema(schema as never);

  it('agree: the defaults are valid, and each side has every key of the other', () => {
    expect(reader.safeParse(defaults).error?.issues).toBeUndefined();
    const keysOf = (values: JsonObject, shape: JsonObject, at: string): [string, string[], string[]][] => {
      const properties = shape.properties as JsonObject | undefined;
      // Of the fields of the ConfigMap's key none has a default.
      if (properties === undefined || shape.additionalProperties !== false || at === '.argocd') return [];
      const below = Object.entries(values).flatMap(([key, value]) =>
        isObject(value) ? keysOf(value, properties[key] as JsonObject, `${at}.${key}`) : [],
      );
      return [[at, Object.keys(values).toSorted(), Object.keys(properties).toSorted()], ...below];
    };
    const keys = keysOf(defaults, schema, '');
    expect(keys.length).toBeGreaterThan(10);
    for (const [at, ofValues, ofSchema] of keys) expect(ofValues, at).toEqual(ofSchema);
  });

  it.each<[string, JsonObject]>([
    ['a typo', { replica: 2 }],
    ['a typo below', { persistence: { enable: true } }],
    ['a queue that is none', { queue: { url: 'mysql://x' } }],
    ['a trigger without its prefix', { triggers: { 'on-x': '[]' } }],
    ['a level that is none', { logLevel: 'loud' }],
    ['the whole block below its key', { notifications: { enabled: true } }],
  ])('refuse %s', (_what, values) => {
    expect(reader.safeParse(withDefaults(values)).success).toBe(false);
  });

  it('hold every key that a template reads', () => {
    const document = parseDocument(chartFile('values.yaml'));
    expect(document.errors).toEqual([]);
    const read = new Set<string>();
    for (const file of readdirSync(join(chartFolder, 'templates'))) {
      const text = chartFile(`templates/${file}`);
      for (const [, path = ''] of text.matchAll(/\.Values((?:\)?\.[a-zA-Z]+)+)/g)) {
        read.add(path.replaceAll(')', '').slice(1));
      }
    }
    expect(read.size).toBeGreaterThan(60);
    const isThere = (path: string): boolean => {
      const [head = '', ...rest] = path.split('.');
      if (!Object.hasOwn(defaults, head)) return false;
      let value: unknown = defaults[head];
      for (const key of rest) {
        // What has no keys of its own takes any.
        if (!isObject(value) || Object.keys(value).length === 0) return true;
        if (!Object.hasOwn(value, key)) return false;
        value = value[key];
      }
      return true;
    };
    expect([...read].filter((path) => !isThere(path))).toEqual([]);
  });

  it('carry the version of the package', () => {
    const { version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'));
    expect(parse(chartFile('Chart.yaml'))).toMatchObject({ version, appVersion: version });
  });
});
