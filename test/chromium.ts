import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { backstop } from '../simulator/backstop.ts';
import { tools } from './tools.ts';

const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
];

export function startChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: tools.chromium ?? '', args, timeout: backstop });
}

/** Its steps take the time they need, where half a minute is the default. */
export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<Page> {
  const page = await browser.newPage(options);
  page.setDefaultTimeout(backstop);
  return page;
}
