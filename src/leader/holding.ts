import { silencesOfRow } from '../alerts/ledger-silences.ts';
import type { LabelValues } from '../alerts/matcher.ts';
import { createMatcherIndex } from '../alerts/matcher-index.ts';
import {
  createInhibition,
  createMuteStates,
  type Inhibition,
  type Mute,
  mutedBy,
  nextMuteTime,
  nextSilence,
  type Silence,
  silencedBy,
} from '../alerts/mutes.ts';
import { createRuleBook, type RuleBook } from '../alerts/rule-book.ts';
import { noRules } from '../alerts/rules.ts';
import type { Configurations } from '../configurations/configurations.ts';
import type { Acknowledgement, Row } from '../ledger/rows.ts';
import type { Logger } from '../log.ts';

/** An alert as rules see it: without a destination, and for each one that is told of it. */
export interface HeldAlert {
  key: string;
  configNamespace: string;
  /** It fires, and so may inhibit others. */
  isSource: boolean;
  source: LabelValues;
  destinations: readonly LabelValues[];
}

/** What holds alerts back: the rules of ConfigMaps, silences of the ledger, and which alerts inhibit others. */
export interface Holding {
  book(configNamespace: string): RuleBook;
  /** Whether anything could concern an alert of this configuration. */
  isIdle(configNamespace: string): boolean;
  /** Whether matches with these labels have to be alerts with an end. */
  concerns(configNamespace: string, labels: LabelValues, now: number): boolean;
  /** `own`: silences that stand on its Application. */
  mute(
    alert: { key: string; configNamespace: string },
    labels: LabelValues,
    own: readonly Silence[],
    now: number,
  ): Mute | undefined;
  /** When another silence or mute time of it begins, or one of these times ends, Unix milliseconds. */
  nextMute(
    alert: { configNamespace: string },
    labels: LabelValues,
    own: readonly Silence[],
    now: number,
  ): number | undefined;
  /** Whether a source of inhibition that comes later could hold it back. */
  isTarget(configNamespace: string, labels: LabelValues): boolean;
  /** What people have asked last of an alert; undefined: nothing, or so long ago that the alert has it. */
  acknowledged(key: string): Acknowledgement | undefined;
  /** Replaces the open alerts of an Application. */
  track(uid: string, alerts: readonly HeldAlert[]): void;
  /** Takes what the ledger holds now. */
  take(rows: readonly Row<'silence' | 'acknowledgement'>[]): void;
}

interface Deps {
  configurations: Pick<Configurations, 'get'>;
  /** Something that may hold back or set free alerts of this Application has changed. */
  look(uid: string): void;
  log: Logger;
}

interface Tracked {
  alerts: readonly HeldAlert[];
  /** Where sources could inhibit one of them, by configuration. */
  targets: readonly string[];
}

export function createHolding({ configurations, look, log }: Deps): Holding {
  const books = new Map<string, { rules: object; book: RuleBook; inhibition: Inhibition }>();
  const tracked = new Map<string, Tracked>();
  const uids = new Map<string, string>();
  /** Applications by where sources could inhibit one of their alerts. */
  const targets = new Map<string, Set<string>>();
  const muteState = createMuteStates();
  let silences = new Map<string, { text: string; silences: Silence[] }>();
  let bySilence = createMatcherIndex<Silence>([], ({ matchers }) => matchers);
  let acknowledgements = new Map<string, Acknowledgement>();

  function of(configNamespace: string): { book: RuleBook; inhibition: Inhibition } {
    const rules = configurations.get(configNamespace)?.config.rules ?? noRules;
    const known = books.get(configNamespace);
    if (known?.rules === rules) return known;
    const book = createRuleBook(rules);
    const made = { rules, book, inhibition: createInhibition(book.inhibit) };
    books.set(configNamespace, made);
    // Whoever inhibits under the new rules does so before anything is decided under them.
    for (const { alerts } of tracked.values())
      for (const alert of alerts)
        if (alert.isSource && alert.configNamespace === configNamespace)
          made.inhibition.fires(alert.key, alert.source);
    return made;
  }

  function lookAtTargets(places: readonly string[], besides: string): void {
    for (const place of places) for (const uid of targets.get(place) ?? []) if (uid !== besides) look(uid);
  }

  function setTargets(uid: string, alerts: readonly HeldAlert[]): string[] {
    for (const place of tracked.get(uid)?.targets ?? []) {
      const known = targets.get(place);
      known?.delete(uid);
      if (known?.size === 0) targets.delete(place);
    }
    const places = new Set<string>();
    for (const { configNamespace, destinations } of alerts) {
      if (of(configNamespace).book.inhibit.length === 0) continue;
      for (const labels of destinations)
        for (const place of of(configNamespace).inhibition.targets(labels))
          places.add(placeIn(configNamespace, place));
    }
    for (const place of places) {
      const known = targets.get(place);
      if (known) known.add(uid);
      else targets.set(place, new Set([uid]));
    }
    return [...places];
  }

  /** Looks at the alerts that one of these holds back, or has held back. */
  function lookAtSilenced(changed: readonly Silence[]): void {
    if (changed.length === 0) return;
    const index = createMatcherIndex(changed, ({ matchers }) => matchers);
    for (const [uid, { alerts }] of tracked) {
      const isConcerned = alerts.some(({ destinations }) =>
        destinations.some((labels) => index.matching(labels).length > 0),
      );
      if (isConcerned) look(uid);
    }
  }

  function takeSilences(rows: readonly Row<'silence'>[]): void {
    const next = new Map<string, { text: string; silences: Silence[] }>();
    const changed: Silence[] = [];
    for (const { key, value } of rows) {
      const text = JSON.stringify(value);
      const known = silences.get(key);
      if (known?.text === text) {
        next.set(key, known);
        continue;
      }
      const read = silencesOfRow(key, value);
      if (read.unreadable.length > 0)
        log.warn(
          { silence: key, errors: read.unreadable },
          'A silence cannot be read and holds nothing back',
        );
      next.set(key, { text, silences: read.silences });
      changed.push(...read.silences, ...(known?.silences ?? []));
    }
    for (const [key, known] of silences) if (!next.has(key)) changed.push(...known.silences);
    if (changed.length === 0 && next.size === silences.size) return;
    silences = next;
    bySilence = createMatcherIndex(
      [...next.values()].flatMap((known) => known.silences),
      ({ matchers }) => matchers,
    );
    lookAtSilenced(changed);
  }

  function takeAcknowledgements(rows: readonly Row<'acknowledgement'>[]): void {
    const next = new Map(rows.map(({ key, value }) => [key, value]));
    const changed = new Set([...next.keys(), ...acknowledgements.keys()]).values();
    const before = acknowledgements;
    acknowledgements = next;
    for (const key of changed) {
      if (JSON.stringify(before.get(key)) === JSON.stringify(next.get(key))) continue;
      const uid = uids.get(key);
      if (uid !== undefined) look(uid);
    }
  }

  return {
    book: (configNamespace) => of(configNamespace).book,
    isIdle: (configNamespace) => silences.size === 0 && of(configNamespace).book.isEmpty,
    concerns(configNamespace, labels, now) {
      const { book } = of(configNamespace);
      return (
        book.concerns(labels) ||
        silencedBy(bySilence.matching(labels), labels, now) !== undefined ||
        silencedBy(book.silencesOf(labels), labels, now) !== undefined
      );
    },
    mute({ key, configNamespace }, labels, own, now) {
      const { book, inhibition } = of(configNamespace);
      return (
        silencedBy([...book.silencesOf(labels), ...bySilence.matching(labels), ...own], labels, now) ??
        mutedBy(book.mutesOf(labels), labels, now, muteState) ??
        inhibition.by(key, labels)
      );
    },
    nextMute({ configNamespace }, labels, own, now) {
      const { book } = of(configNamespace);
      const begins = [
        nextSilence([...book.silencesOf(labels), ...bySilence.matching(labels), ...own], labels, now),
        nextMuteTime(book.mutesOf(labels), labels, now, muteState),
      ].filter((at) => at !== undefined);
      return begins.length === 0 ? undefined : Math.min(...begins);
    },
    isTarget: (configNamespace, labels) => of(configNamespace).inhibition.targets(labels).length > 0,
    acknowledged: (key) => acknowledgements.get(key),
    track(uid, alerts) {
      const before = tracked.get(uid);
      if (!before && alerts.length === 0) return;
      const firing = new Set(alerts.filter(({ isSource }) => isSource).map(({ key }) => key));
      for (const { key, configNamespace, isSource } of before?.alerts ?? []) {
        uids.delete(key);
        if (!isSource || firing.has(key)) continue;
        const places = of(configNamespace).inhibition.ended(key);
        lookAtTargets(
          places.map((place) => placeIn(configNamespace, place)),
          uid,
        );
      }
      for (const { key, configNamespace, isSource, source } of alerts) {
        uids.set(key, uid);
        if (!isSource) continue;
        const places = of(configNamespace).inhibition.fires(key, source);
        lookAtTargets(
          places.map((place) => placeIn(configNamespace, place)),
          uid,
        );
      }
      const places = setTargets(uid, alerts);
      if (alerts.length === 0) tracked.delete(uid);
      else tracked.set(uid, { alerts, targets: places });
    },
    take(rows) {
      takeSilences(rows.filter((row) => row.kind === 'silence'));
      takeAcknowledgements(rows.filter((row) => row.kind === 'acknowledgement'));
    },
  };
}

function placeIn(configNamespace: string, place: string): string {
  return `${configNamespace} ${place}`;
}
