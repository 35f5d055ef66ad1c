/** Herald as users start it, beside doubles in processes of their own. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createHerald, type Herald } from '../simulator/herald.ts';
import { type Doubles, patience, startDoubles } from './doubles/start.ts';
import { emptyStore } from './stores.ts';

export interface Installation {
  doubles: Doubles;
  herald: Herald;
  /** URL of the store. */
  queue: string;
  /** Milliseconds from Herald's start until its first message reached Slack. */
  start(): Promise<number>;
  /** Resolves when it says that it is ready. */
  ready(): Promise<void>;
  stop(): Promise<void>;
}

interface Options {
  applications: number;
  store: string;
  /** @defaultValue this one */
  checkout?: string | undefined;
  /** Of the process that is measured: where its profile is written. */
  profile?: string | undefined;
}

export async function createInstallation({
  applications,
  store,
  checkout = resolve(import.meta.dirname, '..'),
  profile,
}: Options): Promise<Installation> {
  const { url: queue, remove } = await emptyStore(store);
  const doubles = await startDoubles({ applications });
  const profiling = profile === undefined ? '' : `--cpu-prof --cpu-prof-dir=${profile}`;
  const ended = Promise.withResolvers<never>();
  ended.promise.catch(() => undefined);
  const herald = createHerald({
    kubeconfig: doubles.kubeconfig,
    queue,
    checkout,
    env: { NODE_OPTIONS: `${optionsOfImage(checkout)} ${profiling}` },
    onLog: (entry) => void (entry.level === 'error' && process.stderr.write(`${JSON.stringify(entry)}\n`)),
    onExit: (code) => ended.reject(new Error(`Herald has ended with ${code}`)),
  });
  let ready: Promise<void> | undefined;
  return {
    doubles,
    herald,
    queue,
    async start() {
      const began = performance.timeOrigin + performance.now();
      ready = herald.start();
      ready.catch(() => undefined);
      const { arrivals } = await Promise.race([
        doubles.slack.ask('arrived', { count: 1, patience }),
        ended.promise,
      ]);
      if (arrivals.size === 0) throw new Error(`Nothing has been told in ${patience} ms`);
      return Math.min(...arrivals.values()) - began;
    },
    async ready() {
      await ready;
    },
    async stop() {
      await herald.stop();
      await doubles.stop();
      await remove();
    },
  };
}

/** What the image of that checkout gives to Node.js. */
function optionsOfImage(checkout: string): string {
  return /^ENV NODE_OPTIONS=(.*)$/m.exec(readFileSync(join(checkout, 'Dockerfile'), 'utf8'))?.[1] ?? '';
}
