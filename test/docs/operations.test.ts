/** What docs/operations.md and docs/upgrade.md say: figures, values, log lines, and the copy of a running store. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createLedger } from '../../src/ledger/store-ledger.ts';
import { openStore } from '../../src/store/open-store.ts';
import { silent } from '../contract/stores.ts';
import { defaults } from '../shipping/chart.ts';
import { filledMetrics } from '../shipping/filled-metrics.ts';
import { repository } from '../shipping/kustomize.ts';
import { blocksOf, pageOf } from './pages.ts';
import { commandsIn } from './shell.ts';

describe.each(['docs/operations.md', 'docs/upgrade.md'])('%s', (path) => {
  const page = pageOf(path);

  it('sets values that the chart has', () => {
    const shell = blocksOf(page, 'sh').map(({ text }) => text);
    for (const [, value = ''] of shell.join('').matchAll(/--set (\S+)=/g))
      expect(defaults).toHaveProperty(value);
  });

  it('names metrics that there are', async () => {
    const exposition = await filledMetrics().expose();
    for (const [name] of page.text.matchAll(/\b(?:herald|nodejs|argocd_notifications)_\w+\b/g))
      expect(exposition, name).toMatch(new RegExp(`^${name}[{ ]`, 'm'));
  });
});

describe('log lines that matter', () => {
  const messages = [...pageOf('docs/operations.md').text.matchAll(/^\| (`.+`) \| (?:error|warn)/gm)].flatMap(
    ([, cell = '']) => [...cell.matchAll(/`([^`]+)`/g)].map(([, message = '']) => message),
  );
  const folder = join(repository, 'src');
  const source = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /(?<!\.test)\.ts$/.test(file))
    .map((file) => readFileSync(join(folder, file), 'utf8'))
    .join('\n')
    // Messages are static; long ones stand on several lines.
    .replaceAll(/'\s*\+\s*'/g, '');

  it('are those that Herald writes', () => {
    expect(messages.length).toBeGreaterThan(10);
    for (const message of messages) expect(source, message).toContain(`'${message}'`);
  });

  it('are all that are errors of the bridge', () => {
    const errors = [...source.matchAll(/log\??\.(?:error|fatal)\([^;]*?'([A-Z][^']+)',?\s*\);/g)].map(
      ([, message = '']) => message,
    );
    expect(errors.length).toBeGreaterThan(5);
    expect(errors.filter((message) => !messages.includes(message))).toEqual([]);
  });
});

it('the copy of a running store is one that Herald opens, with what is in it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'herald-backup-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const signal = new AbortController().signal;
  const open = async (directory: string) => {
    const store = await openStore(`sqlite:${directory}`, { log: silent, signal });
    if (!store) throw new Error('the store was not opened');
    onTestFinished(() => store.close(1_000));
    return createLedger(store);
  };
  const scope = 'argocd/shop';
  const row = { kind: 'told', key: 'k', value: { since: 1 } } as const;
  const running = await open(`${folder}/data`);
  expect(await running.commit(scope, { term: 1, number: 1 }, { put: [row] })).toMatchObject({
    fenced: false,
  });

  const commands = blocksOf(pageOf('docs/operations.md'), 'sh').flatMap(({ text }) => commandsIn(text));
  const script = commands.find((command) => command.includes('node'))?.at(-1) ?? '';
  expect(script).toContain('backup(');
  execFileSync(process.execPath, ['-e', script.replaceAll('/data', `${folder}/data`)]);

  renameSync(`${folder}/data/backup.db`, `${folder}/herald.db`);
  const copy = await open(folder);
  expect(await copy.load(scope, ['told'])).toEqual([row]);
});
