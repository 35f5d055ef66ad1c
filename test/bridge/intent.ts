import { decide, type Evaluation } from '../../src/episodes/claim.ts';
import { createLedger } from '../../src/episodes/store-ledger.ts';
import type { JsonObject } from '../../src/model.ts';
import { compileTrigger } from '../../src/triggers/schema.ts';
import { openForTest } from '../contract/stores.ts';

/** Leaves in the store what a process leaves that is killed between a claim and its job. Nothing else may use it. */
export async function claimWithoutJob(
  url: string,
  object: JsonObject,
  intent: { trigger: string; text: string; channel: string },
): Promise<void> {
  const { trigger, text, channel } = intent;
  const [condition] = compileTrigger(trigger, text).trigger?.conditions ?? [];
  const metadata = object.metadata as { uid: string; name: string; namespace: string };
  const app = { ...metadata, project: 'default', resourceVersion: '1', labels: {}, annotations: {}, object };
  const evaluation: Evaluation = {
    configNamespace: 'argocd',
    trigger,
    condition: condition?.id ?? '',
    send: condition?.send ?? [],
    destination: { service: 'slack', recipient: channel },
    result: { status: 'matched', oncePer: { kind: 'none' } },
  };
  const now = Date.now();
  const { change } = decide(app, [evaluation], new Map(), { now, observedAt: now });
  const store = await openForTest(url);
  try {
    const record = { uid: app.uid, namespace: app.namespace, name: app.name, object };
    await createLedger(store).apply(app.uid, { ...change, record }, 1_000_000);
  } finally {
    await store.close(5_000);
  }
}
