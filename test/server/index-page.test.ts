import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createMetrics } from '../../src/metrics.ts';
import type { HealthChecks } from '../../src/server/health.ts';
import { createServer, type Server } from '../../src/server/server.ts';
import { openPage, startChromium } from '../chromium.ts';
import { tools } from '../tools.ts';

const servers: Server[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close(0)));
});

const well = (reason: string) => () => ({ ok: true, reason });
const healthz: HealthChecks = { watch: well('alive') };
const leading: HealthChecks = { store: well('answers'), lists: well('done'), role: well('leads') };

/** Serves it and answers the address of the page. */
async function serve(readyz: HealthChecks = leading, docs?: string): Promise<string> {
  const server = createServer(
    {
      version: '1.2.3',
      docs,
      metrics: createMetrics({ version: '1', processMetrics: false }),
      health: { healthz, readyz },
    },
    { port: 0, host: '127.0.0.1' },
  );
  servers.push(server);
  return `http://127.0.0.1:${await server.open()}/`;
}

const asBrowser = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };
const html = async (url: string) => (await fetch(url, { headers: asBrowser })).text();
const text = async (url: string) => (await fetch(url)).text();

describe('the start page', () => {
  it('has name, version, health, who leads, links, and what comes next', async () => {
    const page = await html(await serve(leading, 'https://docs.example.com/v1.2.3'));
    expect(page).toContain('<h1>Herald 1.2.3</h1>');
    expect(page).toContain('<span class="ok">healthy</span>, <span class="ok">ready</span>');
    expect(page).toContain('This replica leads');
    for (const target of ['/metrics', '/healthz', '/readyz', 'https://docs.example.com/v1.2.3'])
      expect(page).toContain(`href="${target}"`);
    expect(page).toContain('<td>/readyz</td><td>lists</td><td><span class="ok">ok</span></td><td>done</td>');
    expect(page).toContain('A console with alerts, silences and deliveries comes next');
  });

  it('says the same as text to whoever does not ask for HTML', async () => {
    expect(await text(await serve())).toBe(`Herald 1.2.3
Notifications and alerts for Argo CD: healthy, ready. This replica leads: it watches Applications and decides.

/healthz watch: ok, alive
/readyz store: ok, answers
/readyz lists: ok, done
/readyz role: ok, leads

/metrics: figures for Prometheus
/healthz: whether a restart is needed
/readyz: whether notifications are sent
Documentation: docs/README.md in the repository

A console with alerts, silences and deliveries comes next; it will be here.
Until then the command line in the pod shows them: herald alerts, herald deliveries, herald explain APP, herald doctor.
`);
  });

  it.each([
    ['*/*', 'text/plain'],
    ['text/plain', 'text/plain'],
    ['application/json', 'text/plain'],
    ['text/html;q=0, */*', 'text/plain'],
    ['text/html;q=0.1, text/plain', 'text/plain'],
    ['text/html;q=nonsense', 'text/plain'],
    ['TEXT/HTML', 'text/html'],
    ['text/plain;q=0.5, text/html ; q=0.9', 'text/html'],
  ])('is for Accept: %s of type %s', async (accept, type) => {
    const response = await fetch(await serve(), { headers: { accept } });
    expect(response.headers.get('content-type')).toBe(`${type}; charset=utf-8`);
    expect(response.headers.get('vary')).toBe('accept');
  });

  it('says which check is not ok, with nothing of it as markup, and answers 200 all the same', async () => {
    const url = await serve({ store: () => ({ ok: false, reason: 'not <open> yet' }), role: well('leads') });
    const response = await fetch(url, { headers: asBrowser });
    expect(response.status).toBe(200);
    const page = await response.text();
    expect(page).toContain('<span class="bad">not ready</span>');
    expect(page).toContain(
      '<td>store</td><td><span class="bad">not ok</span></td><td>not &#60;open&#62; yet',
    );
    expect(await text(url)).toContain('healthy, not ready.');
  });

  it.each([
    [well('stands by'), 'This replica stands by'],
    [well('leads; argocd-notifications notifies of the same Applications'), 'This replica leads'],
    [() => ({ ok: false, reason: 'not known yet' }), 'It is not known yet whether this replica leads'],
  ])('says who leads (%#)', async (role, sentence) => {
    const url = await serve({ role });
    expect(await html(url)).toContain(sentence);
    expect(await text(url)).toContain(sentence);
  });

  it('has no scripts, nothing from elsewhere, and headers that forbid both', async () => {
    const response = await fetch(await serve(), { headers: asBrowser });
    const page = await response.text();
    expect(page).not.toMatch(/<(script|img|link|iframe|form|object)\b|\son\w+=|\bsrc=|@import|url\(/i);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'content-security-policy': expect.stringMatching(
        /^default-src 'none'; style-src 'sha256-[^']+'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/,
      ),
    });
  });
});

describe.skipIf(!tools.chromium)('the start page, in Chromium', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startChromium();
  });
  afterAll(() => browser?.close());

  it('is drawn with its own style, without a complaint, and its links lead to what they name', async () => {
    const page = await openPage(browser);
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    const url = await serve();
    await page.goto(url);
    expect(await page.evaluate('getComputedStyle(document.body).maxWidth')).toBe('768px');
    expect(await page.locator('h1').innerText()).toBe('Herald 1.2.3');
    await page.getByRole('link', { name: '/readyz' }).click();
    expect(page.url()).toBe(`${url}readyz`);
    expect(complaints).toEqual([]);
  });
});
