import { decide, type Evaluation, partsToWrite } from '../../src/alerts/decide.ts';
import { piecesOf } from '../../src/ledger/pieces.ts';
import { createLedger } from '../../src/ledger/store-ledger.ts';
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
  const decided = decide(app, [evaluation], new Map(), { now, observedAt: now });
  const { parts } = partsToWrite(decided.parts, new Set());
  const store = await openForTest(url);
  try {
    const value = { uid: app.uid, namespace: app.namespace, name: app.name, object, revision: '1' };
    const [change = {}] = piecesOf({ parts, last: { put: [{ kind: 'application', key: '', value }] } });
    await createLedger(store).commit(app.uid, { term: 0, number: 1 }, change);
  } finally {
    await store.close(5_000);
  }
}
