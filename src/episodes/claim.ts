import { createHash } from 'node:crypto';
import type { Application, ConditionResult, Delivery, Destination } from '../model.ts';
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
  /**
   * Key of the slot's open episode without oncePer: it outlives a oncePer value that comes and goes, and shows that the
   * match goes on.
   */
  plain?: string;
  /** Values of oncePer have been told for the slot, and a nil may be among them, which is told once. */
  hadValues?: true;
  /** The match is over; what is known of the slot stays. */
  ended?: true;
}

export interface Decision {
  /** What to write; undefined when nothing changed, so that an event without news costs no I/O. */
  change?: Required<Pick<LedgerChange, 'end' | 'claim' | 'import'>>;
  open: OpenEpisodes;
  /** Whose episode without oncePer is over. */
  ended: Evaluation[];
  /** What would have been sent of oncePer values that only name a match which is told already. */
  named: Delivery[];
}

/**
 * Decides what the results of an evaluation mean for the ledger. Pure.
 *
 * - matched: claims the episode unless it is open already. With oncePer each value is an episode of its own; but where
 *   the match began without a value (a sync whose revision is not known yet), the first value only names it: it is
 *   noted as told (`import`), and nothing is sent.
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
  const told: EpisodeRecord[] = [];
  const named: Delivery[] = [];
  const ended: Evaluation[] = [];
  for (const evaluation of evaluations) {
    const { result } = evaluation;
    const slot = slotOf(evaluation);
    const last = next.get(slot);
    const current = last?.ended ? undefined : last;
    if (result.status === 'unmatched' && current) {
      if (current.hadValues) next.set(slot, { ...current, ended: true });
      else next.delete(slot);
      if (current.plain !== undefined) {
        end.push(current.plain);
        ended.push(evaluation);
      }
    }
    if (result.status !== 'matched') continue;
    const oncePer = oncePerValue(result);
    if (current?.oncePer === oncePer) continue;
    // It was told without a value: that it has none any more is no news.
    if (current?.plain !== undefined && isValueless(oncePer)) continue;
    const episode = episodeOf(application, evaluation, oncePer, at.now);
    const isNamed = current?.plain !== undefined && isValueless(current.oncePer);
    const isFirstNil = oncePer === NIL && !last?.hadValues;
    const opensPlain = oncePer === '' || isFirstNil;
    const plain = opensPlain ? episodeKey(application.uid, slot, '') : current?.plain;
    const openedAt = isNamed ? current.openedAt : (known.get(episode.key)?.openedAt ?? at.now);
    next.set(slot, {
      key: episode.key,
      oncePer,
      openedAt,
      ...(plain === undefined ? {} : { plain }),
      ...(last?.hadValues || oncePer !== '' ? { hadValues: true } : {}),
    });
    // A nil is told once and stays told; the episode beside it shows after a restart that the match goes on.
    if (isFirstNil) told.push({ ...episodeOf(application, evaluation, '', at.now), notifiedAt: at.now });
    if (isNamed) {
      // Written anew where an earlier match has told it, so that `openedAt` shows whose name it is.
      end.push(episode.key);
      told.push({ ...episode, notifiedAt: at.now });
      named.push(deliveryOf(application, evaluation, episode, at.observedAt));
    } else if (!known.has(episode.key)) {
      claim.push({ episode, delivery: deliveryOf(application, evaluation, episode, at.observedAt) });
    }
  }
  return end.length + claim.length + told.length > 0
    ? { change: { end, claim, import: told }, open: next, ended, named }
    : { open: next, ended, named };
}

/** How a oncePer that answers nil is printed, as argocd-notifications does. */
const NIL = '<nil>';

/** No value yet: a match that has none and then gets one is still the same. */
const isValueless = (oncePer: string): boolean => oncePer === '' || oncePer === NIL;

/** Where an episode stands among those of its Application: everything in its key but the oncePer value. */
export function slotOf(evaluation: Omit<Evaluation, 'result' | 'send' | 'oncePer'>): string {
  const { configNamespace, trigger, condition, destination } = evaluation;
  return JSON.stringify([configNamespace, trigger, condition, destination.service, destination.recipient]);
}

/**
 * The open episodes of an Application as the ledger holds them: those without oncePer, each with the value that it has
 * got since. The ledger answers one value of a slot, so that beside any a nil may have been told, too.
 */
export function openEpisodes(uid: string, records: readonly EpisodeRecord[]): OpenEpisodes {
  const open = new Map<string, OpenEpisode>();
  const plainFirst = [...records].sort((a, b) => Number(a.oncePer !== '') - Number(b.oncePer !== ''));
  for (const record of plainFirst) {
    const { oncePer, openedAt } = record;
    const slot = slotOf({ ...record, destination: record });
    const key = episodeKey(uid, slot, oncePer);
    const plain = open.get(slot);
    if (oncePer === '') open.set(slot, { key, oncePer, openedAt, plain: key });
    else if (plain === undefined) open.set(slot, { key, oncePer, openedAt, hadValues: true, ended: true });
    else if (openedAt < plain.openedAt) open.set(slot, { ...plain, hadValues: true });
    else open.set(slot, { ...plain, key, oncePer, hadValues: true });
  }
  return open;
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

/** The value that tells episodes of a condition apart, '' without oncePer. */
export function oncePerValue({
  oncePer,
}: Pick<Extract<ConditionResult, { status: 'matched' }>, 'oncePer'>): string {
  if (oncePer.kind === 'value') return oncePer.printed;
  return oncePer.kind === 'nil' ? NIL : '';
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
