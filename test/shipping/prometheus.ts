import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { freePort } from '../../simulator/free-port.ts';

/**
 * Starts a Prometheus of its own that scrapes the target, as the job `herald`; answers the address of its API. It ends with
 * the test.
 */
export async function startPrometheus(
  target: string,
  { rules, interval = 0.2 }: { rules?: string /** Seconds. */; interval?: number } = {},
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'herald-prometheus-'));
  const port = await freePort();
  const config = join(folder, 'prometheus.yaml');
  const every = `${interval * 1_000}ms`;
  await writeFile(
    config,
    stringify({
      global: { scrape_interval: every, scrape_timeout: every, evaluation_interval: every },
      rule_files: rules === undefined ? [] : [rules],
      scrape_configs: [{ job_name: 'herald', static_configs: [{ targets: [target] }] }],
    }),
  );
  const prometheus = spawn(
    'prometheus',
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  onTestFinished(async () => {
    prometheus.kill('SIGKILL');
    if (prometheus.exitCode === null && prometheus.signalCode === null) await once(prometheus, 'exit');
    await rm(folder, { recursive: true });
  });
  await until(async () => (await fetch(`http://127.0.0.1:${port}/-/ready`)).ok);
  return `http://127.0.0.1:${port}/api/v1`;
}

export interface Sample {
  metric: Record<string, string>;
  value: [number, string];
}

export async function query(api: string, expression: string): Promise<Sample[]> {
  const response = await fetch(`${api}/query?query=${encodeURIComponent(expression)}`);
  const body = (await response.json()) as { error?: string; data: { result: Sample[] } };
  expect(body.error, expression).toBeUndefined();
  return body.data.result;
}

/** Prometheus tells nobody when it has scraped, so it is asked again and again. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition().catch(() => false))) await new Promise((resolve) => setTimeout(resolve, 100));
}
