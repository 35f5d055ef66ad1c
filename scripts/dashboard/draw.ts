import { drawChart, drawTimeline, swatch } from './charts.ts';
import type { Panel } from './dashboard.ts';
import { type Box, clock, colorOf, escaped, format } from './format.ts';
import type { PanelData, Span } from './prometheus.ts';

/** Pixels: of a column and a line of the dashboard's grid, and between panels. */
const columnWidth = 48;
const lineHeight = 27;
const gap = 8;

/**
 * A page with each panel of the dashboard where Grafana puts it, drawn from what Prometheus answered. It is this
 * repository's own drawing, for looking at the queries where there is no Grafana; it needs no script and loads nothing.
 */
export function drawDashboard(
  title: string,
  headings: readonly Panel[],
  data: readonly PanelData[],
  span: Span,
): string {
  const height = Math.max(...data.map(({ panel: { gridPos } }) => gridPos.y + gridPos.h)) * lineHeight;
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escaped(title)}</title><style>
body { background: #111217; color: #ccccdc; font: 12px/1.4 system-ui, sans-serif; margin: 12px; width: ${24 * columnWidth}px }
h1 { font-size: 17px; margin: 0 0 8px } h1 small { font-size: 12px; font-weight: 400; color: #8e8e9c; margin-left: 12px }
main { position: relative; height: ${height}px }
section, h2 { position: absolute; box-sizing: border-box; margin: 0; overflow: hidden }
section { background: #181b1f; border: 1px solid #2c3235; border-radius: 3px; padding: 6px 10px; display: flex; flex-direction: column }
h2 { font-size: 14px; padding: 2px 0; line-height: 20px }
h3 { font-size: 12.5px; font-weight: 600; margin: 0 0 4px; white-space: nowrap }
.stat { flex: 1; display: grid; place-items: center; border-radius: 3px; font-size: 24px; font-weight: 600; color: #fff }
svg { flex: none } .legend { display: flex; flex-wrap: wrap; gap: 0 12px; max-height: 34px; overflow: hidden; font-size: 11px }
table { border-collapse: collapse; width: 100% } th { color: #6e9fff; text-align: left; font-weight: 500 }
td, th { padding: 3px 8px 3px 0; border-bottom: 1px solid #2c3235; white-space: nowrap }
.none { margin: auto; color: #8e8e9c }
</style>
<h1>${escaped(title)}<small>${clock(span.from)} to ${clock(span.to)} UTC</small></h1>
<main>
${headings.map(({ title: text, gridPos }) => `<h2 style="${place(gridPos)}">${escaped(text)}</h2>`).join('\n')}
${data.map((each) => drawPanel(each, span)).join('\n')}
</main></html>
`;
}

function drawPanel(data: PanelData, span: Span): string {
  const { panel } = data;
  const box = {
    width: panel.gridPos.w * columnWidth - gap - 22,
    height: panel.gridPos.h * lineHeight - gap - 76,
  };
  const hasData = data.series.some(({ points }) => points.length > 0);
  const content = hasData ? drawers[panel.type]?.(data, span, box) : '<p class="none">No data</p>';
  return `<section style="${place(panel.gridPos)}"><h3>${escaped(panel.title)}</h3>${content}</section>`;
}

const drawers: Readonly<Record<string, (data: PanelData, span: Span, box: Box) => string>> = {
  stat({ panel, series }) {
    const value = series[0]?.points.at(-1)?.[1] ?? 0;
    const { text, color } = format(panel, value);
    return `<div class="stat" style="background:${color}">${escaped(text)}</div>`;
  },
  table: drawTable,
  timeseries(data, span, box) {
    const legend = data.series
      .filter(({ points }) => points.length > 0)
      .map(({ name }, index) => swatch(colorOf(data.panel, name, index), name));
    return `${drawChart(data, span, box)}<div class="legend">${legend.join('')}</div>`;
  },
  'state-timeline': drawTimeline,
};

function drawTable({ panel, series }: PanelData, _span: Span, box: Box): string {
  const labels = [...new Set(series.flatMap((each) => Object.keys(each.labels)))];
  const { renameByName } = (
    panel['transformations'] as { options: { renameByName: Record<string, string> } }[]
  )[0]?.options ?? { renameByName: {} };
  const most = Math.floor((box.height + 30) / 25);
  const cells = series
    .slice(0, most)
    .map(({ labels: of, points }) => [
      ...labels.map((label) => of[label] ?? ''),
      format(panel, points[0]?.[1] ?? 0).text,
    ]);
  const line = (tag: string, texts: string[]) =>
    `<tr>${texts.map((text) => `<${tag}>${escaped(text)}</${tag}>`).join('')}</tr>`;
  return `<table>${line('th', [...labels, renameByName['Value'] ?? ''])}${cells.map((row) => line('td', row)).join('')}</table>`;
}

function place({ x, y, w, h }: Panel['gridPos']): string {
  const at = {
    left: x * columnWidth,
    top: y * lineHeight,
    width: w * columnWidth - gap,
    height: h * lineHeight - gap,
  };
  return Object.entries(at)
    .map(([name, value]) => `${name}:${value}px`)
    .join(';');
}
