import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { startPageServer } from '../../demo/page-server.ts';
import { tools } from '../../test/tools.ts';
import type { ShownMessages } from './tell.ts';

/** In CSS pixels: of the messages, of the page's channels on their left, and of all that is beside them. */
const width = 640;
const leftOf = 210;
const besides = 610;
/** Of a browser that a busy machine starts, in milliseconds. */
const patience = 120_000;

/** Messages as the page of the demo draws them, in Chromium, as PNGs of at most 32 colours: by file, what is on it. */
export async function draw(pictures: ReadonlyMap<string, ShownMessages>): Promise<void> {
  const channels = [...pictures.values()].map((messages, index) => ({ name: `${index}`, messages }));
  const server = await startPageServer(() => stateOf(channels), [0]);
  const browser = await chromium.launch({
    executablePath: tools.chromium ?? '',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking'],
    timeout: patience,
  });
  try {
    const page = await browser.newPage({
      viewport: { width: width + besides, height: 4_000 },
      deviceScaleFactor: 1.5,
      timezoneId: 'UTC',
    });
    page.setDefaultTimeout(patience);
    await page.goto(server.url, { timeout: patience, waitUntil: 'domcontentloaded' });
    for (const [index, file] of [...pictures.keys()].entries()) {
      await page.locator('#channels button').nth(index).click();
      const box = (await page.evaluate(boxOfMessages)) as { y: number; height: number };
      const clip = { x: leftOf, width, ...box };
      writeFileSync(file, await page.screenshot({ clip, timeout: patience }));
      execFileSync('pngquant', ['--force', '--strip', '--output', file, '32', file]);
      console.log(file);
    }
  } finally {
    await browser.close();
    await server.close();
  }
}

const boxOfMessages = `(() => {
  const boxes = [...document.querySelectorAll('#messages > .message')].map((each) => each.getBoundingClientRect());
  return { y: boxes[0].top, height: boxes.at(-1).bottom - boxes[0].top };
})()`;

function stateOf(channels: { name: string; messages: ShownMessages }[]) {
  return {
    status: '',
    bridge: 'runs',
    metricsUrl: '',
    channels,
    alerts: [],
    timeline: [],
    metrics: [],
  };
}
