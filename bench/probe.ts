import { setTimeout as delay } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { request } from 'undici';
import type { Herald } from '../simulator/herald.ts';
import { cpuOf, memoryOf } from './process-figures.ts';
import type { MostFigures } from './scale-figures.ts';

/** What tells that work waits. */
const backlogMetrics = [
  'herald_ledger_backlog',
  'herald_evaluation_backlog',
  'herald_queue_jobs',
  'herald_queue_oldest_due_job_age_seconds',
];

interface Scrape {
  took: number;
  /** Milliseconds of the processor meanwhile. */
  cpu: number;
  bytes: number;
  text: string;
}

/** Looks at a Herald from outside, as a kubelet and a Prometheus do. */
export interface Probe {
  scrape(): Promise<Scrape>;
  /** From now on: memory and `/readyz` every second, a scrape every fifteen. */
  start(): void;
  stop(): Promise<MostFigures>;
}

const second = 1_000;

export function createProbe(herald: Herald): Probe {
  const stopping = new AbortController();
  const { signal } = stopping;
  const most: MostFigures = {
    mostResident: 0,
    readyz: 0,
    notReady: 0,
    notScraped: 0,
    scrape: 0,
    stall: 0,
    metrics: {},
  };
  let running: Promise<unknown> = Promise.resolve();

  async function scrape(): Promise<Scrape> {
    const before = cpuOf(herald.pid);
    const began = performance.now();
    const { body, headers } = await get(`${herald.url}/metrics`);
    const bytes = Buffer.from(await body.arrayBuffer());
    const took = performance.now() - began;
    const cpu = (cpuOf(herald.pid) - before) * second;
    const text = (headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString();
    return { took, cpu, bytes: Buffer.byteLength(text), text };
  }

  async function readyz(): Promise<number> {
    const began = performance.now();
    const response = await get(`${herald.url}/readyz`).catch(() => undefined);
    await response?.body.text();
    if (response?.statusCode !== 200) most.notReady += 1;
    return performance.now() - began;
  }

  async function eachSecond(): Promise<void> {
    const began = performance.now();
    for (let at = 1; !signal.aborted; at += 1) {
      await delay(Math.max(0, began + at * second - performance.now()));
      most.readyz = Math.max(most.readyz, await readyz());
      most.mostResident = Math.max(most.mostResident, memoryOf(herald.pid));
    }
  }

  async function scrapes(): Promise<void> {
    while (!signal.aborted) {
      await delay(15 * second, undefined, { signal }).catch(() => undefined);
      const scraped = await scrape().catch(() => undefined);
      if (scraped === undefined) {
        most.notScraped += 1;
        continue;
      }
      const { took, text } = scraped;
      most.scrape = Math.max(most.scrape, took);
      most.stall = Math.max(most.stall, sumOf(text, 'nodejs_eventloop_lag_max_seconds') * second);
      for (const name of backlogMetrics)
        most.metrics[name] = Math.max(most.metrics[name] ?? 0, sumOf(text, name));
    }
  }

  return {
    scrape,
    start() {
      running = scrape().then(() => Promise.all([eachSecond(), scrapes()]));
    },
    async stop() {
      stopping.abort();
      await running;
      return most;
    },
  };
}

/** As Prometheus asks; a connection of its own each time, since Herald may close one that was kept. */
function get(url: string) {
  return request(url, { reset: true, headers: { 'accept-encoding': 'gzip' } });
}

/** Of all series of a metric. */
function sumOf(text: string, name: string): number {
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}
