import { createHash } from 'node:crypto';
import type { CheckResult, HealthReport } from './health.ts';

/** What `/` shows. */
export interface IndexContent {
  version: string;
  /** Address of the documentation of this version; without one the page names where it is in the repository. */
  docs: string | undefined;
  /** What `/healthz` and `/readyz` would answer now. */
  healthz: HealthReport;
  readyz: HealthReport;
}

const summary = 'Notifications and alerts for Argo CD';
const paths: readonly (readonly [path: '/metrics' | '/healthz' | '/readyz', what: string])[] = [
  ['/metrics', 'figures for Prometheus'],
  ['/healthz', 'whether a restart is needed'],
  ['/readyz', 'whether notifications are sent'],
];
const whereDocsAre = 'docs/README.md in the repository';
const comesNext = 'A console with alerts, silences and deliveries comes next; it will be here.';
const untilThen = 'Until then the command line in the pod shows them:';
const commands = ['herald alerts', 'herald deliveries', 'herald explain APP', 'herald doctor'];

const style = `
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 48rem; padding: 0 1rem }
h1 { margin-bottom: 0 } h2 { font-size: 1rem; margin: 2rem 0 .25rem }
table { border-collapse: collapse } td { padding: .25rem 1.25rem .25rem 0; vertical-align: top }
.ok, .bad { white-space: nowrap } .ok { color: light-dark(#1a7f37, #3fb950) } .bad { color: light-dark(#b3261e, #ff7b72); font-weight: 600 }
`;

/** What the page's own style is allowed by, in a `Content-Security-Policy`. */
export const styleSource: string = `'sha256-${createHash('sha256').update(style).digest('base64')}'`;

/** Whether whoever asks would rather have HTML: browsers name it, curl takes anything and gets text. */
export function prefersHtml(accept: string | undefined): boolean {
  const html = quality(accept, 'text/html');
  return html > 0 && html >= quality(accept, 'text/plain');
}

/** 0 where the media type is not named. */
function quality(accept: string | undefined, type: string): number {
  const named = (accept ?? '')
    .split(',')
    .map((part) => part.split(';').map((piece) => piece.trim().toLowerCase()))
    .find(([name]) => name === type);
  if (!named) return 0;
  const given = named.find((piece) => piece.startsWith('q='));
  return given === undefined ? 1 : Number(given.slice('q='.length)) || 0;
}

/** What the port has and how Herald is, for a browser: no scripts, nothing from elsewhere. */
export function indexHtml({ version, docs, healthz, readyz }: IndexContent): string {
  const documentation = docs === undefined ? escaped(whereDocsAre) : link(docs, docs);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Herald</title>
<style>${style}</style>
<h1>Herald ${escaped(version)}</h1>
<p>${summary}: ${stateOf('healthy', healthz)}, ${stateOf('ready', readyz)}. ${escaped(roleOf(readyz))}</p>
<h2>Health</h2>
<table>
${checks(healthz, readyz).map(htmlRow).join('\n')}
</table>
<h2>Links</h2>
<table>
${paths.map(([path, what]) => `<tr><td>${link(path, path)}</td><td>${what}</td></tr>`).join('\n')}
<tr><td>Documentation</td><td>${documentation}</td></tr>
</table>
<h2>Next</h2>
<p>${comesNext} ${untilThen} ${commands.map((command) => `<code>${command}</code>`).join(', ')}.</p>
</html>
`;
}

/** The same for whoever asks with curl. */
export function indexText({ version, docs, healthz, readyz }: IndexContent): string {
  const state = (word: string, { ok }: HealthReport) => (ok ? word : `not ${word}`);
  return `Herald ${version}
${summary}: ${state('healthy', healthz)}, ${state('ready', readyz)}. ${roleOf(readyz)}

${checks(healthz, readyz)
  .map(([path, { check, ok, reason }]) => `${path} ${check}: ${ok ? 'ok' : 'not ok'}, ${reason}`)
  .join('\n')}

${paths.map(([path, what]) => `${path}: ${what}`).join('\n')}
Documentation: ${docs ?? whereDocsAre}

${comesNext}
${untilThen} ${commands.join(', ')}.
`;
}

const checks = (healthz: HealthReport, readyz: HealthReport): [path: string, result: CheckResult][] => [
  ...healthz.results.map((result): [string, CheckResult] => ['/healthz', result]),
  ...readyz.results.map((result): [string, CheckResult] => ['/readyz', result]),
];

/** What `/readyz` says of who leads, as a sentence. */
function roleOf({ results }: HealthReport): string {
  const role = results.find(({ check }) => check === 'role');
  if (!role?.ok) return 'It is not known yet whether this replica leads.';
  return role.reason.startsWith('leads')
    ? 'This replica leads: it watches Applications and decides.'
    : 'This replica stands by: another one leads, and all send.';
}

function stateOf(word: string, { ok }: HealthReport): string {
  return ok ? `<span class="ok">${word}</span>` : `<span class="bad">not ${word}</span>`;
}

function htmlRow([path, { check, ok, reason }]: [string, CheckResult]): string {
  const state = ok ? '<span class="ok">ok</span>' : '<span class="bad">not ok</span>';
  return `<tr><td>${path}</td><td>${escaped(check)}</td><td>${state}</td><td>${escaped(reason)}</td></tr>`;
}

function link(address: string, text: string): string {
  return `<a href="${escaped(address)}">${escaped(text)}</a>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
