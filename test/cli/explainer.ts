import { setTimeout as delay } from 'node:timers/promises';
import { backstop } from '../../simulator/backstop.ts';
import type { KubernetesSimulator } from '../../simulator/kubernetes.ts';
import { kubeconfigOf } from '../bridge/start-bridge.ts';
import { herald } from './support.ts';

export interface Why {
  kind: string;
  sentence: string;
  mend?: string;
}

/** `herald explain` of a cluster and a queue, and why nothing is sent according to it. */
export function explainer(kubernetes: KubernetesSimulator, queue: string) {
  const run = async (app: string, ...flags: string[]) =>
    herald([
      'explain',
      app,
      '--kubeconfig',
      await kubeconfigOf(kubernetes),
      '--queue',
      queue,
      '--bridge=',
      ...flags,
    ]);
  async function why(app: string, ...flags: string[]): Promise<Why> {
    const { stdout, stderr } = await run(app, '-o', 'json', ...flags);
    if (stdout === '') throw new Error(stderr);
    return (JSON.parse(stdout) as { why: Why }).why;
  }
  return {
    run,
    why,
    /** Nothing tells of what the bridge has written: it is looked at again. */
    async until(kind: string, app: string, ...flags: string[]): Promise<Why> {
      const end = Date.now() + backstop;
      for (;;) {
        const found = await why(app, ...flags);
        if (found.kind === kind) return found;
        if (Date.now() > end) throw new Error(`${app} is still ${JSON.stringify(found)}`);
        await delay(50);
      }
    },
  };
}
