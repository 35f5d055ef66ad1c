import type { Counter, Histogram } from 'prom-client';
import type { AlertStates } from './alert-series.ts';
import type { ApplicationSeries } from './application-series.ts';
import type { ApplicationSetSeries } from './application-set-series.ts';
import type { ConfigSeries } from './config-series.ts';
import type { ConfiguredSeries, NamedCounter, NamedHistogram } from './configured-series.ts';
import type { FigureSeries } from './figure-series.ts';

/**
 * Every metric of Herald, in one list, with docs/metrics.md as its description for users (a test compares the two).
 *
 * - The first two are argocd-notifications' own, name for name and label for label, so that its dashboards go on
 *   working; labels of Applications are named as in Argo CD's `argocd_app_info`.
 * - Reasons and states are short static words. Series that name an Application, a problem, a trigger, a template or a
 *   service exist only while it does, so cardinality is bounded by what is watched, active and configured, not by what
 *   passed through. Those that a configuration names stand at 0 from the start, so that `increase()` sees the first.
 * - Durations are seconds, times Unix seconds; the setters below take JavaScript's milliseconds.
 */
export interface Metrics
  extends ApplicationSeries,
    AlertStates,
    ApplicationSetSeries,
    ConfigSeries,
    FigureSeries,
    Pick<ConfiguredSeries, 'setConfigured'> {
  readonly contentType: string;
  /** The text exposition of all metrics. */
  expose(): Promise<string>;
  /** The same in UTF-8, which of many Applications is put together in turns of the event loop. */
  exposeBytes(): Promise<Buffer>;

  /** Attempts, as argocd-notifications counts them: `succeeded` is 'true', or 'false' for each that failed. */
  readonly deliveries: NamedCounter<'trigger' | 'service' | 'succeeded'>;
  /** Deliveries whose fate is known, once each, whatever their names: 'sent' or 'given_up'. */
  readonly settled: Counter<'outcome'>;
  /** Deliveries that were rejected, or retried until too old: parked, once each. */
  readonly givenUp: NamedCounter<'trigger' | 'service'>;
  /** `triggered` is 'true' or 'false'; a failed evaluation counts as 'false', and in `evaluationErrors`. */
  readonly evaluations: NamedCounter<'name' | 'triggered'>;
  readonly evaluationErrors: NamedCounter<'trigger'>;
  readonly renderErrors: NamedCounter<'template'>;
  /** From the watch event to the service's answer, in seconds; of sent deliveries. */
  readonly deliveryLatency: NamedHistogram<'service'>;
  /** Every attempt. `outcome` is sent, degraded, retry, rejected, expired or forgone (an end that nobody has to be told). */
  readonly outcomes: NamedCounter<'service' | 'outcome' | 'reason'>;
  readonly suppressed: NamedCounter<'trigger' | 'service'>;
  /** Attempts of unknown fate: `found` says what the next one saw of them: found, absent or unreadable (sent again blindly). */
  readonly unclearAttempts: NamedCounter<'service' | 'found'>;
  /** `into` is pending, firing, cancelled (it did not last), or why it ended; of alerts that have an end. */
  readonly alertTransitions: NamedCounter<'trigger' | 'into'>;
  /** Messages of alerts that have an end, by why they are sent. */
  readonly notices: NamedCounter<'reason' | 'service'>;
  /** How many alerts such a message tells of. */
  readonly noticeSize: Histogram;
  /** When an alert, a group or an evaluation is looked at next, Unix milliseconds; undefined: none is to be. */
  setNextDue(at: number | undefined): void;
  /** `outcome` is answered, unknown, refused or unreachable. */
  readonly argocdRequests: Counter<'function' | 'outcome'>;
  /** `resource` is applications, appprojects, applicationsets, configmaps or secrets. */
  readonly watchRestarts: Counter<'resource' | 'reason'>;
}
