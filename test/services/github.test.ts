import { createPublicKey, verify } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkConfig } from '../../src/config/check.ts';
import { textAt } from '../../src/json.ts';
import type { JsonObject, Outcome } from '../../src/model.ts';
import { presentationOf, type SendContext, type Service } from '../../src/services/service.ts';
import { renderNotification } from '../../src/templates/render.ts';
import { compileTemplate } from '../../src/templates/schema.ts';
import { templateVars } from '../../src/templates/vars.ts';
import { readFixtures } from '../conformance/fixtures.ts';
import { openInternet } from '../internet/internet.ts';
import type { Answer, WireRequest } from '../internet/server.ts';
import { appID, createGitHubDouble, type GitHubDouble, privateKey, tokenAnswer } from './github-double.ts';
import { createMemoryState, type MemoryState } from './memory-state.ts';
import { startService } from './start-service.ts';

const fixtures = readFixtures(join(import.meta.dirname, '../conformance/fixtures.json'));
const sha = '9c5d2e7fa81b40c3d6e5f708192a3b4c5d6e7f80';
const options = { appID, installationID: 67_890, privateKey };
const commit = { repoURLPath: 'https://github.com/acme/widgets.git', revisionPath: sha };
const status = { ...commit, status: { state: 'success', label: 'cd' } };
const login: Answer = { status: 201, json: tokenAnswer('ghs_0123456789abcdef', Date.now()) };
const taken: Answer = { status: 201, json: { id: 1 } };

let service: Service;
let state: MemoryState;
let now: number;
const internet = await openInternet();
const { server } = internet;
afterAll(() => internet.close());
beforeEach(() => {
  now = Date.now();
  restart();
});
afterEach(() => service.close());

function restart(changes: JsonObject = {}, keep = createMemoryState()): void {
  state = keep;
  service = startService('github', { ...options, ...changes }, { state, now: () => now });
}

function send(section: JsonObject, earlier?: { since: number }, message = 'deployed'): Promise<Outcome> {
  const signal = AbortSignal.timeout(600_000);
  return service.send({ message, section }, '', { deliveryId: 'd', signal, ...(earlier && { earlier }) });
}

/** As the pipeline does: the templates rendered for the Application, and sent. */
function notify(templates: readonly string[], app: JsonObject): Promise<Outcome> {
  const compiled = templates.map((text) => {
    const { template, problems } = compileTemplate('t', text);
    if (template === undefined) throw new Error(JSON.stringify(problems));
    return template;
  });
  const vars = templateVars({ app, appProject: {}, context: {}, serviceType: 'github', recipient: '', now });
  const rendered = renderNotification(compiled, vars, presentationOf(service));
  if (!rendered.ok) throw new Error(rendered.error);
  const { section = {}, message } = rendered.notification;
  return send(section, undefined, message);
}

const isLogin = ({ path = '' }: WireRequest) => path.endsWith('/access_tokens');
const lines = () =>
  server
    .received()
    .map(({ method, path }) => (isLogin({ path: path ?? '' }) ? 'login' : `${method} ${path}`));
const bodies = () =>
  server
    .received()
    .filter(({ method, path }) => method !== 'GET' && !isLogin({ path: path ?? '' }))
    .map(({ body }) => JSON.parse(body ?? 'null') as JsonObject);

describe('the token of the App', () => {
  it('is signed with its key, and asked for once', async () => {
    server.play([login, taken]);
    expect(await send(status)).toEqual({ status: 'sent' });
    expect(await send(status)).toEqual({ status: 'sent' });
    expect(lines()).toEqual(['login', ...Array<string>(2).fill(`POST /repos/acme/widgets/statuses/${sha}`)]);
    const [asked, told] = server.received();
    const [header = '', claims = '', signature = ''] =
      asked?.headers?.['authorization']?.slice(7).split('.') ?? [];
    const key = createPublicKey(privateKey);
    expect(
      verify('RSA-SHA256', Buffer.from(`${header}.${claims}`), key, Buffer.from(signature, 'base64url')),
    ).toBe(true);
    const seconds = Math.floor(now / 1_000);
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toEqual({
      iss: String(appID),
      iat: seconds - 30,
      exp: seconds + 90,
    });
    expect(told?.headers?.['authorization']).toBe('token ghs_0123456789abcdef');
  });

  it('is asked for again shortly before it ends', async () => {
    server.play([login, taken, { status: 201, json: tokenAnswer('ghs_second', now + 3_600_000) }, taken]);
    await send(status);
    now += 3_541_000;
    await send(status);
    expect(lines().filter((line) => line === 'login')).toHaveLength(2);
    expect(server.received().at(-1)?.headers?.['authorization']).toBe('token ghs_second');
  });

  it('is asked for once by all who need it at the same time', async () => {
    server.play([login, taken]);
    const all = await Promise.all([1, 2, 3, 4].map(() => send(status)));
    expect(all).toEqual(Array(4).fill({ status: 'sent' }));
    expect(lines().filter((line) => line === 'login')).toHaveLength(1);
  });

  it('is not lost to others when the attempt that asked for it is aborted', async () => {
    server.play([{ hang: true }, login, taken]);
    const abort = new AbortController();
    const context = { deliveryId: 'a', signal: abort.signal };
    const first = service.send({ message: 'm', section: status }, '', context);
    await server.until(1);
    const second = send(status);
    abort.abort();
    expect(await first).toMatchObject({ status: 'retry', reason: 'aborted' });
    expect(await second).toEqual({ status: 'sent' });
  });

  it('is asked for again when GitHub knows it no longer, once', async () => {
    const unknown: Answer = { status: 401, json: { message: 'Bad credentials' } };
    server.play([login, taken, unknown, login, taken]);
    await send(status);
    expect(await send(status)).toEqual({ status: 'sent' });
    server.play([unknown, login, unknown]);
    expect(await send(status)).toMatchObject({ status: 'rejected', scope: 'service', reason: 'http_401' });
    expect(lines()).toHaveLength(3);
  });

  it.each<[string, Answer, object]>([
    [
      '401',
      { status: 401, json: { message: 'no JWT' } },
      { status: 'rejected', scope: 'service', error: /appID and privateKey/ },
    ],
    [
      '403',
      { status: 403, json: { message: 'suspended' } },
      { status: 'rejected', scope: 'service', error: /suspended/ },
    ],
    [
      '404',
      { status: 404, json: { message: 'Not Found' } },
      { status: 'rejected', scope: 'service', error: /installationID/ },
    ],
    ['500', { status: 500 }, { status: 'retry', reason: 'http_500', error: /installation token/ }],
    ['a page', { body: '<html>' }, { status: 'retry', reason: 'unreadable_answer', error: /./ }],
    ['nothing', { close: true }, { status: 'retry', reason: 'connection_lost', error: /./ }],
    [
      'a limit',
      { status: 403, headers: { 'retry-after': '9' } },
      { status: 'retry', retryAfter: 9_000, error: /./ },
    ],
  ])(
    'answered with %s: nothing has been sent',
    async (_, answer, { error, ...expected }: { error?: RegExp }) => {
      server.play([answer]);
      const outcome = await send(status);
      expect(outcome).toMatchObject(expected);
      expect(textAt(outcome, 'error')).toMatch(error ?? /^$/);
      expect(outcome).not.toHaveProperty('unclear');
      expect(lines()).toEqual(['login']);
    },
  );

  it('is in no error', async () => {
    const echo = 'no ghs_0123456789abcdef here';
    server.play([login, { status: 422, json: { message: echo, errors: [{ message: echo }] } }]);
    const outcome = await send(status);
    expect(outcome).toMatchObject({ status: 'rejected', error: expect.stringContaining('no *** here') });
  });
});

describe('what a refusal means', () => {
  const limit = { message: 'You have exceeded a secondary rate limit' };
  it.each<[string, Answer, object]>([
    [
      '403',
      { status: 403, json: { message: 'Resource not accessible by integration' } },
      { status: 'rejected', scope: 'recipient' },
    ],
    ['404', { status: 404, json: { message: 'Not Found' } }, { status: 'rejected', scope: 'recipient' }],
    [
      '403 of a suspended one',
      { status: 403, json: { message: 'This installation has been suspended' } },
      { status: 'rejected', scope: 'service' },
    ],
    [
      '422',
      { status: 422, json: { message: 'No commit found' } },
      { status: 'rejected', scope: 'notification' },
    ],
    ['202', { status: 202 }, { status: 'retry', reason: 'http_202' }],
    ['429', { status: 429 }, { status: 'retry', reason: 'rate_limited', retryAfter: 60_000 }],
    [
      '403 with Retry-After',
      { status: 403, headers: { 'retry-after': '7' } },
      { status: 'retry', reason: 'rate_limited', retryAfter: 7_000 },
    ],
    [
      '403 with a secondary limit',
      { status: 403, json: limit },
      { status: 'retry', reason: 'rate_limited', retryAfter: 60_000 },
    ],
  ])('%s', async (_, answer, expected) => {
    server.play([login, answer]);
    const outcome = await send(status);
    expect(outcome).toMatchObject(expected);
    expect(outcome).not.toHaveProperty('unclear');
  });

  it('says what to grant, and where', async () => {
    server.play([login, { status: 404, json: { message: 'Not Found' } }]);
    expect(await send(status)).toMatchObject({
      error:
        'GitHub of service github, commit status of acme/widgets: answered HTTP 404: Not Found. Install the App on acme/widgets, and grant it "Commit statuses: Read and write"',
    });
  });

  it('a limit that is used up: nothing is asked until it is over', async () => {
    const reset = Math.ceil(now / 1_000) + 90;
    const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(reset) };
    server.play([login, { status: 403, headers, json: { message: 'API rate limit exceeded' } }, taken]);
    const first = await send(status);
    expect(first).toMatchObject({
      status: 'retry',
      reason: 'rate_limited',
      retryAfter: expect.closeTo(reset * 1_000 - now, -1),
    });
    now += 60_000;
    expect(await send(status)).toMatchObject({
      status: 'retry',
      reason: 'rate_limited',
      retryAfter: expect.closeTo(reset * 1_000 - now, -1),
    });
    expect(lines()).toHaveLength(2);
    now += 60_000;
    expect(await send(status)).toEqual({ status: 'sent' });
  });

  it('a part that is refused keeps none of the others back, and they are not done again', async () => {
    const section = {
      ...status,
      checkRun: { name: 'c', conclusion: 'success' },
      repositoryDispatch: { event_type: 'e' },
    };
    server.play([
      login,
      taken,
      { status: 403, json: { message: 'Resource not accessible' } },
      { status: 204 },
    ]);
    const outcome = await send(section);
    expect(outcome).toMatchObject({
      status: 'rejected',
      scope: 'recipient',
      error: expect.stringContaining('Checks: Read and write'),
    });
    expect(lines()).toHaveLength(4);
    server.play([taken]);
    expect(await send(section)).toEqual({ status: 'sent' });
    expect(lines()).toEqual(['POST /repos/acme/widgets/check-runs']);
  });

  it('after a failure for now the next attempt goes on where it was', async () => {
    const section = {
      ...status,
      checkRun: { name: 'c', conclusion: 'success' },
      repositoryDispatch: { event_type: 'e' },
    };
    server.play([login, taken, { status: 429, headers: { 'retry-after': '5' } }]);
    expect(await send(section)).toMatchObject({ status: 'retry', retryAfter: 5_000 });
    expect(lines()).toHaveLength(3);
    const { state: kept } = { state };
    await service.close();
    restart({}, kept);
    server.play([login, taken]);
    expect(await send(section)).toEqual({ status: 'sent' });
    expect(lines()).toEqual([
      'login',
      'POST /repos/acme/widgets/check-runs',
      'POST /repos/acme/widgets/dispatches',
    ]);
  });

  it.each<[string, JsonObject]>([
    ['nothing to do', commit],
    ['no repository', { ...status, repoURLPath: '<no value>' }],
    ['an owner alone', { ...status, repoURLPath: 'https://github.com/acme' }],
    ['a way out of the path', { ...status, repoURLPath: 'https://github.com/../..' }],
    ['no revision', { ...status, revisionPath: '' }],
    ['a revision that is none', { ...status, revisionPath: '../../../../user' }],
    ['more revisions than repositories', { ...status, revisionPath: 'a\nb\n' }],
    ['a comment without content', { ...commit, pullRequestComment: { content: ' ' } }],
    ['a completed run without conclusion', { ...commit, checkRun: { name: 'c', status: 'completed' } }],
    ['a time that is none', { ...commit, checkRun: { name: 'c', started_at: 'now' } }],
    [
      'a payload that is no JSON',
      { ...commit, repositoryDispatch: { event_type: 'e', client_payload: '{' } },
    ],
  ])('%s is refused before anybody is asked', async (_, section) => {
    server.play([login, taken]);
    expect(await send(section)).toMatchObject({
      status: 'rejected',
      scope: 'notification',
      reason: 'invalid_section',
    });
    expect(lines()).toEqual([]);
  });
});

describe('commits', () => {
  const template = 'message: m\ngithub: {status: {state: success, label: cd}}';
  const statuses = () => lines().filter((line) => line !== 'login');
  const several = fixtures.apps['platform-multi'] as JsonObject;
  const values = '77aa88bb99cc00dd11ee22ff33aa44bb55cc66dd';
  const crds = '5d4c3b2a190807f6e5d4c3b2a1908070605040f3';

  function withRevisions(...revisions: string[]): JsonObject {
    const app = structuredClone(several);
    const { syncResult } = (app['status'] as { operationState: { syncResult: JsonObject } }).operationState;
    syncResult['revisions'] = revisions;
    return app;
  }

  it('of several sources each is told, but for charts', async () => {
    server.play([login, taken]);
    expect(await notify([template], several)).toEqual({ status: 'sent' });
    expect(statuses()).toEqual([
      `POST /repos/hartwell-shop/platform-values/statuses/${values}`,
      `POST /repos/hartwell-shop/crds/statuses/${crds}`,
    ]);
  });

  it('a source without a revision is left out, which is said', async () => {
    server.play([login, taken]);
    expect(await notify([template], withRevisions('4.11.3', '', crds))).toEqual({
      status: 'sent',
      degraded: 'no_revision',
      error:
        'GitHub of service github told nothing to hartwell-shop/platform-values: no revision of it is known',
    });
    expect(statuses()).toEqual([`POST /repos/hartwell-shop/crds/statuses/${crds}`]);
  });

  it.each([
    ['several sources', withRevisions('', '', '')],
    ['several sources, before the first sync of all', withRevisions()],
    ['one source', fixtures.apps['fresh-no-status'] as JsonObject],
    ['one source, never synced', fixtures.apps['draft-no-opstate'] as JsonObject],
  ])('where no revision is known nothing is told: %s', async (_, app) => {
    server.play([login, taken]);
    expect(await notify([template], app)).toMatchObject({
      status: 'rejected',
      error: expect.stringContaining('no revision of'),
    });
    expect(lines()).toEqual([]);
  });

  it('sources of another Git server are left out where there are some of this', async () => {
    await service.close();
    restart({ enterpriseBaseURL: 'https://git.example' });
    const app = structuredClone(several);
    const [, first] = (app['spec'] as { sources: JsonObject[] }).sources;
    if (first) first['repoURL'] = 'git@git.example:acme/values.git';
    server.play([login, taken]);
    expect(await notify([template], app)).toEqual({ status: 'sent' });
    expect(statuses()).toEqual([`POST /api/v3/repos/acme/values/statuses/${values}`]);
  });

  it('two sources of one commit are told once, and an event goes to a repository once', async () => {
    const section = {
      repoURLPath: 'https://github.com/acme/a\nhttps://github.com/acme/a.git\ngit@github.com:acme/a',
      revisionPath: 'r1\nr1\nr2',
      status: {},
      repositoryDispatch: { event_type: 'e' },
    };
    server.play([login, taken]);
    expect(await send(section)).toEqual({ status: 'sent' });
    expect(statuses()).toEqual(
      ['statuses/r1', 'dispatches', 'statuses/r2'].map((path) => `POST /repos/acme/a/${path}`),
    );
  });

  it('templates are merged part by part', async () => {
    const first =
      'message: a\ngithub: {status: {state: pending, label: cd, targetURL: u}, checkRun: {name: c, status: queued}}';
    const second = 'message: b\ngithub: {status: {state: success, label: cd}}';
    server.play([login, taken]);
    expect(await notify([first, second], fixtures.apps['guestbook-synced'] as JsonObject)).toEqual({
      status: 'sent',
    });
    expect(bodies()).toMatchObject([
      { state: 'success', target_url: '', description: 'b' },
      { name: 'c', status: 'queued' },
    ]);
  });
});

describe('values', () => {
  it('are shown as they are where Markdown is read, and nowhere else changed', async () => {
    const app = structuredClone(fixtures.apps['guestbook-synced'] as JsonObject);
    const name = 'my_app @acme/ops <b>"';
    (app['metadata'] as JsonObject)['name'] = name;
    const template = [
      "message: '{{.app.metadata.name}}'",
      'github:',
      "  status: {state: success, label: '{{.app.metadata.name}}'}",
      "  pullRequestComment: {content: '**{{.app.metadata.name}}** @acme/team', commentTag: 'a --> {{.app.metadata.name}}'}",
      "  checkRun: {name: '{{.app.metadata.name}}', conclusion: success, output: {title: '{{.app.metadata.name}}', summary: '{{.app.metadata.name}}'}}",
      '  repositoryDispatch: {event_type: e, client_payload: \'{"name": "{{.app.metadata.name}}"}\'}',
    ].join('\n');
    const double = createGitHubDouble({ pulls: [4] });
    server.play([{ reply: double.reply }]);
    expect(await notify([template], app)).toEqual({ status: 'sent' });
    const shown = 'my\\_app @\u200bacme/ops &lt;b>"';
    expect(bodies()).toMatchObject([
      { description: name, context: name },
      { body: `**${shown}** @acme/team\n<!-- argocd-notifications a my_app @acme/ops b" -->` },
      { name, output: { title: name, summary: shown } },
      { client_payload: { name } },
    ]);
  });

  it('mention nobody, and leave e-mail addresses alone', async () => {
    const app = structuredClone(fixtures.apps['guestbook-synced'] as JsonObject);
    (app['metadata'] as JsonObject)['name'] = 'ana@example.com (@ana)';
    server.play([{ reply: createGitHubDouble({ pulls: [4] }).reply }]);
    await notify(["github: {pullRequestComment: {content: '{{.app.metadata.name}}'}}"], app);
    expect(bodies()).toEqual([{ body: 'ana@example.com (@\u200bana)' }]);
  });

  it('that are too long are cut', async () => {
    server.play([{ reply: createGitHubDouble({ pulls: [4] }).reply }]);
    const content = 'é'.repeat(70_000);
    await send({ ...status, pullRequestComment: { content, commentTag: 't' } }, undefined, 'm'.repeat(200));
    const [told, comment] = bodies();
    expect(told?.['description']).toBe(`${'m'.repeat(137)}...`);
    expect([...textAt(comment, 'body')]).toHaveLength(65_536);
    expect(textAt(comment, 'body')).toMatch(/é\.\.\.\n<!-- argocd-notifications t -->$/);
  });
});

describe('comments', () => {
  const comment = (content: string) => ({ ...commit, pullRequestComment: { content, commentTag: 'cd' } });

  it('of a tag are kept up to date, on every page of comments and pull requests', async () => {
    const double = createGitHubDouble({ pulls: [1, 2, 3], page: 2 });
    server.play([{ reply: double.reply }]);
    for (const number of [1, 2, 3]) {
      for (let at = 0; at < 3; at += 1) {
        double.reply({
          method: 'POST',
          path: `/repos/acme/widgets/issues/${number}/comments`,
          body: '{"body":"by others"}',
        });
      }
    }
    await send(comment('first'));
    await send(comment('second'));
    for (const number of [1, 2, 3]) {
      const own = double.written(`issues/${number}/comments`).map(({ body }) => body);
      expect(own).toEqual([
        'by others',
        'by others',
        'by others',
        'second\n<!-- argocd-notifications cd -->',
      ]);
    }
  });

  it('of people who quote the tag are left alone', async () => {
    const quoted = { id: 7, body: '> <!-- argocd-notifications cd -->', user: { type: 'User' } };
    const another = { id: 8, body: '<!-- argocd-notifications cd -->', performed_via_github_app: { id: 1 } };
    server.play([login, { json: [{ number: 1 }] }, { json: [quoted, another] }, taken]);
    expect(await send(comment('mine'))).toEqual({ status: 'sent' });
    expect(lines().at(-1)).toBe('POST /repos/acme/widgets/issues/1/comments');
  });

  it('the token goes to the API alone, wherever the next page is said to be', async () => {
    const link = '<https://evil.example/repos/x?page=2>; rel="next", <https://evil.example/>; rel="last"';
    server.play([login, { json: [], headers: { link } }, { json: [] }]);
    expect(await send(comment('mine'))).toEqual({ status: 'sent' });
    expect(new Set(server.received().map(({ host }) => host))).toEqual(new Set(['api.github.com']));
    expect(server.received().at(-1)).toMatchObject({ path: '/repos/x', query: 'page=2' });
  });

  it('what is no list is looked at later', async () => {
    server.play([login, { body: '<html>' }]);
    const outcome = await send(comment('mine'));
    expect(outcome).toMatchObject({ status: 'retry', reason: 'unreadable_answer' });
    expect(outcome).not.toHaveProperty('unclear');
  });
});

describe('an answer that is lost', () => {
  const everything = {
    ...commit,
    status: { state: 'success', label: 'cd', targetURL: '' },
    deployment: { state: 'success', environment: 'prod', reference: 'v1.0.0', environmentURL: '' },
    pullRequestComment: { content: 'hello *there*' },
    checkRun: { name: 'cd', conclusion: 'success', output: { title: 't' } },
  };
  const lists = [
    `statuses/${sha}`,
    'deployments',
    'deployments/2/statuses',
    'issues/4/comments',
    'check-runs',
  ];
  const counts = (double: GitHubDouble) => lists.map((list) => double.written(list).length);

  /** Answers of which that to the n-th request is lost, with or without what it asked for being done. */
  function losing(double: GitHubDouble, at: number, isDone: boolean): Answer {
    let count = 0;
    return {
      reply(request) {
        count += 1;
        if (count !== at) return double.reply(request);
        if (isDone) double.reply(request);
        return { close: true };
      },
    };
  }

  const cases = Array.from({ length: 8 }, (_, index) => index + 1).flatMap((at) =>
    [true, false].flatMap((isDone) => [true, false].map((isCrash) => ({ at, isDone, isCrash }))),
  );
  it.each(cases)(
    'to request $at, done: $isDone, and the process with it: $isCrash',
    async ({ at, isDone, isCrash }) => {
      const double = createGitHubDouble({ pulls: [4], now: () => now });
      server.play([losing(double, at, isDone)]);
      const since = now;
      const first = await send(everything);
      expect(first).toMatchObject({ status: 'retry', reason: 'connection_lost' });
      // A process that crashes has not noted what it had done, and nobody knows how far it came.
      const isUnclear = isCrash || 'unclear' in first;
      await service.close();
      restart({}, isCrash ? createMemoryState() : state);
      now += 30_000;
      const second = await send(everything, isUnclear ? { since } : undefined);
      expect(second.status).toBe('sent');
      expect(counts(double)).toEqual([1, 1, 1, 1, 1]);
    },
  );

  it('when all had arrived, it counts', async () => {
    const double = createGitHubDouble({ pulls: [4], now: () => now });
    server.play([{ reply: double.reply }]);
    await send(everything);
    restart();
    expect(await send(everything, { since: now })).toEqual({ status: 'sent', earlier: 'found' });
    expect(counts(double)).toEqual([1, 1, 1, 1, 1]);
  });

  it('what was said before is said again, where something else was said since', async () => {
    const double = createGitHubDouble({ now: () => now });
    server.play([{ reply: double.reply }]);
    for (const word of ['success', 'failure'])
      await send({ ...commit, status: { state: word, label: 'cd' } });
    expect(await send(status, { since: now })).toEqual({ status: 'sent', earlier: 'absent' });
    expect(double.written(`statuses/${sha}`).map((each) => each['state'])).toEqual([
      'success',
      'failure',
      'success',
    ]);
  });

  it('an event may come twice, which is said', async () => {
    const double = createGitHubDouble();
    server.play([{ reply: double.reply }]);
    const section = { ...commit, repositoryDispatch: { event_type: 'e' } };
    expect(await send(section, { since: now })).toEqual({ status: 'sent', earlier: 'unreadable' });
  });
});

describe('an alert', () => {
  const under = (conclusion?: string) => ({
    ...commit,
    checkRun: {
      name: 'healthy',
      status: conclusion ? 'completed' : 'in_progress',
      ...(conclusion && { conclusion }),
    },
  });
  const resolved = {
    isFollowUp: true,
    state: 'resolved',
    reason: 'all resolved',
    endedAt: 1_900_000_000_000,
  } as const;
  type Alert = NonNullable<SendContext['alert']>;

  function tell(section: JsonObject, changes: Partial<Alert> = {}, deliveryId = 'd'): Promise<Outcome> {
    const alert: Alert = {
      key: 'a1',
      state: 'firing',
      reason: 'first',
      severity: 'warning',
      since: now,
      isFollowUp: false,
      isSilent: false,
      ...changes,
    };
    const signal = AbortSignal.timeout(600_000);
    return service.send({ message: 'm', section }, '', { deliveryId, signal, alert });
  }

  it('has one check run, which its end concludes, at whichever commit the Application is by then', async () => {
    const double = createGitHubDouble();
    server.play([{ reply: double.reply }]);
    expect(await tell(under())).toEqual({ status: 'sent' });
    const kept = state;
    await service.close();
    restart({}, kept);
    expect(await tell(under(), { isFollowUp: true, reason: 'repeated' })).toEqual({ status: 'sent' });
    expect(double.written('check-runs')).toMatchObject([{ status: 'in_progress' }]);
    expect(await tell({ ...under(), revisionPath: 'another' }, resolved)).toEqual({ status: 'sent' });
    expect(double.written('check-runs')).toMatchObject([
      {
        name: 'healthy',
        head_sha: sha,
        status: 'completed',
        conclusion: 'success',
        completed_at: '2030-03-17T17:46:40Z',
      },
    ]);
  });

  it.each<[string, JsonObject, string]>([
    ['the conclusion that the template has for it', under('neutral'), 'neutral'],
    ['success where the message of the end says nothing of GitHub', {}, 'success'],
  ])('ends with %s', async (_, section, conclusion) => {
    const double = createGitHubDouble();
    server.play([{ reply: double.reply }]);
    await tell(under());
    expect(await tell(section, resolved)).toEqual({ status: 'sent' });
    expect(double.written('check-runs')).toMatchObject([{ status: 'completed', conclusion }]);
  });

  it('concludes the run of each source, also of those that a later attempt made', async () => {
    const double = createGitHubDouble();
    const section = {
      ...under(),
      repoURLPath: 'https://github.com/a/b\nhttps://github.com/a/c',
      revisionPath: 'r1\nr2',
    };
    let count = 0;
    server.play([
      {
        reply(request) {
          count += 1;
          return count === 3 ? { status: 429 } : double.reply(request);
        },
      },
    ]);
    expect(await tell(section)).toMatchObject({ status: 'retry' });
    expect(await tell(section)).toEqual({ status: 'sent' });
    expect(await tell({}, resolved)).toEqual({ status: 'sent' });
    expect(double.written('check-runs').map((run) => run['conclusion'])).toEqual(['success', 'success']);
  });

  it('of which nothing is known is told of as any other notification', async () => {
    const double = createGitHubDouble();
    server.play([{ reply: double.reply }]);
    expect(await tell(under('success'), resolved)).toEqual({ status: 'sent' });
    expect(double.written('check-runs')).toMatchObject([{ conclusion: 'success' }]);
    expect(await tell({}, { ...resolved, key: 'another' })).toMatchObject({ status: 'rejected' });
  });
});

describe('config check', () => {
  const check = (data: Record<string, string>) => {
    const manifest = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'argocd-notifications-cm' },
      data,
    };
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'argocd-notifications-secret' },
      stringData: { key: privateKey },
    };
    const files = [manifest, secret].map((each, index) => ({
      name: `${index}.json`,
      text: JSON.stringify(each),
    }));
    return checkConfig({ files, now }).problems.map(({ key, what, fix }) => `${key}: ${what}. ${fix}`);
  };

  it('knows the options', () => {
    const text =
      'appID: 1\ninstallationID: "2"\nprivateKey: $key\nenterpriseBaseUrl: https://git.example/api/v3\ninstalationID: 3\n';
    expect(check({ 'service.github': text })).toEqual([
      expect.stringMatching(/unknown field "instalationID".*installationID/),
    ]);
  });

  it.each([
    ['installationID: 2\nprivateKey: $key\n', /appID is missing/],
    ['appID: my-app\ninstallationID: 2\nprivateKey: $key\n', /appID must be a whole number/],
    ['appID: 0\ninstallationID: 2\nprivateKey: $key\n', /appID is no id/],
    ['appID: 1\ninstallationID: 2\nprivateKey: key\n', /privateKey is no RSA key in PEM form/],
  ])('%s', (text, expected) => {
    expect(check({ 'service.github': text })).toEqual([expect.stringMatching(expected)]);
  });

  it('knows the fields of templates', () => {
    const template =
      'github: {status: {stat: success}, pullRequestComment: {contents: x}, repositoryDispatch: {client_payload: "{"}}';
    expect(check({ 'template.t': template })).toEqual([
      expect.stringMatching(/github.status has no field "stat".*state/),
      expect.stringMatching(/github.pullRequestComment has no field "contents".*content/),
      expect.stringMatching(/client_payload is no JSON/),
    ]);
  });
});
