import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ArgocdClient, type ArgocdOptions, createArgocdClient } from '../../src/argocd/client.ts';
import { commitQuestions, detailsQuestions, type Question } from '../../src/argocd/questions.ts';
import { sprint } from '../../src/go/format.ts';
import type { GoStruct } from '../../src/go/struct.ts';
import type { JsonObject } from '../../src/model.ts';
import { commit, several, sha, shop, source } from './applications.ts';
import { type ArgocdDouble, createArgocdDouble } from './argocd-double.ts';

let double: ArgocdDouble;
let client: ArgocdClient;

function connect(options: Partial<ArgocdOptions> = {}): ArgocdClient {
  const { url, token } = double;
  return createArgocdClient({ url, token, insecureSkipVerify: false, ...options }, { namespace: 'argocd' });
}

const ask = (question: Question | undefined, timeout = 10_000) => {
  if (question === undefined) throw new Error('no question');
  return client.ask(question, AbortSignal.timeout(timeout));
};
const askCommit = (app: JsonObject = shop, revision = sha) => ask(commitQuestions(app, [revision])[0]);
const askDetails = (app: JsonObject = shop) => ask(detailsQuestions(app)[0]);
const failure = (reason: string, detail: string | RegExp) => ({
  ok: false,
  reason,
  detail: expect.stringMatching(detail),
});

beforeEach(async () => {
  double = createArgocdDouble();
  await double.start();
  client = connect();
});
afterEach(async () => {
  await client.close();
  await double.stop();
});

describe('commit metadata', () => {
  it('is asked with the Application, its namespace and project', async () => {
    double.commits[sha] = commit;
    const answer = await askCommit();
    expect(answer.ok && sprint(answer.value)).toBe(
      '{fix "quotes"\n\nand lines Ana <ana@example.com> 2026-11-22 10:39:00 +0000 UTC [v1 stable]}',
    );
    expect(double.requests).toEqual([
      {
        method: 'GET',
        segments: ['applications', 'shop', 'revisions', sha, 'metadata'],
        query: { appNamespace: 'argocd', project: 'default' },
        authorization: `Bearer ${double.token}`,
        body: {},
      },
    ]);
  });

  it('names the source of several, and keeps a revision inside its path segment', async () => {
    double.commits[sha] = commit;
    expect(await askCommit(several)).toMatchObject({ ok: true });
    expect(double.requests[0]?.query.sourceIndex).toBe('1');
    await askCommit(shop, 'release/2026 #1?x=../y');
    expect(double.requests[1]?.segments).toEqual([
      'applications',
      'shop',
      'revisions',
      'release/2026 #1?x=../y',
      'metadata',
    ]);
    expect(commitQuestions(shop, ['..', '.'])).toEqual([]);
  });

  it('may have no tags and no message', async () => {
    double.commits[sha] = { author: 'Ana', date: '2026-11-22T10:39:00Z' };
    const answer = await askCommit();
    expect(answer.ok && sprint((answer.value as GoStruct).goMember('Tags'))).toBe('[]');
  });
});

describe('details', () => {
  const helm = {
    name: 'shop',
    valueFiles: ['values.yaml'],
    parameters: [{ name: 'image.tag', value: '1' }],
    values: 'a: 1\n',
    fileParameters: [{ name: 'cfg', path: 'cfg.json' }],
  };

  it('are asked with the source as it stands in the Application', async () => {
    double.details[source.repoURL] = { type: 'Helm', helm };
    expect(await askDetails()).toMatchObject({ ok: true });
    expect(double.requests[0]).toMatchObject({
      method: 'POST',
      segments: ['repositories', source.repoURL, 'appdetails'],
      body: { source, appName: 'shop', appProject: 'default' },
    });
  });

  it('qualify the name of an Application outside of the namespace of Argo CD', async () => {
    double.details[source.repoURL] = { type: 'Directory', directory: {} };
    await askDetails({ ...shop, metadata: { name: 'shop', namespace: 'team-a' } });
    expect(double.requests[0]?.body.appName).toBe('team-a/shop');
  });

  it('put the parameters of the Application before those of the chart', async () => {
    double.details[source.repoURL] = { type: 'Helm', helm };
    const overridden = { ...source, helm: { parameters: [{ name: 'image.tag', value: '2' }] } };
    const answer = await askDetails({ ...shop, spec: { project: 'default', source: overridden } });
    if (!answer.ok) throw new Error(answer.detail);
    const spec = (answer.value as GoStruct).goMember('Helm') as {
      goMember(name: string): (name: string) => string;
    };
    expect(spec.goMember('GetParameterValueByName')('image.tag')).toBe('2');
    expect(spec.goMember('GetFileParameterPathByName')('cfg')).toBe('cfg.json');
  });
});

describe('what is no answer', () => {
  it.each([
    ['an unknown revision', 500, { error: 'x', code: 2 }, 'unknown'],
    ['an unknown Application', 404, { error: 'x', code: 5 }, 'unknown'],
    ['a bad revision', 400, { error: 'x', code: 3 }, 'unknown'],
    ['no permission', 403, { error: 'x', code: 7 }, 'refused'],
    ['an Argo CD that cannot reach its repo-server', 503, { error: 'x', code: 14 }, 'unreachable'],
    ['too many requests', 429, {}, 'unreachable'],
    ['a proxy before it', 404, undefined, 'unreachable'],
    ['a broken gateway', 502, undefined, 'unreachable'],
  ])('%s', async (_, status, body, reason) => {
    double.fail({ kind: 'status', status, body: body ? JSON.stringify(body) : '<html>nginx</html>' });
    expect(await askCommit()).toEqual(failure(reason, `answered HTTP ${status}`));
  });

  it.each(['<html>Sign in</html>', '{}', '[]', 'null', '{"author": 1, "date": ""}'])('%s', async (body) => {
    double.fail({ kind: 'status', status: 200, body });
    expect(await askCommit()).toEqual(failure('unreachable', 'not from its API'));
  });

  it('a wrong token, which no error shows', async () => {
    await client.close();
    client = connect({ token: 'wrong-token' });
    const answer = await askCommit();
    expect(answer).toEqual(failure('refused', /401.*token/));
    expect(JSON.stringify(answer)).not.toContain('wrong-token');
  });

  it('a token that no header can carry', async () => {
    await client.close();
    client = connect({ token: 'se\u0000cret' });
    const answer = await askCommit();
    expect(answer).toMatchObject({ ok: false, reason: 'unreachable' });
    expect(JSON.stringify(answer)).not.toMatch(/se.*cret/);
  });

  it('a redirect, which would lose the token', async () => {
    double.fail({ kind: 'status', status: 307, headers: { location: 'https://argocd.example' } });
    expect(await askCommit()).toEqual(failure('unreachable', /307.*url of argocd/));
  });

  it('a closed connection, a lost answer, silence and nobody there', async () => {
    double.fail({ kind: 'reset' });
    double.fail({ kind: 'drop' });
    double.fail({ kind: 'hang' });
    expect(await askCommit()).toMatchObject({ ok: false, reason: 'unreachable' });
    expect(await askCommit()).toMatchObject({ ok: false, reason: 'unreachable' });
    expect(await ask(commitQuestions(shop, [sha])[0], 50)).toEqual(
      failure('unreachable', 'no answer in time'),
    );
    await double.stop();
    expect(await askCommit()).toEqual(failure('unreachable', /ECONNREFUSED|closed/));
  });

  it('an endless one', async () => {
    double.commits[sha] = { ...commit, message: 'x'.repeat(9 * 1024 * 1024) };
    expect(await askCommit()).toMatchObject({ ok: false, reason: 'unreachable' });
  });
});
