import type { HealthReport } from './health.ts';

const pages: Readonly<Record<string, string>> = {
  '/metrics': 'figures for Prometheus',
  '/healthz': 'whether a restart is needed',
  '/readyz': 'whether notifications are sent',
};

/** What the port has, and how Herald is: a page for whoever opens it in a browser. */
export function indexPage(
  version: string,
  reports: Readonly<Record<string, HealthReport | undefined>>,
): string {
  const rows = Object.entries(pages).map(([path, what]) => {
    const report = reports[path];
    return `<tr><td><a href="${path}">${path}</a></td><td>${what}</td><td>${report ? stateOf(report) : ''}</td></tr>`;
  });
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Herald</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 48rem; padding: 0 1rem; color-scheme: light dark }
td { padding: .25rem 1rem .25rem 0; vertical-align: top }
</style>
<h1>Herald ${escaped(version)}</h1>
<p>Notifications and alerts for Argo CD. Its log says what it does; <code>herald --help</code> what else it can.</p>
<table>
${rows.join('\n')}
</table>
</html>
`;
}

function stateOf({ ok, results }: HealthReport): string {
  if (ok) return 'ok';
  const failing = results.filter((result) => !result.ok);
  return `not ok: ${failing.map(({ check, reason }) => escaped(`${check}: ${reason}`)).join('; ')}`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
