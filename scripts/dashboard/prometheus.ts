import type { Dashboard, Panel, Target } from './dashboard.ts';

/** What a panel shows of a Prometheus. */
export interface PanelData {
  panel: Panel;
  /** Of a table and of a stat one point each. */
  series: Series[];
}

export interface Series {
  name: string;
  labels: Readonly<Record<string, string>>;
  /** Unix seconds and value; without what is no number. */
  points: [at: number, value: number][];
}

export interface Span {
  /** Unix seconds. */
  from: number;
  to: number;
  /** Between two points, seconds. */
  step: number;
  /** Between two scrapes, seconds. */
  scrapeInterval: number;
}

/**
 * Asks a Prometheus for what each panel shows, as Grafana does, with its variables filled in. `api` is the address that
 * ends with /api/v1. Rejects with what Prometheus says of a query that it does not take.
 */
export async function readDashboard(dashboard: Dashboard, api: string, span: Span): Promise<PanelData[]> {
  const panels = dashboard.panels.filter(({ targets }) => targets !== undefined);
  return Promise.all(
    panels.map(async (panel) => {
      const answers = await Promise.all((panel.targets ?? []).map((target) => ask(target, api, span)));
      return { panel, series: answers.flat() };
    }),
  );
}

/** A query with Grafana's variables filled in: all Heralds, over the whole time. */
export function filledIn(expr: string, { from, to, step, scrapeInterval }: Span): string {
  const rateInterval = Math.max(step + scrapeInterval, 4 * scrapeInterval);
  return expr
    .replaceAll('$__rate_interval', `${Math.round(rateInterval * 1_000)}ms`)
    .replaceAll('$__range', `${Math.round(to - from)}s`)
    .replaceAll('$job', '.+');
}

async function ask(target: Target, api: string, span: Span): Promise<Series[]> {
  const query = filledIn(target.expr, span);
  const parameters = target.instant
    ? { query, time: String(span.to) }
    : { query, start: String(span.from), end: String(span.to), step: String(span.step) };
  const path = target.instant ? 'query' : 'query_range';
  const response = await fetch(`${api}/${path}?${new URLSearchParams(parameters).toString()}`);
  const { error, data } = (await response.json()) as Answer;
  if (error !== undefined) throw new Error(`${query}: ${error}`);
  return data.result.map(({ metric, value, values = [] }) => ({
    name: named(target.legendFormat, metric),
    labels: metric,
    points: (value === undefined ? values : [value])
      .map(([at, text]): [number, number] => [at, Number(text)])
      .filter(([, number]) => Number.isFinite(number)),
  }));
}

interface Answer {
  error?: string;
  data: {
    result: {
      metric: Record<string, string>;
      value?: [number, string];
      values?: [number, string][];
    }[];
  };
}

function named(legend: string, labels: Readonly<Record<string, string>>): string {
  return legend.replaceAll(/\{\{(\w+)\}\}/g, (_, label: string) => labels[label] ?? '');
}
