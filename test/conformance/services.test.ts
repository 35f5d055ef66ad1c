import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readFixtures } from './fixtures.ts';
import { readServiceVectors, runServices, type ServiceVectors } from './run-services.ts';
import { differenceRows, loadDifferences } from './services/difference.ts';

const file = (name: string): string => join(import.meta.dirname, name);

it('every service that Herald has puts on the wire what argocd-notifications does, but for what is documented', async () => {
  const vectors = readServiceVectors(file('services.json'));
  const verdicts = await runServices(vectors, readFixtures(file('fixtures.json')));
  const failed = verdicts.filter(({ status }) => status === 'failed');
  expect(failed.map(({ name, detail }) => `${name}: ${detail?.slice(0, 300)}`)).toEqual([]);
  expect(verdicts).toHaveLength(vectors.cases.length);
});

it('what is documented is what the runner allows (npm run conformance -- --differences)', async () => {
  const documented = readFileSync(file('../../docs/conformance.md'), 'utf8');
  expect(documented).toContain(differenceRows(await loadDifferences()).join('\n'));
});

describe('a case fails', () => {
  const vectors = readServiceVectors(file('services.json'));
  const first = structuredClone(vectors.cases.find(({ service }) => service === 'webhook'));
  if (first === undefined) throw new Error('no case of a webhook');
  const [request] = first.expect.requests;

  it.each<[string, Partial<ServiceVectors['cases'][number]>, RegExp]>([
    [
      'that expects another body',
      { expect: { requests: [{ ...request, body: 'x' }], error: null } },
      /requests/,
    ],
    [
      'that expects another header',
      { expect: { requests: [{ ...request, headers: { a: '' } }], error: null } },
      /requests/,
    ],
    ['that expects no request', { expect: { requests: [], error: null } }, /requests/],
    ['that expects an error', { expect: { requests: [], error: 'options' } }, /expected options, got sent/],
    ['whose server refuses', { server: [{ status: 400 }] }, /expected sent, got rejected:notification/],
    ['whose host has a bad certificate', { tls: { [request?.host ?? '']: 'expired' } }, /got retry:tls/],
    [
      'whose error shows a secret',
      { secrets: { a: 'hooks.hartwell' }, server: [{ status: 500 }] },
      /Secret's a/,
    ],
    ['of a kind that nobody knows', { expect: { requests: [], error: 'strange' } }, /strange/],
  ])('%s', async (_what, changed, detail) => {
    const cases = [{ ...first, ...changed }];
    const [verdict] = await runServices({ ...vectors, cases }, readFixtures(file('fixtures.json')));
    expect(verdict).toMatchObject({ status: 'failed', detail: expect.stringMatching(detail) });
  });

  it('where the file drops what the runner does not know', async () => {
    const artefacts = [{ service: 'webhook', drop: ['headers.x'] }];
    const meta = { ...vectors.meta, artefacts };
    const running = runServices({ ...vectors, meta }, readFixtures(file('fixtures.json')));
    await expect(running).rejects.toThrow('services.json names an artefact');
  });
});

describe('a difference shows where it should', () => {
  const vectors = readServiceVectors(file('services.json'));
  const caseOf = (service: string) => {
    const found = vectors.cases.find((each) => each.service === service && each.expect.error === null);
    if (found === undefined) throw new Error(`no case of ${service}`);
    return structuredClone(found);
  };
  type Case = ServiceVectors['cases'][number];
  const request = (of: string, changes: object) => ({ ...caseOf(of).expect.requests[0], ...changes });

  it.each<[string, string, Partial<Case>]>([
    [
      'a path behind a query',
      'webhook',
      {
        options: 'url: https://hooks.hartwell.example/base?key=$k\n',
        secrets: { k: 'abc' },
        templates: { t: 'webhook: {webhook: {path: "/a?b=1", body: x}}\n' },
        expect: { requests: [request('webhook', { query: 'key=abc/a?b=1', body: 'x' })], error: null },
      },
    ],
    [
      'a method in lower case',
      'webhook',
      {
        templates: { t: 'webhook: {webhook: {method: post, body: x}}\n' },
        expect: { requests: [request('webhook', { method: 'post', body: 'x' })], error: null },
      },
    ],
    [
      'a slash at the end of the URL',
      'mattermost',
      {
        options: 'apiURL: https://mattermost.hartwell.example/\ntoken: $mattermost-token\n',
        expect: { requests: [request('mattermost', { path: '//api/v4/posts' })], error: null },
      },
    ],
    [
      'a token that the Secret does not have',
      'webex',
      {
        secrets: {},
        expect: {
          requests: [request('webex', { headers: { authorization: 'Bearer $webex-token' } })],
          error: null,
        },
      },
    ],
  ])('%s', async (_what, service, changed) => {
    const cases = [{ ...caseOf(service), ...changed }];
    const [verdict] = await runServices({ ...vectors, cases }, readFixtures(file('fixtures.json')));
    expect(verdict).toMatchObject({ status: 'documented' });
  });
});
