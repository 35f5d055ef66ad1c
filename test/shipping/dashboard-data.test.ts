import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { buildDashboard } from '../../scripts/dashboard/dashboard.ts';
import { drawDashboard } from '../../scripts/dashboard/draw.ts';
import { readDashboard, type Span } from '../../scripts/dashboard/prometheus.ts';
import { openPage, startChromium } from '../chromium.ts';
import { tools } from '../tools.ts';
import { startDashboardWorld } from './dashboard-world.ts';
import { query, startPrometheus } from './prometheus.ts';

/**
 * The dashboard's queries, asked of a Prometheus that has scraped a bridge. With `HERALD_DASHBOARD_PICTURE=FILE.png`, and
 * `HERALD_DASHBOARD_SECONDS` for a longer story, what they show is drawn into the file, which `pngquant 64` makes a third as
 * large: docs/images/dashboard.png is of seven minutes.
 */
const picture = process.env['HERALD_DASHBOARD_PICTURE'];
const seconds = Number(process.env['HERALD_DASHBOARD_SECONDS'] ?? 4);
/** Long enough for a machine that is busy: a scrape that is late counts as none. */
const scrapeInterval = picture === undefined ? 1 : 5;
const dashboard = buildDashboard();

test.skipIf(!tools.prometheus)('each panel has data of a bridge, and is drawn with it', async () => {
  const world = await startDashboardWorld();
  const api = await startPrometheus(world.target, { interval: scrapeInterval });
  const from = Date.now() / 1_000;
  let span: Span;
  let data: Awaited<ReturnType<typeof readDashboard>>;
  let empty: string[];
  // What a series tells is known from its second value on.
  do {
    await world.live(seconds);
    const to = Date.now() / 1_000;
    span = { from, to, step: Math.max(1, Math.round((to - from) / 100)), scrapeInterval };
    data = await readDashboard(dashboard, api, span);
    empty = data
      .filter(({ series }) => !series.some(({ points }) => points.length > 0))
      .map(({ panel }) => panel.title);
    if (empty.length > 0) console.info(`no data yet: ${empty.join(', ')}`);
  } while (empty.length > 0);

  // As argocd-notifications' own dashboard asks.
  for (const upstream of [
    'sum(increase(argocd_notifications_trigger_eval_total[1m])) by (name)',
    'sum(increase(argocd_notifications_deliveries_total[1m])) by (service)',
  ])
    expect(
      Math.max(...(await query(api, upstream)).map(({ value: [, value] }) => Number(value))),
    ).toBeGreaterThan(0);

  const headings = dashboard.panels.filter(({ type }) => type === 'row');
  const html = drawDashboard(dashboard.title, headings, data, span);
  expect(html).not.toContain('No data');
  expect(html).not.toMatch(/NaN|Infinity|undefined/);
  if (picture !== undefined) await takePicture(html, picture);
});

async function takePicture(html: string, file: string): Promise<void> {
  const browser = await startChromium();
  try {
    const page = await openPage(browser, { viewport: { width: 1_176, height: 900 } });
    await page.setContent(html);
    writeFileSync(file, await page.screenshot({ fullPage: true }));
  } finally {
    await browser.close();
  }
}
