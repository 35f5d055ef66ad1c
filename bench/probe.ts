import { setTimeout as delay } from 'node:timers/promises';
import type { Herald } from '../simulator/herald.ts';
import { cpuOf, memoryOf } from './process-figures.ts';
import type { LoadFigures, Sample } from './scale-figures.ts';

/** What tells that work waits. */
const backlogMetrics = [
  'herald_ledger_backlog',
  'herald_evaluation_backlog',
  'herald_evaluation_lag_seconds',
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
  stop(): Promise<{
    most: Pick<LoadFigures, 'readyz' | 'notReady' | 'notScraped' | 'scrape' | 'stall' | 'metrics'>;
    mostResident: number;
    samples: Sample[];
  }>;
}

const second = 1_000;

export function createProbe(herald: Herald): Probe {
  const stopping = new AbortController();
  const { signal } = stopping;
  const most = {
    readyz: 0,
    notReady: 0,
    notScraped: 0,
    scrape: 0,
    stall: 0,
    metrics: {} as Record<string, number>,
  };
  const samples: Sample[] = [];
  let running: Promise<unknown> = Promise.resolve();

  async function scrape(): Promise<Scrape> {
    const before = cpuOf(herald.pid);
    const began = performance.now();
    const text = await (await fetch(`${herald.url}/metrics`)).text();
    const took = performance.now() - began;
    return { took, cpu: (cpuOf(herald.pid) - before) * second, bytes: Buffer.byteLength(text), text };
  }

  async function readyz(): Promise<number> {
    const began = performance.now();
    const response = await fetch(`${herald.url}/readyz`).catch(() => undefined);
    await response?.text();
    if (!response?.ok) most.notReady += 1;
    return performance.now() - began;
  }

  async function eachSecond(): Promise<void> {
    const began = performance.now();
    let cpu = cpuOf(herald.pid);
    for (let at = 1; !signal.aborted; at += 1) {
      await delay(Math.max(0, began + at * second - performance.now()));
      const took = await readyz();
      const now = cpuOf(herald.pid);
      samples.push({ at, resident: memoryOf(herald.pid), cpu: now - cpu, readyz: took });
      cpu = now;
      most.readyz = Math.max(most.readyz, took);
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
      return { most, mostResident: Math.max(...samples.map(({ resident }) => resident)), samples };
    },
  };
}

/** Of all series of a metric. */
function sumOf(text: string, name: string): number {
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}
