/**
 * Every YAML and JSON of a page is what it looks like, and works: keys of the ConfigMap, annotations, manifests. The
 * values of charts and whole kustomizations have a test of their own (install.test.ts), as have the pages of services
 * (services.test.ts) and of alerts (alerts.test.ts).
 */
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments, parseDocument } from 'yaml';
import { silenceAnnotations, silenceProblems } from '../../src/alerts/silence-annotations.ts';
import { checkConfig } from '../../src/config/check.ts';
import { kindOf } from '../../src/config/keys.ts';
import { isObject } from '../../src/json.ts';
import type { Json, JsonObject } from '../../src/model.ts';
import { annotationForm, parseAnnotation } from '../../src/subscriptions/annotations.ts';
import { hasKubectl, kustomize } from '../shipping/kustomize.ts';
import { type Block, blocksOf, pages } from './pages.ts';

type Kind =
  | 'keys of the ConfigMap'
  | 'annotations'
  | 'manifest'
  | 'kustomization'
  | 'values'
  | 'ConfigMaps of Argo CD'
  | 'Slack app';

/** What a block is; undefined: nothing that a reader could tell. */
function kindOfBlock({ text, name }: Block): Kind | undefined {
  if (name === 'manifest of the Slack app') return 'Slack app';
  if (/^values\.yaml\b/.test(name)) return 'values';
  const value = parseAllDocuments(text)[0]?.toJS() as Json;
  if (!isObject(value)) return undefined;
  const keys = Object.keys(value);
  if (value.kind === 'Kustomization' || ['resources', 'patches'].includes(keys[0] ?? ''))
    return 'kustomization';
  if (typeof value.kind === 'string') return 'manifest';
  if (keys.every((key) => key === 'data' || kindOf(key) !== undefined)) return 'keys of the ConfigMap';
  if (keys.join() === 'metadata') return 'annotations';
  return keys.some((key) => /^(?:accounts\.|policy\.csv$)/.test(key)) ? 'ConfigMaps of Argo CD' : undefined;
}

const blocks = pages
  .filter(({ path }) => !path.startsWith('docs/services/'))
  .flatMap((page) => blocksOf(page, 'yaml'))
  .map((block) => ({ ...block, where: `${block.page}:${block.line}`, kind: kindOfBlock(block) }));

const of = (kind: Kind) =>
  blocks.filter((block) => block.kind === kind).map((block) => [block.where, block] as const);

it('every block of YAML is of a kind that is looked at', () => {
  expect(blocks.length).toBeGreaterThan(40);
  expect(blocks.flatMap(({ where, kind }) => (kind === undefined ? [where] : []))).toEqual([]);
});

/** The keys of a block, with `data` around them or without. */
function dataOf(block: Block): Record<string, string> {
  const { data, ...others } = parse(block.text) as { data?: Record<string, string> };
  return { ...(others as Record<string, string>), ...data };
}

/** What a page's blocks define together, so that one may name what stands in another. */
function dataOfPage(page: string): Record<string, string> {
  const own = blocks.filter((block) => block.page === page && block.kind === 'keys of the ConfigMap');
  return Object.assign({}, ...own.map(dataOf)) as Record<string, string>;
}

/** Templates that conditions name and pages leave to their readers. */
function namedTemplates(data: Readonly<Record<string, string>>): Record<string, string> {
  const texts = Object.values(data).flatMap((text) => [...text.matchAll(/send: \[([^\]]*)\]/g)]);
  const names = texts.flatMap(([, list = '']) => list.split(',').map((name) => name.trim()));
  return Object.fromEntries(names.map((name) => [`template.${name}`, 'message: x']));
}

describe('keys of the ConfigMap', () => {
  const configMaps = of('keys of the ConfigMap').filter(([, { page }]) => page !== 'docs/alerts.md');

  it('are some', () => expect(configMaps.length).toBeGreaterThan(12));

  it.each(configMaps)('of %s have no problem', (_where, block) => {
    const around = { 'service.slack': 'token: $slack-token', ...dataOfPage(block.page) };
    expect(problemsOf({ ...namedTemplates(around), ...around })).toEqual([]);
  });
});

function problemsOf(data: Record<string, string>): string[] {
  const configMap = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'argocd-notifications-cm' },
    data,
  };
  const { problems } = checkConfig({
    files: [{ name: 'cm.yaml', text: JSON.stringify(configMap) }],
    now: Date.parse('2026-11-28T00:00:00Z'),
  });
  return problems.map(({ key, what }) => `${key}: ${what}`);
}

it.each(of('annotations'))('annotations of %s are read', (_where, block) => {
  const { metadata } = parse(block.text) as { metadata: { annotations: Record<string, string> } };
  expect(silenceProblems({ ...metadata, labels: {} })).toEqual([]);
  for (const [name, value] of Object.entries(metadata.annotations)) {
    const form = annotationForm(name);
    expect(form !== undefined || silenceAnnotations.includes(name), name).toBe(true);
    expect(form && parseAnnotation(form, name, value).problems, name).toEqual(form && []);
  }
});

describe('manifests', () => {
  const manifests = of('manifest');

  it.each(manifests)('of %s have what every object has', (_where, block) => {
    for (const document of parseAllDocuments(block.text)) {
      expect(document.errors).toEqual([]);
      expect(document.toJS()).toMatchObject({
        apiVersion: expect.stringMatching(/^(?:[\w.]+\/)?v\d/),
        kind: expect.stringMatching(/^[A-Z]/),
        metadata: { name: expect.stringMatching(/^[a-z0-9.-]+$/) },
      });
    }
  });

  const configMaps = manifests.filter(([, block]) => (parse(block.text) as JsonObject).kind === 'ConfigMap');

  it.each(configMaps)('of %s that are a ConfigMap have no problem', (_where, block) => {
    expect(problemsOf((parse(block.text) as { data: Record<string, string> }).data)).toEqual([]);
  });
});

describe('kustomizations', () => {
  it.each(of('kustomization'))('of %s name folders and kinds that there are', async (_where, block) => {
    const { resources = [], components = [], patches = [] } = parse(block.text) as Record<string, unknown[]>;
    const folders = [...resources, ...components].flatMap(
      (each) => /config\/\S+/.exec(String(each))?.[0] ?? [],
    );
    if (hasKubectl) for (const folder of folders) if (!isComponent(folder)) await kustomize(folder);
    for (const patch of patches as { target: Record<string, string> }[]) {
      const { kind, name } = patch.target;
      const known = ['Deployment/argocd-notifications-controller', 'Role/herald-labelled-secrets'];
      expect([...known, 'RoleBinding/herald-labelled-secrets']).toContain(`${kind}/${name}`);
    }
  });

  const isComponent = (folder: string) => folder.includes('/components/');
});

it.each(of('ConfigMaps of Argo CD'))('keys of Argo CD of %s are YAML', (_where, { text }) => {
  expect(parseDocument(text).errors).toEqual([]);
});

const json = pages.flatMap((page) =>
  blocksOf(page, 'json').map((block) => [`${page.path}:${block.line}`, block.text]),
);

it.each(json)('%s is JSON', (_where, text) => {
  expect(() => JSON.parse(text ?? '') as unknown).not.toThrow();
});
