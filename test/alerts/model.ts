import { partsToWrite } from '../../src/alerts/decide.ts';
import { noRules } from '../../src/alerts/rules.ts';
import { compileGroups, compileInhibit, compileMuteTimes } from '../../src/alerts/schema.ts';
import type { ActiveConfig } from '../../src/configurations/configurations.ts';
import { createAlertReport } from '../../src/leader/alert-report.ts';
import { createDeciding } from '../../src/leader/deciding.ts';
import type { AlertEvaluation } from '../../src/leader/evaluate.ts';
import { createGroups, type Groups } from '../../src/leader/groups.ts';
import { createHolding, type Holding } from '../../src/leader/holding.ts';
import { createLeaving } from '../../src/leader/leaving.ts';
import type { LoadedRow } from '../../src/leader/loading.ts';
import { createOngoing } from '../../src/leader/ongoing.ts';
import type { Hold } from '../../src/leader/progress.ts';
import { createTracked, restore, type Tracked } from '../../src/leader/tracked.ts';
import type { Write } from '../../src/leader/writer.ts';
import type { Part } from '../../src/ledger/pieces.ts';
import type { Row, RowKind, ScopedRow, Silence } from '../../src/ledger/rows.ts';
import { createLog } from '../../src/log.ts';
import type { Application, ConditionResult, Delivery } from '../../src/model.ts';
import { application } from '../../src/testing/fixtures.ts';

/** What the conditions of the one trigger say, and to whom. */
export interface Policy {
  for: number;
  keepFiring: number;
  repeat?: number;
  severity: string;
  /** Changes with what `when` says. */
  condition: string;
  groups: string;
  inhibit: string;
  muteTimes: string;
}

export interface Shape {
  result: 'matched' | 'unmatched' | 'failed';
  recipients: readonly string[];
  since?: number;
  oncePer?: string;
}

const nobody: Shape = { result: 'failed', recipients: [] };
const none = { kind: 'none' } as const;
const trigger = 'on-it';
const namespace = 'argocd';
const log = createLog({ level: 'error', format: 'json' }, { write: () => undefined });
const hold: Hold = { share: () => hold, release: () => undefined };
const quiet = { inc: () => undefined, observe: () => undefined };
const metrics = {
  setOngoingAlerts: () => undefined,
  setAlerts: () => undefined,
  alertTransitions: quiet,
  notices: quiet,
  noticeSize: quiet,
};

/** Rules by the text of their keys: reading them would take most of the time. */
const rulesOf = remembered((text: string) => {
  const { groups, inhibit, muteTimes } = JSON.parse(text) as Pick<Policy, 'groups' | 'inhibit' | 'muteTimes'>;
  return {
    ...noRules,
    groups: compileGroups('groups', groups).rules,
    inhibit: compileInhibit('inhibit', inhibit).rules,
    muteTimes: compileMuteTimes('muteTimes', muteTimes).rules,
  };
});

function remembered<Value>(make: (text: string) => Value): (text: string) => Value {
  const known = new Map<string, Value>();
  return (text) => {
    const value = known.get(text) ?? make(text);
    known.set(text, value);
    return value;
  };
}

/** What is durable. */
export function createStore(onDelivery: (delivery: Delivery) => void) {
  const scopes = new Map<string, Map<string, ScopedRow>>();
  const deliveries = new Set<string>();
  const idOf = ({ kind, key }: { kind: RowKind; key: string }) => `${kind}\n${key}`;
  const rowsOf = (scope: string): Map<string, ScopedRow> => {
    const found = scopes.get(scope) ?? new Map<string, ScopedRow>();
    scopes.set(scope, found);
    return found;
  };
  // What is read again has been text.
  const read = <Read extends Row>(row: Read): Read => JSON.parse(JSON.stringify(row)) as Read;
  return {
    of: <Kind extends RowKind>(kind: Kind) =>
      [...scopes.values()]
        .flatMap((rows) => [...rows.values()])
        .filter((row) => row.kind === kind)
        .map(read) as ScopedRow<Kind>[],
    in: (scope: string) => [...rowsOf(scope).values()].map(read) as Row[],
    has: (scope: string, kind: RowKind, key: string) => rowsOf(scope).has(idOf({ kind, key })),
    clear: (scope: string) => rowsOf(scope).clear(),
    write(scope: string, { remove = [], put = [], add = [] }: Part) {
      const rows = rowsOf(scope);
      for (const each of remove) rows.delete(idOf(each));
      for (const row of put) rows.set(idOf(row), { ...row, scope });
      for (const delivery of add) {
        if (deliveries.has(delivery.id)) continue;
        deliveries.add(delivery.id);
        onDelivery(delivery);
      }
    },
  };
}

type Store = ReturnType<typeof createStore>;

/**
 * A leader without I/O: decisions are the real ones, what they write becomes durable part by part when it is told so,
 * and a crash forgets all else.
 */
export function createModel(options: {
  store: Store;
  clock: { now(): number };
  policy(): Policy;
  shapes: ReadonlyMap<string, Shape>;
  onMessage(delivery: Delivery): void;
}) {
  const { store, clock, policy, shapes } = options;
  const pending: { scope: string; steps: (() => void)[] }[] = [];
  const asks: { entry: Tracked; keys: readonly string[] }[] = [];
  const due = new Map<string, number>();
  const tracked = new Map<string, Tracked>();
  let config: { policy: Policy; active: ActiveConfig } | undefined;

  function active(): ActiveConfig {
    const now = policy();
    if (config?.policy === now) return config.active;
    const { groups, inhibit, muteTimes, condition } = now;
    const rules = rulesOf(JSON.stringify({ groups, inhibit, muteTimes }));
    const triggers = new Map([[trigger, { conditions: [{ id: condition }] }]]);
    config = { policy: now, active: { namespace, config: { rules, triggers } } as unknown as ActiveConfig };
    return config.active;
  }

  function schedule(key: string, at: number | undefined): void {
    if (at === undefined) due.delete(key);
    else due.set(key, at);
  }

  const look = (uid: string): void => {
    if (tracked.has(uid) || leaving.has(uid)) schedule(uid, clock.now());
  };
  const writer = {
    write(scope: string, { clear = false, parts = [], last }: Write, released: Hold = hold): void {
      const written = parts.some(({ once }) => once)
        ? () => {
            const keys = parts.flatMap(({ once }) => (once ? [once.told.key] : []));
            const told = new Set(keys.filter((key) => store.has(scope, 'told', key)));
            for (const part of partsToWrite(parts, told).parts) store.write(scope, part);
          }
        : undefined;
      const steps = written ? [written] : parts.map((part) => () => store.write(scope, part));
      if (clear) steps.unshift(() => store.clear(scope));
      if (last) steps.push(() => store.write(scope, last));
      // What is not huge is one commit; at the beginning and at the end of an Application it is here, too.
      const isOne = !store.has(scope, 'application', '') || last?.put?.some(({ kind }) => kind === 'gone');
      if (last && isOne) {
        const all = steps.splice(0);
        steps.push(() => {
          for (const step of all) step();
        });
      }
      steps.push(released.release);
      pending.push({ scope, steps });
    },
  };
  const configurations = { get: () => active(), of: () => [active()] };
  const holding: Holding = createHolding({ configurations, look, log });
  const counted = createAlertReport({ metrics: metrics as never, log });
  const report = { ...counted, message: options.onMessage };
  const groups: Groups = createGroups({ holding, writer, schedule, look, report, clock });
  const ongoing = createOngoing({ configurations, holding, groups, project: () => undefined, report });
  const deciding = createDeciding({
    writer,
    ongoing,
    groups,
    asking: { ask: (entry, keys) => void asks.push({ entry, keys }) },
    importAlerts: () => [],
    onEnded: () => undefined,
    onNamed: () => undefined,
    metrics,
    clock,
  });
  const leaving = createLeaving({ deciding, progress: { hold: () => hold }, schedule, clock });

  function evaluationsOf(uid: string): AlertEvaluation[] {
    const { result, recipients, since, oncePer }: Shape = shapes.get(uid) ?? nobody;
    const {
      severity,
      condition,
      groups: _groups,
      inhibit: _inhibit,
      muteTimes: _muteTimes,
      ...lifecycle
    } = policy();
    const value = oncePer === undefined ? none : ({ kind: 'value', printed: oncePer } as const);
    const answer: ConditionResult =
      result === 'matched' ? { status: result, oncePer: value } : { status: result, error: 'e' };
    const of = { labels: {}, lifecycle: { ...lifecycle, resolved: [] }, since: () => since };
    return recipients.map((recipient) => ({
      configNamespace: namespace,
      trigger,
      condition,
      send: ['m'],
      severity,
      index: 0,
      of,
      destination: { service: 'console', recipient },
      result: answer,
    }));
  }

  function load(uid: string): Tracked {
    const entry = createTracked(applicationOf(uid), { decidedAt: 0, phase: 0 });
    restore(entry, store.in(uid) as LoadedRow[]);
    return entry;
  }

  function see(uid: string): void {
    const entry = tracked.get(uid) ?? load(uid);
    tracked.set(uid, entry);
    schedule(
      uid,
      deciding.decide(entry, evaluationsOf(uid), { observedAt: clock.now(), isHistoryNew: false }, hold),
    );
  }

  function remove(uid: string): void {
    const entry = tracked.get(uid) ?? load(uid);
    tracked.delete(uid);
    const over = 'application deleted';
    const about = { observedAt: clock.now(), isHistoryNew: false, over } as const;
    const metadata = {
      ...(entry.application.object.metadata as object),
      deletionTimestamp: iso(clock.now()),
    };
    entry.application = { ...entry.application, object: { ...entry.application.object, metadata } };
    if (entry.isGone && entry.life) entry.life.evaluations = evaluationsOf(uid);
    if (entry.isGone) deciding.pass(entry, about, hold);
    else deciding.decide(entry, evaluationsOf(uid), about, hold);
    schedule(uid, undefined);
    deciding.forget(entry, hold);
    if (deciding.isOwed(entry)) leaving.add(entry, over);
  }

  return {
    see,
    remove,
    /** Whether an alert of an Application of this name fires, as far as anything is known here. */
    fires(name: string): boolean {
      for (const { application: known, life } of tracked.values())
        for (const { state } of known.name === name ? (life?.alerts.values() ?? []) : [])
          if (state === 'firing') return true;
      return false;
    },
    has: (uid: string) => tracked.has(uid),
    /** All that is tracked, as after an edit of the configuration. */
    seeAll(): void {
      leaving.lookAtAll();
      for (const uid of tracked.keys()) see(uid);
    },
    silences(rows: Row<'silence'>[], acknowledgements: Row<'acknowledgement'>[]) {
      holding.take([...rows, ...acknowledgements]);
    },
    /** Makes so many steps of what waits durable; of each scope in order, and scopes side by side. */
    write(steps: number): void {
      for (let left = steps; left > 0 && pending.length > 0; left -= 1) {
        const first = pending[left % pending.length];
        const oldest = pending.find(({ scope }) => scope === first?.scope);
        oldest?.steps.shift()?.();
        if (oldest?.steps.length === 0) pending.splice(pending.indexOf(oldest), 1);
      }
      const isIdle = (uid: string) => !pending.some(({ scope }) => scope === uid);
      for (const ask of asks.splice(0)) {
        const { uid } = ask.entry.application;
        if (!isIdle(uid)) {
          asks.push(ask);
          continue;
        }
        for (const key of ask.keys)
          ask.entry.life?.asked.set(key, store.has(uid, 'told', key) ? 'told' : 'new');
        look(uid);
      }
    },
    waiting: () => pending.length,
    /** The earliest time at which something is to be looked at. */
    next: () => (due.size === 0 ? undefined : Math.min(...due.values())),
    /** Looks at what is due. */
    lookAtDue(): void {
      for (const [key, at] of [...due].sort(([, a], [, b]) => a - b)) {
        if (at > clock.now() || due.get(key) !== at) continue;
        due.delete(key);
        if (groups.look(key) || leaving.look(key)) continue;
        if (tracked.has(key)) see(key);
      }
    },
    /** A term begins: what the ledger holds, then what the watch shows, then what is gone. */
    begin(uids: Iterable<string>): void {
      groups.begin(
        store.of('ongoing').filter(({ value }) => value.groupLabels !== undefined),
        new Map(store.of('alert').map(({ key, value }) => [key, value])),
      );
      for (const uid of uids) see(uid);
      for (const { scope } of store.of('application')) if (!tracked.has(scope)) remove(scope);
    },
    complete(): void {
      groups.complete();
      for (const uid of groups.unaccounted()) groups.account(uid, undefined);
      leaving.lookAtAll();
      for (const [uid, { life }] of tracked) if (life && (life.untold.size > 0 || life.isWaiting)) look(uid);
    },
  };
}

function applicationOf(uid: string): Application {
  return application(uid, { name: uid.split('#')[0] ?? uid });
}

function iso(at: number): string {
  return new Date(at).toISOString();
}

export function silenceRow(key: string, silence: Omit<Silence, 'createdBy' | 'comment'>): Row<'silence'> {
  return { kind: 'silence', key, value: { ...silence, createdBy: 'kim', comment: '' } };
}
