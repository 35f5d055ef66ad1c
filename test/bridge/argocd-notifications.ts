import { parse } from 'yaml';
import type { SimulatedCluster } from '../../simulator/kubernetes/cluster.ts';
import type { SlackSimulator } from '../../simulator/slack.ts';
import { createChangeCounter } from '../../src/alerts/change-history.ts';
import {
  enginePrint,
  notifiedAnnotation,
  parseNotified,
  serialiseNotified,
  stateKey,
} from '../../src/alerts/notified-annotation.ts';
import { readMetadata } from '../../src/cluster/kube-object.ts';
import { parseConfig } from '../../src/config/parse-config.ts';
import { textAt } from '../../src/json.ts';
import type { JsonObject } from '../../src/model.ts';
import { resolveSubscriptions } from '../../src/subscriptions/resolve.ts';
import { conditionVars } from '../../src/triggers/schema.ts';

/**
 * A double of argocd-notifications-controller, as far as it and Herald meet: it evaluates each Application when it changes
 * and at its start, notes in its annotation what it is about to send, sends at once, and writes the annotation afterwards,
 * as the field manager `argocd-notifications`. A template is its `message`, with fields of the Application in it.
 */
export interface ArgocdNotifications {
  start(): void;
  /** Resolves when what it was about is done. */
  stop(): Promise<void>;
}

interface Deps {
  cluster: SimulatedCluster;
  slack: Pick<SlackSimulator, 'apiUrl' | 'token'>;
}

const namespace = 'argocd';

export function createArgocdNotifications({ cluster, slack }: Deps): ArgocdNotifications {
  let isRunning = false;
  let work: Promise<void> = Promise.resolve();
  cluster.onChange(({ type, object }) => {
    if (type !== 'DELETED' && object.kind === 'Application') reconcile(object);
  });

  function reconcile(object: JsonObject): void {
    if (isRunning) work = work.then(() => process(nameOf(object)));
  }

  async function process(name: string): Promise<void> {
    const app = cluster.get({ kind: 'Application', namespace, name });
    const configMap = cluster.get({ kind: 'ConfigMap', namespace, name: 'argocd-notifications-cm' });
    const metadata = app && readMetadata(app);
    if (!isRunning || !app || !metadata || !configMap) return;
    const data = configMap.data as Record<string, string>;
    const config = parseConfig({
      configMap: data,
      secret: { 'slack-token': slack.token },
    });
    const before = metadata.annotations[notifiedAnnotation];
    const state = new Map(parseNotified(before));
    const now = Date.now();
    const counter = createChangeCounter({}, now);
    const vars = conditionVars({
      app,
      context: config.context,
      secrets: {},
      appProject: {},
      now,
      changes: counter.changes,
      operations: counter,
    });
    for (const { trigger, destination } of resolveSubscriptions(metadata, {}, config).subscriptions) {
      for (const condition of config.triggers.get(trigger)?.conditions ?? []) {
        const result = condition.evaluate(vars);
        const parts = { trigger, index: condition.index, condition: condition.id, destination };
        const oncePer = result.status === 'matched' ? enginePrint(result) : '';
        const key = stateKey({ ...parts, oncePer });
        if (result.status !== 'matched') {
          if (condition.oncePer === undefined) state.delete(key);
          continue;
        }
        if (state.has(key)) continue;
        state.set(key, BigInt(Math.floor(now / 1000)));
        for (const template of condition.send) {
          const { message } = parse(data[`template.${template}`] ?? '') as { message: string };
          await post(destination.recipient, render(message, app));
        }
      }
    }
    const text = state.size === 0 ? null : serialiseNotified(state);
    if ((text ?? undefined) === before) return;
    const annotations = { ...metadata.annotations, [notifiedAnnotation]: text };
    cluster.patch(
      { kind: 'Application', namespace, name },
      { metadata: { annotations } },
      'argocd-notifications',
    );
  }

  async function post(channel: string, text: string): Promise<void> {
    const response = await fetch(`${slack.apiUrl.replace(/\/$/, '')}/chat.postMessage`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${slack.token}` },
      body: new URLSearchParams({ channel, text }),
    });
    const answer = (await response.json()) as { ok: boolean; error?: string };
    if (!answer.ok) throw new Error(`Slack answers ${answer.error}`);
  }

  return {
    start() {
      isRunning = true;
      for (const object of cluster.list('Application', namespace)) reconcile(object);
    },
    async stop() {
      // What it is about is sent and noted, as after SIGTERM.
      await work;
      isRunning = false;
    },
  };
}

function render(message: string, app: JsonObject): string {
  return message.replaceAll(/\{\{\s*\.app\.([\w.]+)\s*\}\}/g, (_all, path: string) =>
    textAt(app, ...path.split('.')),
  );
}

function nameOf(object: JsonObject): string {
  return textAt(object, 'metadata', 'name');
}
