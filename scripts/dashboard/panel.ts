/** What a panel is made of, and what the queries of several have in common. */

export interface Row {
  title: string;
  panels: readonly PanelSpec[];
}

export interface PanelSpec {
  kind: 'stat' | 'timeseries' | 'state-timeline' | 'table';
  title: string;
  /** What it says and where to go on, shown at the panel. */
  about: string;
  /** Of 24 columns. */
  width: number;
  queries: readonly Query[];
  /** Of Grafana. @defaultValue short */
  unit?: string;
  /** Text and colour of single values. */
  values?: Readonly<Record<string, readonly [text: string, color: string]>>;
  /** Colours of a stat from these values on, the first for what is less. */
  thresholds?: readonly (readonly [from: number | null, color: string])[];
  /** Colours of series, by their legend or a `/regular expression/` for it. */
  colors?: Readonly<Record<string, string>>;
  /** Bars on top of each other in place of lines. */
  bars?: boolean;
  /** Areas on top of each other. */
  stacked?: boolean;
  /** Of a table: the heading of the value. */
  valueTitle?: string;
}

export interface Query {
  expr: string;
  /** Name of each series, with `{{label}}`. */
  legend: string;
}

/** Selects the Heralds that the dashboard is asked for. */
export const herald = 'job=~"$job"';
export const q = (expr: string, legend: string = ''): Query => ({ expr, legend });
/** 0 where nothing of it is there, but nothing at all where no Herald is scraped. */
export const orZero = (expr: string): string => `${expr} or max(herald_leader{${herald}}) * 0`;
export const perMinute = (labels: string, metric: string): string =>
  `sum by (${labels}) (rate(${metric}{${herald}}[$__rate_interval])) * 60`;
export const counted = (labels: string, metric: string): string =>
  `sum by (${labels}) (increase(${metric}{${herald}}[$__rate_interval]))`;
export const quantile = (of: number, metric: string, labels: string): string =>
  `histogram_quantile(${of}, sum by (${labels}) (rate(${metric}_bucket{${herald}}[$__rate_interval])))`;

export const upOrDown = { 0: ['away', 'red'], 1: ['ok', 'green'] } as const;
