import { createHash } from 'node:crypto';
import type { Application, ConditionResult, Delivery, Destination, JsonObject } from '../model.ts';
import type { EpisodeRecord, LedgerChange } from './ledger.ts';

/** One condition's result for one Application and one destination: what `decide` works on. */
export interface Evaluation {
  /** Namespace of the ConfigMap that holds the trigger. */
  configNamespace: string;
  trigger: string;
  /** `Condition.id`. */
  condition: string;
  /** Source text of the condition's oncePer. */
  oncePer?: string;
  /** Names of templates. */
  send: string[];
  destination: Destination;
  result: ConditionResult;
}

/** The episodes of one Application that are open as far as this process knows, by slot. */
export type OpenEpisodes = ReadonlyMap<string, OpenEpisode>;

export interface OpenEpisode {
  key: string;
  oncePer: string;
  /** Unix milliseconds. */
  openedAt: number;
  /** Key of the slot's open episode without oncePer: it outlives a oncePer value that comes and goes. */
  plain?: string;
}

export interface Decision {
  /** What to write; undefined when nothing changed, so that an event without news costs no I/O. */
  change?: Required<Pick<LedgerChange, 'end' | 'claim'>>;
  open: OpenEpisodes;
  /** Whose episode without oncePer is over. */
  ended: Evaluation[];
}

/**
 * Decides what the results of an evaluation mean for the ledger. Pure.
 *
 * - matched: claims the episode unless it is open already. With oncePer each value is an episode of its own.
 * - unmatched: ends the episode without oncePer (the next match is a new one); a oncePer episode stays in the ledger.
 * - failed: changes nothing. Here argocd-notifications forgets its state and sends again (state.json, README a).
 *
 * `known` are the episodes that the ledger held when the Application was loaded: they are not claimed again.
 *
 * Evaluations that are missing (a subscription removed, a selector that no longer matches) change nothing either,
 * as in argocd-notifications (state.json `label-selector`, `subscription-added-later`).
 */
export function decide(
  application: Application,
  evaluations: readonly Evaluation[],
  open: OpenEpisodes,
  at: { now: number; observedAt: number },
  known: ReadonlyMap<string, EpisodeRecord> = new Map(),
): Decision {
  const next = new Map(open);
  const end: string[] = [];
  const claim: NonNullable<LedgerChange['claim']> = [];
  const ended: Evaluation[] = [];
  for (const evaluation of evaluations) {
    const { result } = evaluation;
    const slot = slotOf(evaluation);
    const current = next.get(slot);
    if (result.status === 'unmatched' && current) {
      next.delete(slot);
      if (current.plain !== undefined) {
        end.push(current.plain);
        ended.push(evaluation);
      }
    }
    if (result.status !== 'matched') continue;
    const oncePer = oncePerValue(result, evaluation.oncePer, application.object);
    if (current?.oncePer === oncePer) continue;
    const episode = episodeOf(application, evaluation, oncePer, at.now);
    const plain = oncePer === '' ? episode.key : current?.plain;
    const openedAt = known.get(episode.key)?.openedAt ?? at.now;
    next.set(slot, { key: episode.key, oncePer, openedAt, ...(plain === undefined ? {} : { plain }) });
    if (known.has(episode.key)) continue;
    claim.push({ episode, delivery: deliveryOf(application, evaluation, episode, at.observedAt) });
  }
  return end.length + claim.length > 0
    ? { change: { end, claim }, open: next, ended }
    : { open: next, ended };
}

/** Where an episode stands among those of its Application: everything in its key but the oncePer value. */
export function slotOf(evaluation: Omit<Evaluation, 'result' | 'send' | 'oncePer'>): string {
  const { configNamespace, trigger, condition, destination } = evaluation;
  return JSON.stringify([configNamespace, trigger, condition, destination.service, destination.recipient]);
}

/** The open episodes of an Application as the ledger holds them: those without oncePer. */
export function openEpisodes(uid: string, records: readonly EpisodeRecord[]): OpenEpisodes {
  return new Map(
    records
      .filter((record) => record.oncePer === '')
      .map((record) => {
        const slot = slotOf({ ...record, destination: record });
        const key = episodeKey(uid, slot, '');
        return [slot, { key, oncePer: '', openedAt: record.openedAt, plain: key }];
      }),
  );
}

export function episodeKey(uid: string, slot: string, oncePer: string): string {
  return createHash('sha256').update(`${uid}\n${slot}\n${oncePer}`).digest('hex').slice(0, 40);
}

export function episodeOf(
  application: Application,
  evaluation: Evaluation,
  oncePer: string,
  openedAt: number,
): EpisodeRecord {
  return {
    key: episodeKey(application.uid, slotOf(evaluation), oncePer),
    configNamespace: evaluation.configNamespace,
    trigger: evaluation.trigger,
    condition: evaluation.condition,
    oncePer,
    service: evaluation.destination.service,
    recipient: evaluation.destination.recipient,
    openedAt,
  };
}

/**
 * The value that tells episodes of a condition apart, '' without oncePer.
 *
 * Applications with several sources have no `revision` but `revisions`; argocd-notifications then prints `<nil>`,
 * which never varies, or nothing, which is no oncePer at all. An expression that asks for a revision gets the list.
 */
export function oncePerValue(
  result: Extract<ConditionResult, { status: 'matched' }>,
  expression: string | undefined,
  app: JsonObject,
): string {
  if (result.oncePer.kind === 'value') return result.oncePer.printed;
  if (expression !== undefined && /revision/i.test(expression)) {
    const revisions = revisionsOf(app, /syncResult/.test(expression));
    if (revisions.length > 0) return `[${revisions.join(' ')}]`;
  }
  return result.oncePer.kind === 'nil' ? '<nil>' : '';
}

function revisionsOf(app: JsonObject, ofOperation: boolean): string[] {
  const status = objectAt(app, 'status');
  const synced = objectAt(status, 'sync').revisions;
  const operated = objectAt(objectAt(status, 'operationState'), 'syncResult').revisions;
  const revisions = ofOperation ? (operated ?? synced) : synced;
  return Array.isArray(revisions) ? revisions.filter((revision) => typeof revision === 'string') : [];
}

function objectAt(parent: JsonObject, key: string): JsonObject {
  const value = parent[key];
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? value : {};
}

function deliveryOf(
  application: Application,
  evaluation: Evaluation,
  episode: EpisodeRecord,
  observedAt: number,
): Delivery {
  const { uid, namespace, name, project } = application;
  return {
    id: createHash('sha256').update(`${episode.key}\n${episode.openedAt}`).digest('hex').slice(0, 40),
    episode: episode.key,
    reason: 'matched',
    trigger: evaluation.trigger,
    condition: evaluation.condition,
    oncePer: episode.oncePer,
    destination: evaluation.destination,
    templates: evaluation.send,
    application: { uid, namespace, name, project },
    configNamespace: evaluation.configNamespace,
    snapshot: application.object,
    observedAt,
  };
}
