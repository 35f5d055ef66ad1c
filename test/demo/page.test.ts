import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { startPageServer } from '../../demo/page-server.ts';
import { openPage, startChromium } from '../chromium.ts';
import { repository } from '../shipping/kustomize.ts';
import { tools } from '../tools.ts';

function emojiOf(folder: string): Set<string> {
  const sources = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'));
  return new Set(sources.flatMap((source) => source.match(/(?<=[}"' ]):[a-z_]+:(?=[ {"'])/g) ?? []));
}

const message = (text: string, parts: object = {}) => ({
  ts: '1795348800.000100',
  username: 'Argo CD',
  text,
  attachments: [],
  blocks: [],
  replies: [],
  ...parts,
});

const state = {
  status: 'round 1, step 3',
  bridge: 'runs',
  metricsUrl: 'http://127.0.0.1:9001/metrics',
  channels: [
    {
      name: 'alerts',
      messages: [
        message('Sync of <https://argocd.example.com|payments> failed', {
          attachments: [
            {
              color: '#e96d76',
              title: 'payments',
              title_link: 'javascript:alert(1)',
              text: 'ERROR: &lt;!channel&gt; *bold* `code` <img src=x onerror=alert(1)>',
              fields: [{ title: 'Project', value: 'production', short: true }],
              blocks: null,
            },
          ],
        }),
      ],
    },
    {
      name: 'deploys',
      messages: [
        message('rolled out', {
          blocks: [{ type: 'header', text: { type: 'plain_text', text: ':rocket: my-app' } }],
          replies: [message('live'), message('<!here> still live')],
        }),
      ],
    },
  ],
  alerts: [
    {
      state: 'acknowledged',
      severity: 'critical',
      trigger: 'on-sync-failed',
      name: 'payments',
      since: 1_795_348_800_000,
      reasons: ['acknowledged by jane'],
      told: ['slack:alerts'],
    },
    ...['edge-a', 'edge-b', 'edge-c', 'edge-d'].map((name) => ({
      state: 'inhibited',
      severity: 'warning',
      trigger: 'on-health-missing',
      name,
      since: 1_795_348_800_000,
      reasons: ['inhibit 1 <b>'],
      told: [],
    })),
  ],
  timeline: [{ at: 1_795_348_800_000, kind: 'change', text: 'payments fails to sync' }],
  metrics: [{ name: 'deliveries', value: '1' }],
};

describe.skipIf(!tools.chromium)('the page of the demo, in Chromium', () => {
  let browser: Browser;
  let server: Awaited<ReturnType<typeof startPageServer>>;

  beforeAll(async () => {
    browser = await startChromium();
    server = await startPageServer(() => state, [0]);
  });

  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  test('draws attachments, blocks, threads, alerts and figures, and runs nothing that a message holds', async () => {
    const page = await openPage(browser);
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('dialog', (dialog) => errors.push(dialog.message()));
    await page.goto(server.url);

    const attachment = page.locator('.attachment');
    await attachment.waitFor();
    expect(
      await page.evaluate("getComputedStyle(document.querySelector('.attachment')).borderLeftColor"),
    ).toBe('rgb(233, 109, 118)');
    expect(await attachment.innerText()).toContain('<!channel> bold code');
    expect(await attachment.innerText()).toContain('production');
    expect(await attachment.locator('a').first().getAttribute('href')).toBe('#');
    expect(await attachment.locator('img').count()).toBe(0);
    const alerts = page.locator('#alerts li');
    expect(await alerts.count()).toBe(2);
    const [first, second] = await alerts.allInnerTexts();
    for (const text of ['acknowledged', 'payments', 'critical: acknowledged by jane; told to slack:alerts'])
      expect(first).toContain(text);
    for (const text of ['inhibited', 'edge-a, edge-b, 2 more', 'inhibit 1 <b>; nobody is told yet'])
      expect(second).toContain(text);
    expect(await page.locator('#metrics').innerText()).toContain('deliveries');
    expect(await page.locator('#changes').innerText()).toContain('payments fails to sync');

    await page.getByText('# deploys').click();
    expect(await page.locator('.header').innerText()).toBe('🚀 my-app');
    expect(await page.locator('.replies .message').count()).toBe(2);
    expect(await page.locator('.mention').innerText()).toBe('@here');
    expect(errors).toEqual([]);
  });

  test('knows every emoji of the catalogue', async () => {
    const used = emojiOf(join(repository, 'config/catalogue/templates'));
    expect(used.size).toBeGreaterThan(10);
    const page = await openPage(browser);
    await page.goto(server.url);
    const drawn = await page.evaluate(
      `import('/slack.js').then(({ plain }) => ${JSON.stringify([...used])}.map(plain))`,
    );
    expect((drawn as string[]).filter((text) => text.includes(':'))).toEqual([]);
  });

  test('shows alerts without much scrolling where it is narrow', async () => {
    const page = await openPage(browser, { viewport: { width: 400, height: 800 } });
    const messages = state.channels[0]?.messages ?? [];
    const [first] = messages;
    for (let count = 0; first && count < 20; count += 1) messages.push(first);
    onTestFinished(() => void messages.splice(1));
    await page.goto(server.url);
    await page.locator('#alerts li').first().waitFor();
    expect(await page.locator('#messages .message').count()).toBeGreaterThanOrEqual(21);
    expect((await page.locator('#alerts').boundingBox())?.y).toBeLessThan(1_200);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(400);
  });

  test('says that Herald restarts, and not that nothing is firing', async () => {
    const page = await openPage(browser);
    state.bridge = 'restarts';
    await page.goto(server.url);
    const alerts = page.locator('#alerts li');
    await alerts.waitFor();
    expect(await alerts.allInnerTexts()).toEqual([
      expect.stringContaining('Herald restarts: what fires is known when it is ready'),
    ]);
    state.bridge = 'runs';
    state.alerts = [];
    server.publish();
    await page.getByText('nothing is firing').waitFor();
  });
});
