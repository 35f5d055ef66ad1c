import { isObject } from '../json.ts';
import type { Application, ConditionResult, Destination } from '../model.ts';
import type { Evaluation } from './decide.ts';
import { alertKey, type Slot, slotOf } from './keys.ts';
import { isValueless, oncePerValue } from './once-per.ts';

/**
 * The annotation in which argocd-notifications remembers what it has sent: read the first time an Application is
 * seen, so that migrating re-sends nothing, and written on request, for clusters that give Herald no disk.
 */
export const notifiedAnnotation = 'notified.notifications.argoproj.io';

/** Unix seconds at which the engine notified, by state key. */
export type NotifiedState = ReadonlyMap<string, bigint>;

/**
 * Decodes the annotation as the engine does (state.json, `annotation-*`): an object of int64. Any other value in it,
 * `1.5` and `"1"` as much as a nested object, makes all of it unreadable, and unreadable means nothing notified.
 */
export function parseNotified(text: string | undefined): NotifiedState {
  // Hardly any has it, and an error for each would take a tenth of what deciding takes.
  if (text === undefined) return new Map();
  let decoded: unknown;
  try {
    // The literal's own text is needed: JSON.parse alone cannot tell 1.0 from 1.
    decoded = JSON.parse(text, (_key, value: unknown, context?: { source?: string }) => {
      if (value === null) return 0n;
      return typeof value === 'object' ? value : int64(context?.source ?? '');
    });
  } catch {
    return new Map();
  }
  if (!isObject(decoded)) return new Map();
  const entries = Object.entries<unknown>(decoded);
  if (!entries.every((entry): entry is [string, bigint] => typeof entry[1] === 'bigint')) return new Map();
  return new Map(entries.map(([key, at]) => [key.toWellFormed(), at]));
}

/** Throws what is no int64, so that the annotation counts as unreadable. */
function int64(source: string): bigint {
  const value = /^-?\d+$/.test(source) ? BigInt(source) : undefined;
  if (value === undefined || BigInt.asIntN(64, value) !== value) throw new RangeError('not an int64');
  return value;
}

/** The annotation's text, byte for byte as Go's encoding/json writes it: keys sorted by their UTF-8, `<`, `>`, `&` escaped. */
export function serialiseNotified(state: NotifiedState): string {
  const keys = [...state.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return `{${keys.map((key) => `${goJsonString(key)}:${state.get(key)}`).join(',')}}`;
}

export function goJsonString(text: string): string {
  return JSON.stringify(text.toWellFormed()).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** What a state key is made of; `oncePer` is the printed value, '' for none. */
export interface StateKeyParts {
  oncePer: string;
  /** Namespace of a tenant's ConfigMap (self-service); absent for the controller's own. */
  tenant?: string | undefined;
  trigger: string;
  /** Position of the condition in its trigger, and its id. */
  index: number;
  condition: string;
  destination: Destination;
}

/** `[oncePer:][tenant:]trigger:[index].hash:service:recipient` (state.json, `keys`). Nothing in it is escaped. */
export function stateKey(parts: StateKeyParts): string {
  return `${parts.oncePer === '' ? '' : `${parts.oncePer}:`}${keyTail(parts, String(parts.index))}`;
}

function keyTail(parts: Omit<StateKeyParts, 'oncePer' | 'index'>, index: string): string {
  const { tenant, trigger, condition, destination } = parts;
  const hash = condition.replace(/#\d+$/, '');
  const key = `${trigger}:[${index}].${hash}:${destination.service}:${destination.recipient}`;
  return tenant === undefined ? key : `${tenant}:${key}`;
}

/** An evaluation of the Application now, and where its condition stands in the trigger. */
export type ImportCandidate = Evaluation & { index: number };

/** An alert that the annotation shows to be told. */
export interface ImportedAlert extends Slot {
  oncePer: string;
  /** When it was told, Unix milliseconds. */
  since: number;
}

/**
 * The alerts that the annotation shows to be told already, for the evaluations of an Application at first sight.
 *
 * Keys are not parsed (values, recipients and namespaces hold colons): the tail of each key is sought among those that
 * the Application's conditions and destinations make.
 *
 * - Without oncePer an alert is imported while its condition matches, or cannot be told; a condition that no longer
 *   matches has ended it, as the engine drops its key then.
 * - With oncePer every value in the annotation is imported, so that going back to one stays silent, as in the engine.
 *   Reordered conditions keep their values, though the engine would send again.
 * - Where the engine printed `<nil>` or nothing for an Application with several sources, and Herald has a value
 *   (`oncePerValue`), the current value counts as notified, unless values that Herald has mirrored say which are.
 */
export function importAlerts(
  application: Application,
  candidates: readonly ImportCandidate[],
  options: { controllerNamespace: string; now: number },
): ImportedAlert[] {
  const state = parseNotified(application.annotations[notifiedAnnotation]);
  if (state.size === 0) return [];
  const tails = tailsOf(candidates, options.controllerNamespace);
  const alerts = new Map<string, ImportedAlert>();
  const entries = [...state].flatMap(([key, seconds]) => {
    const found = candidateOf(key, tails);
    return found ? [{ found, seconds }] : [];
  });
  /** Those with a value of Herald's own: the engine's key beside it says nothing more. */
  const mirrored = new Set(
    entries.filter(({ found }) => found.printed.startsWith('[')).map(({ found }) => found.candidate),
  );
  for (const { found, seconds } of entries) {
    const isBeside = mirrored.has(found.candidate) && isValueless(found.printed);
    const oncePer = isBeside ? undefined : oncePerToImport(found);
    if (oncePer === undefined) continue;
    const since = clamp(Number(seconds) * 1000, options.now);
    const { configNamespace, trigger, condition, destination } = found.candidate;
    const alert = { configNamespace, trigger, condition, destination, oncePer, since };
    const identity = alertKey(slotOf(alert), alert);
    const other = alerts.get(identity);
    if (!other || other.since < since) alerts.set(identity, alert);
  }
  return [...alerts.values()];
}

/**
 * Evaluations at first sight whose condition no longer matches, though the annotation has them as notified: when the
 * annotation is written, too, what they left in it must go, or the next match counts as told after a restart.
 */
export function endedMeanwhile(
  application: Application,
  candidates: readonly ImportCandidate[],
  controllerNamespace: string,
): ImportCandidate[] {
  const state = parseNotified(application.annotations[notifiedAnnotation]);
  if (state.size === 0) return [];
  return candidates.filter((candidate) => {
    const tenant = tenantOf(candidate.configNamespace, controllerNamespace);
    return (
      candidate.result.status === 'unmatched' && state.has(stateKey({ ...candidate, tenant, oncePer: '' }))
    );
  });
}

/** The end of a state key: `before`, or where any index will do `before`, the digits of one and `after`. */
interface Tail {
  before: string;
  after?: string;
  candidate: ImportCandidate;
}

/** Exact tails, and behind them for oncePer conditions tails with any index. */
function tailsOf(candidates: readonly ImportCandidate[], controllerNamespace: string): Tail[] {
  const exact = new Map<string, Tail>();
  const anyIndex = new Map<string, Tail>();
  for (const candidate of candidates) {
    const tenant = tenantOf(candidate.configNamespace, controllerNamespace);
    const before = keyTail({ ...candidate, tenant }, String(candidate.index));
    exact.set(before, { before, candidate });
    if (candidate.oncePer === undefined) continue;
    const any = keyTail({ ...candidate, tenant }, '*');
    const at = any.indexOf('[*]') + 1;
    if (!anyIndex.has(any))
      anyIndex.set(any, { before: any.slice(0, at), after: any.slice(at + 1), candidate });
  }
  return [...exact.values(), ...anyIndex.values()];
}

/** The namespace that prefixes the keys of a tenant's own configuration. */
export function tenantOf(configNamespace: string, controllerNamespace: string): string | undefined {
  return configNamespace === controllerNamespace ? undefined : configNamespace;
}

/**
 * The longest tail wins, so that a tenant's key is not taken for the controller's with the namespace as its value; of
 * two the exact one. A key is compared with each tail rather than cut at each colon: it may be as long as annotations get.
 */
function candidateOf(
  key: string,
  tails: readonly Tail[],
): { candidate: ImportCandidate; printed: string } | undefined {
  let found: { start: number; candidate: ImportCandidate } | undefined;
  for (const tail of tails) {
    const start = startOf(key, tail);
    const isLonger = start !== undefined && (found === undefined || start < found.start);
    if (isLonger) found = { start, candidate: tail.candidate };
  }
  return found && { candidate: found.candidate, printed: key.slice(0, Math.max(found.start - 1, 0)) };
}

/** Where the tail of the key begins; undefined when it has another. */
function startOf(key: string, { before, after }: Tail): number | undefined {
  let end = key.length;
  if (after !== undefined) {
    if (!key.endsWith(after)) return undefined;
    const index = end - after.length;
    end = index;
    while (isDigit(key[end - 1])) end -= 1;
    if (end === index) return undefined;
  }
  if (!key.endsWith(before, end)) return undefined;
  const start = end - before.length;
  return start === 0 || key[start - 1] === ':' ? start : undefined;
}

function isDigit(character: string | undefined): boolean {
  return character !== undefined && character >= '0' && character <= '9';
}

/** The value under which an entry counts; undefined for one that means nothing any more. */
function oncePerToImport({
  candidate,
  printed,
}: {
  candidate: ImportCandidate;
  printed: string;
}): string | undefined {
  const { result, oncePer } = candidate;
  if (oncePer === undefined) return printed === '' && result.status !== 'unmatched' ? '' : undefined;
  if (result.status === 'matched' && printed === enginePrint(result)) return oncePerValue(result);
  return printed === '' && result.status !== 'failed' ? undefined : printed;
}

/** As argocd-notifications prints the value into its keys; '' is no value to it. */
export function enginePrint({
  oncePer,
  plainOncePer,
}: Pick<Extract<ConditionResult, { status: 'matched' }>, 'oncePer' | 'plainOncePer'>): string {
  return oncePerValue({ oncePer: plainOncePer ?? oncePer });
}

function clamp(at: number, now: number): number {
  return Math.min(Math.max(at, 0), now);
}
