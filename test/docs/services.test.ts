/** The pages about services: examples that work, and every option and field of the schemas. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseConfig } from '../../src/config/parse-config.ts';
import type { Fields } from '../../src/services/fields.ts';
import type { SectionField, SectionFields } from '../../src/services/schema.ts';
import { schemaOf, schemas } from '../../src/services/schemas.ts';
import { resolveSubscriptions } from '../../src/subscriptions/resolve.ts';
import { privateKey } from '../services/github-double.ts';
import { createServiceAccount } from '../services/service-account.ts';
import { repository } from '../shipping/kustomize.ts';

const docs = join(repository, 'docs');
const read = (path: string) => readFileSync(join(docs, path), 'utf8');
const overview = read('services/README.md');

interface Manifest {
  data?: Record<string, string>;
  metadata?: { annotations?: Record<string, string> };
}

/** The manifests of a page; other YAML has neither `data` nor annotations. */
function manifestsOf(page: string): Manifest[] {
  const blocks = page.matchAll(/^```yaml\n([^]*?)^```$/gm);
  return [...blocks].map(([, text = '']) => parse(text) as Manifest);
}

/** What an owner would put into the Secret; by the end of the key where a bare token will not do. */
function secretFor(key: string): string {
  if (key.startsWith('discord-'))
    return 'https://discord.com/api/webhooks/123456789012345678/0123456789abcdef';
  if (key.endsWith('-workflow-url'))
    return 'https://prod-1.westeurope.logic.azure.com/workflows/1?sig=0123456789abcdef';
  if (key.startsWith('pushover-')) return 'azGDORePK8gMaC0QOYAMyEEuzJnyUi';
  if (key.endsWith('-url')) return 'https://hooks.example/T0/B0/0123456789abcdef';
  if (/privateKey$/i.test(key)) return privateKey;
  if (key.startsWith('gcp-')) return createServiceAccount().json;
  return key.startsWith('nats-seed')
    ? 'SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY'
    : '0123456789abcdef';
}

function namesOf(fields: SectionFields): string[] {
  return Object.entries(fields).flatMap(([name, field]) => [
    ...(name === '*' ? [] : [name]),
    ...(isNested(field)
      ? namesOf(Array.isArray(field) ? (field[0] as SectionFields) : (field as SectionFields))
      : []),
  ]);
}

function isNested(field: SectionField): boolean {
  return typeof field === 'object';
}

function optionsOf(fields: Fields): string[] {
  return Object.entries(fields).flatMap(([name, field]) => {
    if (field.ignored) return [];
    return 'fields' in field ? [name, ...optionsOf(field.fields)] : [name];
  });
}

describe.each(schemas.map(({ type }) => type))('the page of %s', (type) => {
  const page = read(`services/${type}.md`);
  const manifests = manifestsOf(page);
  const schema = schemaOf(type);

  it('has an example without a problem, and a subscription to it', () => {
    const data = manifests.find((each) => each.data !== undefined)?.data ?? {};
    const templates = Object.keys(data).flatMap((key) => (key.startsWith('template.') ? [key.slice(9)] : []));
    const annotations = manifests.find(({ metadata }) => metadata?.annotations)?.metadata?.annotations ?? {};
    const triggers = Object.keys(annotations).map((key) => key.split('.')[3] ?? '');
    const configMap = {
      ...data,
      ...Object.fromEntries(
        triggers.map((name) => [`trigger.${name}`, JSON.stringify([{ when: 'true', send: templates }])]),
      ),
    };
    const { secretKeys } = parseConfig({ configMap, secret: {} });
    const secret = Object.fromEntries(secretKeys.map((key) => [key, secretFor(key)]));
    const config = parseConfig({ configMap, secret });
    expect(config.problems).toEqual([]);
    expect([...config.services.values()].map((service) => service.type)).toEqual([type]);
    expect(templates).not.toEqual([]);
    const { subscriptions, problems } = resolveSubscriptions({ annotations, labels: {} }, {}, config);
    expect(problems).toEqual([]);
    expect(subscriptions.length).toBeGreaterThan(0);
    for (const { destination } of subscriptions)
      expect([...config.services.keys()]).toContain(destination.service);
  });

  it('names every option and every field', () => {
    const names = [...optionsOf(schema?.options ?? {}), ...namesOf(schema?.section?.fields ?? {})];
    const missing = names.filter((name) => !new RegExp(`\\b${name}\\b`).test(page));
    expect(missing).toEqual([]);
  });

  it('says what happens when it fails, and is in the table of what becomes of lost answers', () => {
    expect(page).toMatch(/^## When it fails$/m);
    expect(overview).toContain(`[${type}](${type}.md)`);
  });
});

it('there is no page of a type that does not exist', () => {
  const pages = readdirSync(join(docs, 'services')).map((file) => file.replace(/\.md$/, ''));
  expect(pages.filter((name) => name !== 'README' && schemaOf(name) === undefined)).toEqual([]);
});
