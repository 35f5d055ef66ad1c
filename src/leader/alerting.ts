import type { Clock } from '../clock.ts';
import { pause } from '../clock.ts';
import type { Configurations } from '../configurations/configurations.ts';
import type { Alert, Row, ScopedRow } from '../ledger/rows.ts';
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics/interface.ts';
import type { Application, JsonObject } from '../model.ts';
import { createAlertReport } from './alert-report.ts';
import { createGroups, type Groups } from './groups.ts';
import { createHolding } from './holding.ts';
import { createOngoing, type Ongoing } from './ongoing.ts';
import type { TermLedger } from './term-ledger.ts';
import type { LedgerWriter } from './writer.ts';

/** All that alerts with an end need beyond their Application: what holds them back, and what is told together. */
export interface Alerting {
  ongoing: Ongoing;
  groups: Groups;
  /** Loads what the ledger holds of silences and groups; before it nothing is to be decided. Once. */
  begin(): void;
  /** Resolves when that is loaded; undefined: nothing is to be. */
  begun(): Promise<void> | undefined;
  /** Looks what people have silenced and acknowledged since. */
  refresh(): Promise<void>;
  /** Of Applications of which nothing more will be known, groups tell what the ledger knows. */
  account(): Promise<void>;
  /** Scopes of the ledger that hold alerts, when the term began. */
  scopes(): ReadonlySet<string>;
  stop(): void;
}

interface Deps {
  ledger: Pick<TermLedger, 'load' | 'rows'>;
  writer: Pick<LedgerWriter, 'write' | 'written'>;
  configurations: Configurations;
  project(application: Application): JsonObject | undefined;
  schedule(key: string, at: number | undefined): void;
  look(uid: string): void;
  metrics: Metrics;
  log: Logger;
  clock: Clock;
}

interface Options {
  retryDelay?: number;
  maxRetryDelay?: number;
}

export function createAlerting(deps: Deps, { retryDelay = 100, maxRetryDelay = 5_000 }: Options): Alerting {
  const { ledger, clock, log } = deps;
  const stopping = new AbortController();
  const { signal } = stopping;
  const report = createAlertReport(deps);
  const holding = createHolding(deps);
  const groups = createGroups({ ...deps, holding, report });
  const scopes = new Set<string>();
  let begun: Promise<void> | undefined;

  async function refresh(): Promise<void> {
    const rows: Row<'silence' | 'acknowledgement'>[] = [
      ...(await ledger.load('silences', ['silence'])),
      ...(await ledger.load('acknowledgements', ['acknowledgement'])),
    ];
    if (!signal.aborted) holding.take(rows);
  }

  async function load(): Promise<void> {
    await refresh();
    const alerts = new Map<string, Alert>();
    const notices: ScopedRow<'ongoing'>[] = [];
    for await (const rows of ledger.rows('alert'))
      for (const { key, scope, value } of rows) {
        alerts.set(key, value);
        scopes.add(scope);
      }
    for await (const rows of ledger.rows('ongoing'))
      notices.push(...rows.filter(({ value }) => value.groupLabels !== undefined));
    groups.begin(notices, alerts);
  }

  async function untilLoaded(): Promise<void> {
    for (let wait = retryDelay; !signal.aborted; wait = Math.min(wait * 2, maxRetryDelay)) {
      try {
        await load();
        return;
      } catch (error) {
        log.warn({ err: error }, 'Cannot read the ledger, trying again');
        await pause(clock, wait, signal);
      }
    }
  }

  return {
    ongoing: createOngoing({ ...deps, holding, groups, report }),
    groups,
    begin() {
      begun = untilLoaded();
    },
    begun: () => begun,
    refresh,
    async account() {
      for (const uid of groups.unaccounted()) {
        // It may be known by now, and on its way.
        await deps.writer.written(uid);
        const [row] = await ledger.load(uid, ['application']);
        if (signal.aborted) return;
        groups.account(uid, row?.value.object);
      }
    },
    scopes: () => scopes,
    stop: () => stopping.abort(),
  };
}
