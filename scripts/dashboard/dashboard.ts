import { bridgeRows } from './bridge-panels.ts';
import { messageRows } from './message-panels.ts';
import type { PanelSpec } from './panel.ts';

/** Grafana's JSON of a dashboard, as far as it is read here. */
export interface Dashboard {
  title: string;
  panels: Panel[];
  [key: string]: unknown;
}

export interface Panel {
  id: number;
  type: string;
  title: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: Target[];
  [key: string]: unknown;
}

export interface Target {
  refId: string;
  expr: string;
  legendFormat: string;
  instant: boolean;
  [key: string]: unknown;
}

const datasource = { type: 'prometheus', uid: '${datasource}' };
const columns = 24;
const heights = { stat: 4, timeseries: 8, 'state-timeline': 8, table: 8 };

/** The dashboard, in Grafana's classic JSON model, which versions from 10 on import. */
export function buildDashboard(): Dashboard {
  return {
    uid: 'herald',
    title: 'Herald',
    description: 'Notifications and alerts for Argo CD: deliveries, alerts, queue, watches, configuration.',
    tags: ['argocd', 'herald'],
    schemaVersion: 39,
    version: 1,
    editable: true,
    graphTooltip: 1,
    timezone: 'browser',
    refresh: '30s',
    time: { from: 'now-6h', to: 'now' },
    timepicker: {},
    links: [],
    annotations: { list: [] },
    templating: { list: variables },
    panels: layOut(),
  };
}

const jobs = 'label_values(herald_build_info, job)';
const variables = [
  { name: 'datasource', label: 'Prometheus', type: 'datasource', query: 'prometheus', refresh: 1, hide: 0 },
  {
    name: 'job',
    label: 'Herald',
    type: 'query',
    datasource,
    definition: jobs,
    query: { query: jobs, refId: 'StandardVariableQuery' },
    refresh: 2,
    sort: 1,
    multi: true,
    includeAll: true,
    allValue: '.+',
    current: { text: ['All'], value: ['$__all'] },
    hide: 0,
  },
];

/** Panels from left to right in lines of 24 columns, each row below a heading. */
function layOut(): Panel[] {
  const panels: Panel[] = [];
  let y = 0;
  for (const { title, panels: specs } of [...messageRows, ...bridgeRows]) {
    panels.push(heading(panels.length + 1, title, y));
    y += 1;
    let x = 0;
    for (const spec of specs) {
      if (x === columns) {
        x = 0;
        y += heights[spec.kind];
      }
      panels.push(panelOf(spec, panels.length + 1, { x, y, w: spec.width, h: heights[spec.kind] }));
      x += spec.width;
      if (x > columns) throw new Error(`"${spec.title}" does not fit into its line`);
    }
    y += heights[specs.at(-1)?.kind ?? 'timeseries'];
  }
  return panels;
}

function heading(id: number, title: string, y: number): Panel {
  return { id, type: 'row', title, collapsed: false, gridPos: { x: 0, y, w: columns, h: 1 }, panels: [] };
}

function panelOf(spec: PanelSpec, id: number, gridPos: Panel['gridPos']): Panel {
  const isTable = spec.kind === 'table';
  const isInstant = isTable || spec.kind === 'stat';
  return {
    id,
    type: spec.kind,
    title: spec.title,
    description: spec.about,
    datasource,
    gridPos,
    targets: spec.queries.map(({ expr, legend }, index) => ({
      refId: String.fromCharCode('A'.charCodeAt(0) + index),
      datasource,
      editorMode: 'code',
      expr,
      legendFormat: legend,
      instant: isInstant,
      range: !isInstant,
      format: isTable ? 'table' : 'time_series',
    })),
    fieldConfig: { defaults: defaultsOf(spec), overrides: overridesOf(spec) },
    options: optionsOf(spec),
    ...(isTable ? { transformations: [columnsOf(spec)] } : {}),
  };
}

function defaultsOf(spec: PanelSpec): object {
  const steps = (spec.thresholds ?? [[null, 'green']]).map(([value, color]) => ({ value, color }));
  const values = Object.entries(spec.values ?? {}).map(([value, [text, color]], index) => [
    value,
    { text, color, index },
  ]);
  return {
    // The unit of a table is that of its last column alone.
    ...(spec.kind === 'table' ? {} : { unit: spec.unit ?? 'short' }),
    ...(spec.kind === 'timeseries' ? { min: 0, custom: drawn(spec) } : {}),
    ...(spec.kind === 'state-timeline' ? { custom: { fillOpacity: 80, lineWidth: 0 } } : {}),
    color: { mode: spec.kind === 'timeseries' ? 'palette-classic' : 'thresholds' },
    mappings: values.length === 0 ? [] : [{ type: 'value', options: Object.fromEntries(values) }],
    thresholds: { mode: 'absolute', steps },
  };
}

function drawn({ bars = false, stacked = false }: PanelSpec): object {
  return {
    drawStyle: bars ? 'bars' : 'line',
    lineWidth: 1,
    fillOpacity: bars ? 80 : stacked ? 40 : 0,
    showPoints: 'never',
    spanNulls: false,
    stacking: { mode: bars || stacked ? 'normal' : 'none', group: 'A' },
  };
}

function overridesOf(spec: PanelSpec): object[] {
  const colors = Object.entries(spec.colors ?? {}).map(([name, fixedColor]) => {
    // An expression may be of several series.
    const [id, mode] = name.startsWith('/') ? ['byRegexp', 'shades'] : ['byName', 'fixed'];
    return { matcher: { id, options: name }, properties: [{ id: 'color', value: { mode, fixedColor } }] };
  });
  if (spec.kind !== 'table' || spec.unit === undefined) return colors;
  const matcher = { id: 'byName', options: spec.valueTitle };
  return [...colors, { matcher, properties: [{ id: 'unit', value: spec.unit }] }];
}

function optionsOf({ kind }: PanelSpec): object {
  const tooltip = { mode: 'multi', sort: 'desc' };
  switch (kind) {
    case 'stat':
      return {
        reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
        colorMode: 'background',
        graphMode: 'none',
        textMode: 'value',
        justifyMode: 'center',
      };
    case 'timeseries':
      return { legend: { showLegend: true, displayMode: 'list', placement: 'bottom', calcs: [] }, tooltip };
    case 'state-timeline':
      return {
        legend: { showLegend: false, displayMode: 'list', placement: 'bottom' },
        tooltip,
        mergeValues: true,
        showValue: 'auto',
        alignValue: 'left',
        rowHeight: 0.8,
      };
    case 'table':
      return { showHeader: true, cellHeight: 'sm' };
  }
}

function columnsOf({ valueTitle = 'value' }: PanelSpec): object {
  return {
    id: 'organize',
    options: { excludeByName: { Time: true }, indexByName: {}, renameByName: { Value: valueTitle } },
  };
}
