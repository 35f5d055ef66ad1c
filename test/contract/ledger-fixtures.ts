import { createHash } from 'node:crypto';
import type { Change, Committed, Ledger } from '../../src/ledger/ledger.ts';
import type { ApplicationRecord, Notice, Row } from '../../src/ledger/rows.ts';
import type { Delivery, JsonObject } from '../../src/model.ts';

function record(uid: string, resource = 'v1'): ApplicationRecord {
  return {
    uid,
    namespace: 'argocd',
    name: `app-${uid}`,
    object: { metadata: { name: `app-${uid}` }, spec: { project: 'default' }, status: { resource } },
    revision: '1',
  };
}

export function recordRow(uid: string, resource?: string): Row<'application'> {
  return { kind: 'application', key: '', value: record(uid, resource) };
}

export function toldRow(value: string, expiresAt = 90_000): Row<'told'> {
  return { kind: 'told', key: value, value: { since: 1_000 }, expiresAt };
}

export function noticeRow(trigger: string, recipient = 'general'): Row<'notice'> {
  return {
    kind: 'notice',
    key: `${trigger} ${recipient}`,
    value: {
      configNamespace: 'argocd',
      destination: { service: 'slack', recipient },
      of: { trigger, condition: 'condition-0' },
      alerts: [{ key: trigger, oncePer: '', since: 1_000 }],
    },
  };
}

export interface DeliveryParts {
  trigger?: string;
  oncePer?: string;
  recipient?: string;
  service?: string;
  observedAt?: number;
  /** Tells deliveries of the same notice apart. */
  occurrence?: number;
  lane?: string;
  snapshot?: JsonObject;
}

/** A delivery as the pipeline makes it: a lane is of an Application and a destination. */
export function delivery(uid: string, parts: DeliveryParts = {}): Delivery {
  const { trigger = 'on-sync', oncePer = '', recipient = 'general', service = 'slack' } = parts;
  const { observedAt = 1_000, occurrence = 1, snapshot = { metadata: { uid }, spec: {} } } = parts;
  const notice = hashOf(uid, trigger, oncePer, service, recipient);
  return {
    id: hashOf(notice, `${occurrence}`),
    lane: parts.lane ?? hashOf(uid, service, recipient),
    notice,
    reason: 'matched',
    alerts: [
      {
        key: hashOf(uid, trigger, oncePer),
        trigger,
        condition: 'condition-0',
        oncePer,
        application: { uid, namespace: 'argocd', name: `app-${uid}`, project: 'default' },
      },
    ],
    destination: { service, recipient },
    templates: ['app-sync-succeeded'],
    configNamespace: 'argocd',
    observedAt,
    snapshots: [snapshot],
  };
}

function hashOf(...parts: string[]): string {
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 40);
}

/** Commits as a leader does that numbers its writes; answers what is ready. */
export function committer(
  ledger: Ledger,
  term = 0,
): (scope: string, change: Change, number?: number) => Promise<string[]> {
  let last = 0;
  return async (scope, change, number = (last += 1)) =>
    unfenced(await ledger.commit(scope, { term, number }, change));
}

/** Of a change that no later term has fenced off. */
function unfenced(answer: Committed): string[] {
  if (answer.fenced) throw new Error('fenced off');
  return answer.ready;
}

/** What the ledger holds of an Application: its record, and the notices that it has open. */
export async function held(
  ledger: Pick<Ledger, 'load'>,
  uid: string,
): Promise<{ record?: ApplicationRecord; notices: Notice[] }> {
  const rows = await ledger.load(uid, ['application', 'notice']);
  const record = rows.find((row) => row.kind === 'application')?.value;
  return {
    ...(record ? { record } : {}),
    notices: rows.flatMap((row) => (row.kind === 'notice' ? [row.value] : [])),
  };
}

export async function all<T>(batches: AsyncIterable<T[]>): Promise<T[]> {
  const items: T[] = [];
  for await (const batch of batches) items.push(...batch);
  return items;
}
