import { createHash } from 'node:crypto';
import type {
  ApplicationRecord,
  Applied,
  EpisodeRecord,
  Ledger,
  LedgerChange,
  LoadedApplication,
} from '../../src/episodes/ledger.ts';
import type { Delivery } from '../../src/model.ts';

export function record(uid: string, resource = 'v1'): ApplicationRecord {
  return {
    uid,
    namespace: 'argocd',
    name: `app-${uid}`,
    object: { metadata: { name: `app-${uid}` }, spec: { project: 'default' }, status: { resource } },
  };
}

export interface EpisodeParts {
  trigger?: string;
  oncePer?: string;
  recipient?: string;
  openedAt?: number;
}

export function episode(uid: string, parts: EpisodeParts = {}): EpisodeRecord {
  const { trigger = 'on-sync', oncePer = '', recipient = 'general', openedAt = 1_000 } = parts;
  return {
    key: createHash('sha256')
      .update([uid, trigger, oncePer, recipient].join('\n'))
      .digest('hex')
      .slice(0, 40),
    configNamespace: 'argocd',
    trigger,
    condition: 'condition-0',
    oncePer,
    service: 'slack',
    recipient,
    openedAt,
  };
}

/** A claim as the pipeline makes it: the delivery's id is that of the episode and its occurrence. */
export function claim(
  uid: string,
  parts: EpisodeParts & { observedAt?: number; snapshot?: Delivery['snapshot'] } = {},
): NonNullable<LedgerChange['claim']>[number] {
  const claimed = episode(uid, parts);
  const { observedAt = claimed.openedAt, snapshot = { metadata: { uid }, spec: {} } } = parts;
  return {
    episode: claimed,
    delivery: {
      id: createHash('sha256').update(`${claimed.key}\n${claimed.openedAt}`).digest('hex').slice(0, 40),
      episode: claimed.key,
      reason: 'matched',
      trigger: claimed.trigger,
      condition: claimed.condition,
      oncePer: claimed.oncePer,
      destination: { service: claimed.service, recipient: claimed.recipient },
      templates: ['app-sync-succeeded'],
      application: { uid, namespace: 'argocd', name: `app-${uid}`, project: 'default' },
      configNamespace: 'argocd',
      snapshot,
      observedAt,
    },
  };
}

/** What `load` answers of an Application that has a record. */
export async function loaded(
  ledger: Pick<Ledger, 'load'>,
  uid: string,
): Promise<LoadedApplication | undefined> {
  const answer = await ledger.load(uid);
  return answer && 'record' in answer ? answer : undefined;
}

/** Of a change that no later term has fenced off. */
export function unfenced(answer: Applied): Exclude<Applied, { fenced: true }> {
  if (answer.fenced) throw new Error('fenced off');
  return answer;
}

export async function all<T>(batches: AsyncIterable<T[]>): Promise<T[]> {
  const items: T[] = [];
  for await (const batch of batches) items.push(...batch);
  return items;
}
