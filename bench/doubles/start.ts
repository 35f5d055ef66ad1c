import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Child, startChild } from '../child.ts';
import type { KubernetesQuestions } from './kubernetes.ts';
import type { SlackQuestions } from './slack.ts';

/** What is around Herald, each in a process of its own, so that what is measured is not what it costs. */
export interface Doubles {
  kubernetes: Child<KubernetesQuestions>;
  slack: Child<SlackQuestions>;
  /** Of Slack. */
  apiUrl: string;
  token: string;
  /** Of the API server: a file. */
  kubeconfig: string;
  stop(): Promise<void>;
}

/** Milliseconds after which Slack answers. */
export const latency = 200;
/** Milliseconds to wait for messages that may never come. */
export const patience = 300_000;
const token = 'xoxb-bench-0123456789';

/** `isSlackCom`: the configuration names no address of Slack. */
export async function startDoubles({
  applications,
  isSlackCom = false,
}: {
  applications: number;
  isSlackCom?: boolean;
}): Promise<Doubles> {
  const directory = mkdtempSync(join(tmpdir(), 'herald-bench-'));
  const slack = startChild<SlackQuestions>(join(import.meta.dirname, 'slack.ts'));
  // 50,000 Applications of 17 KB, and what has become of them within a minute, are more than Node.js would take.
  const kubernetes = startChild<KubernetesQuestions>(join(import.meta.dirname, 'kubernetes.ts'), {
    NODE_OPTIONS: '--max-old-space-size=8192',
  });
  const apiUrl = await slack.ask('start', { latency });
  const configured = { applications, apiUrl: isSlackCom ? null : apiUrl, token };
  const kubeconfig = join(directory, 'kubeconfig');
  writeFileSync(kubeconfig, await kubernetes.ask('start', configured), { mode: 0o600 });
  return {
    kubernetes,
    slack,
    apiUrl,
    token,
    kubeconfig,
    async stop() {
      await Promise.all([slack.end(), kubernetes.end()]);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
