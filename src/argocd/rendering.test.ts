import { describe, expect, it } from 'vitest';
import type { RepoProvider } from '../go/namespaces/repo.ts';
import { commitMetadataValue } from '../go/namespaces/repo-values.ts';
import type { JsonObject } from '../model.ts';
import { renderNotification } from '../templates/render.ts';
import { compileTemplate } from '../templates/schema.ts';
import { templateVars } from '../templates/vars.ts';
import type { Answer } from './client.ts';
import type { Lookup } from './lookup.ts';
import type { Question } from './questions.ts';
import { renderWithRepo } from './rendering.ts';

const app: JsonObject = {
  metadata: { name: 'shop', namespace: 'argocd' },
  spec: { project: 'default', source: { repoURL: 'https://git/a', path: 'x' } },
  status: { sync: { revision: 'r1' } },
};
const several: JsonObject = {
  ...app,
  spec: {
    project: 'default',
    sources: [
      { repoURL: 'https://git/a', path: 'x' },
      { repoURL: 'https://git/b', path: 'y' },
    ],
  },
  status: { sync: { revisions: ['r1', 'r2'] } },
};
const unknown: Answer = { ok: false, reason: 'unknown', detail: 'answered HTTP 500' };

/** Knows commits by revision: its message names the next one to ask for. */
function lookupOf(commits: Record<string, string>) {
  const answers = new Map<string, Answer>();
  const asked: string[] = [];
  const keyOf = ({ kind, revision, sourceIndex }: Question) =>
    `${kind} ${revision} ${sourceIndex ?? ''}`.trim();
  const lookup: Lookup = {
    known: (question) => answers.get(keyOf(question)),
    ask(question) {
      const key = keyOf(question);
      asked.push(key);
      const message = commits[key.replace('commit ', '')];
      const known: Answer =
        message === undefined
          ? unknown
          : { ok: true, value: commitMetadataValue({ message, author: 'Ana', date: undefined, tags: [] }) };
      answers.set(key, known);
      return Promise.resolve(known);
    },
  };
  return { lookup, asked };
}

async function render(message: string, lookup: Lookup | undefined, object = app, signal?: AbortSignal) {
  const { template, problems } = compileTemplate('t', `message: ${JSON.stringify(message)}`);
  if (template === undefined) throw new Error(JSON.stringify(problems));
  let rounds = 0;
  const result = await renderWithRepo(
    lookup,
    object,
    (repo: RepoProvider) => {
      rounds += 1;
      const input = {
        app: object,
        appProject: {},
        context: {},
        serviceType: 'slack',
        recipient: 'x',
        now: 0,
        repo,
      };
      return renderNotification([template], templateVars(input), { serviceType: 'slack', jsonFields: [] });
    },
    signal,
  );
  return { text: result.ok ? result.notification.message : `error: ${result.error}`, rounds };
}

const metadataOf = (argument: string) => `(call .repo.GetCommitMetadata ${argument})`;
const messageOf = (argument: string) => `{{ ${metadataOf(argument)}.Message }}`;

describe('templates with repo functions', () => {
  it('are rendered once where they ask for nothing', async () => {
    const { lookup, asked } = lookupOf({});
    expect(await render('{{ .app.metadata.name }}', lookup)).toEqual({ text: 'shop', rounds: 1 });
    expect(asked).toEqual([]);
  });

  it('are rendered again with what was fetched, and once where it is known', async () => {
    const { lookup, asked } = lookupOf({ r1: 'first', r2: 'second' });
    const source = `${messageOf('"r1"')} ${messageOf('"r2"')} ${messageOf('"r1"')}`;
    expect(await render(source, lookup)).toEqual({ text: 'first second first', rounds: 2 });
    expect(await render(source, lookup)).toEqual({ text: 'first second first', rounds: 1 });
    expect(asked).toEqual(['commit r1', 'commit r2']);
  });

  it('may ask for what an answer says, but not for ever', async () => {
    const { lookup, asked } = lookupOf({ r1: 'r2', r2: 'r3', r3: 'r4', r4: 'r5' });
    expect(await render(messageOf(`${metadataOf('"r1"')}.Message`), lookup)).toEqual({
      text: 'r3',
      rounds: 3,
    });
    const next = (argument: string) => `${metadataOf(argument)}.Message`;
    const deep = next(next(next('"r1"')));
    expect((await render(`[{{ ${deep} }}]`, lookupOf({ r1: 'r2', r2: 'r3', r3: 'r4' }).lookup)).text).toBe(
      '[]',
    );
    expect(asked).toEqual(['commit r1', 'commit r2']);
  });

  it('take a list and nothing for an Application with several sources', async () => {
    const { lookup } = lookupOf({ 'r2 1': 'of the second' });
    expect((await render(messageOf('.app.status.sync.revisions'), lookup, several)).text).toBe(
      'of the second',
    );
    expect((await render(messageOf('.app.status.sync.revision'), lookup, several)).text).toBe(
      'of the second',
    );
    expect((await render(messageOf('(list "r9" "r2")'), lookup, several)).text).toBe('of the second');
    expect((await render(messageOf('"r2"'), lookup, several)).text).toBe('of the second');
    expect((await render(messageOf('7'), lookup, several)).text).toContain('a revision is a string, not int');
  });

  const everything =
    `[{{ with ${metadataOf('"r9"')} }}{{ .Message }}{{ .Author }}{{ .Date }}{{ .Date.Format "2006" }}` +
    `{{ .Date.Local.Format "2006" }}{{ range .Tags }}x{{ end }}{{ join "," .Tags }}{{ end }}]` +
    '[{{ with call .repo.GetAppDetails }}{{ .Type }}{{ .Helm.GetParameterValueByName "a" }}' +
    '{{ .Helm.GetFileParameterPathByName "a" }}{{ .Helm.HelmAppSpec.Name }}{{ range .Kustomize.Images }}x{{ end }}{{ end }}]';

  it('are empty where nobody is configured, and where nobody knows', async () => {
    expect(await render(everything, undefined)).toEqual({ text: '[][]', rounds: 1 });
    const { lookup, asked } = lookupOf({});
    expect(await render(everything, lookup)).toEqual({ text: '[][]', rounds: 2 });
    expect(asked).toEqual(['commit r9', 'details r1']);
  });

  it('do not wait beyond the end of the attempt', async () => {
    const { lookup } = lookupOf({});
    const silent: Lookup = { ...lookup, ask: () => new Promise(() => undefined) };
    const attempt = new AbortController();
    const rendering = render(everything, silent, app, attempt.signal);
    attempt.abort();
    expect((await rendering).text).toBe('[][]');
    expect((await render(everything, silent, app, attempt.signal)).text).toBe('[][]');
  });
});
