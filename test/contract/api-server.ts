import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ClusterError } from '../../src/cluster/cluster-error.ts';
import type { Connection } from '../../src/cluster/connect.ts';
import { type Frame, readFrames } from '../../src/cluster/frames.ts';
import { argoPath } from '../../src/cluster/scope.ts';
import { textAt } from '../../src/json.ts';
import type { JsonObject } from '../../src/model.ts';
import { application } from '../cluster/support.ts';

/** What the simulated API server and a real one hold to alike, in as far as Herald relies on it. */
export interface ApiServerUnderTest {
  /** May do everything, also while others are limited. */
  connection: Connection;
  /** As an account with rights of its own, which may be limited. */
  ask(path: string): Promise<{ status: number; headers: Pick<Headers, 'get'>; text: string }>;
  /** With a token that nobody has. */
  askAsNobody(path: string): Promise<{ status: number; text: string }>;
  /** The server is started anew, and knows no more how the objects came to be as they are. */
  forget(): Promise<void>;
  /** The account gets no request through any more, until the answer is called; absent: it cannot be limited. */
  limit?(): Promise<() => Promise<void>>;
  stop(): Promise<void>;
}

const all = argoPath('applications', undefined);
const argocd = argoPath('applications', 'argocd');
const finalizers = ['resources-finalizer.argocd.argoproj.io'];

export function apiServerContract(
  name: string,
  start: () => Promise<ApiServerUnderTest>,
  { isSkipped = false, limits = true } = {},
): void {
  describe.skipIf(isSkipped)(`an API server: ${name}`, () => {
    let server: ApiServerUnderTest;
    let connection: Connection;
    beforeAll(async () => {
      server = await start();
      ({ connection } = server);
    });
    afterAll(() => server?.stop());
    afterEach(async () => {
      for (const item of (await connection.json({ path: all })).items as JsonObject[]) {
        const path = pathOf(item);
        if (textAt(item, 'metadata', 'deletionTimestamp') !== '')
          await patch(path, { metadata: { finalizers: null } });
        else await connection.json({ method: 'DELETE', path });
      }
    });

    const pathOf = (object: JsonObject) => {
      const [namespace, name] = ['namespace', 'name'].map((field) => textAt(object, 'metadata', field));
      return `${argoPath('applications', namespace)}/${name}`;
    };
    const patch = (path: string, body: JsonObject, contentType = 'application/merge-patch+json') =>
      connection.json({ method: 'PATCH', path, body, contentType });
    const make = (...shape: Parameters<typeof application>) => {
      const object = application(...shape);
      const path = pathOf(object).replace(/\/[^/]+$/, '');
      return connection.json({ method: 'POST', path, body: object });
    };
    const remove = (name: string) => connection.json({ method: 'DELETE', path: `${argocd}/${name}` });
    const revisionOf = (object: JsonObject) => textAt(object, 'metadata', 'resourceVersion');

    async function list(query: Record<string, string | number> = {}, path = argocd) {
      const answer = await connection.json({ path, query });
      const names = (answer.items as JsonObject[]).map((item) => textAt(item, 'metadata', 'name'));
      return { names, metadata: answer.metadata as Record<string, string | number | undefined> };
    }

    /** So many frames of a watch, or all until it ends; `opened` is called when the server has answered. */
    async function frames(
      query: Record<string, string | number | boolean>,
      { count = Number.POSITIVE_INFINITY, path = argocd, opened = async () => {} } = {},
    ): Promise<Frame[]> {
      const found: Frame[] = [];
      const chunks = await connection.stream({ path, query: { watch: true, ...query } });
      await opened();
      for await (const frame of readFrames(chunks)) {
        found.push(frame);
        if (found.length === count) break;
      }
      return found;
    }

    const shown = (frame: Frame): string =>
      'object' in frame ? `${frame.type} ${textAt(frame.object, 'metadata', 'name')}` : frame.type;

    async function failure(promise: Promise<unknown>): Promise<Partial<ClusterError>> {
      const error = await promise.then(
        () => expect.fail('it was answered'),
        (thrown: unknown) => thrown,
      );
      if (!(error instanceof ClusterError)) throw error;
      const { status, reason, message } = error;
      return {
        status,
        reason,
        message: message.slice(message.indexOf(`${status}`) + 4),
      } as Partial<ClusterError>;
    }

    describe('lists', () => {
      it('in pages over the revision of the first page', async () => {
        for (const each of ['a', 'b', 'c', 'd', 'e']) await make(each);
        const first = await list({ limit: 2 });
        expect([first.names, first.metadata.remainingItemCount]).toEqual([['a', 'b'], 3]);
        await remove('d');
        await make('bb');
        const second = await list({ limit: 2, continue: first.metadata.continue ?? '' });
        const third = await list({ limit: 2, continue: second.metadata.continue ?? '' });
        expect([...second.names, ...third.names]).toEqual(['c', 'd', 'e']);
        expect(third.metadata.continue || undefined).toBeUndefined();
        expect(third.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
        expect((await list({ limit: -1 })).names).toEqual(['a', 'b', 'bb', 'c', 'e']);
      });

      it('by namespace, label and name', async () => {
        await make('a', { labels: { team: 'web', tier: '1' } });
        await make('b', { labels: { team: 'data' } });
        await make('c', { namespace: 'team-a', labels: { team: 'web' } });
        const select = async (labelSelector: string) => (await list({ labelSelector }, all)).names;
        expect(await select('team=web')).toEqual(['a', 'c']);
        expect(await select('team in (web, data),!tier')).toEqual(['b', 'c']);
        expect(await select('team notin (web)')).toEqual(['b']);
        expect(await select('tier,team!=data')).toEqual(['a']);
        expect((await list()).names).toEqual(['a', 'b']);
        expect((await list({ fieldSelector: 'metadata.name=b' })).names).toEqual(['b']);
        expect(await failure(list({ labelSelector: 'a b' }))).toMatchObject({
          status: 400,
          reason: 'BadRequest',
          message: expect.stringContaining('unable to parse requirement'),
        });
      });

      it('built-in kinds without the kind of each item, and custom ones with it', async () => {
        await make('a');
        const [custom] = (await connection.json({ path: argocd })).items as JsonObject[];
        const [builtIn] = (await connection.json({ path: '/api/v1/namespaces' })).items as JsonObject[];
        expect(custom).toMatchObject({ kind: 'Application', apiVersion: 'argoproj.io/v1alpha1' });
        expect(builtIn).not.toHaveProperty('kind');
      });

      it('refuses what is no token, and a revision that has not come about', async () => {
        expect(await failure(list({ limit: 1, continue: 'x' }))).toMatchObject({
          status: 400,
          reason: 'BadRequest',
          message: expect.stringContaining('invalid continue token: continue key is not valid'),
        });
        expect(await failure(list({ resourceVersion: '99999999' }))).toMatchObject({
          status: 504,
          reason: 'Timeout',
          message: expect.stringContaining('Timeout: Too large resource version: 99999999, current: '),
        });
      });
    });

    describe('writes', () => {
      it('assigns identity and revisions, and counts generations', async () => {
        const created = await make('a');
        expect(created.metadata).toMatchObject({
          uid: expect.any(String),
          creationTimestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
          generation: 1,
        });
        const path = `${argocd}/a`;
        const annotated = await patch(path, { metadata: { annotations: { x: '1', y: '2' } } });
        const removed = await patch(path, { metadata: { annotations: { x: null } } });
        expect(removed.metadata).toMatchObject({ annotations: { y: '2' }, generation: 1 });
        const same = await patch(path, { metadata: { annotations: { y: '2' } } });
        expect(revisionOf(same)).toBe(revisionOf(removed));
        // The status of Argo CD's kinds is no subresource.
        const other = await patch(path, { status: { n: 1 } });
        expect(other.metadata).toMatchObject({ generation: 2 });
        const revisions = [created, annotated, removed, other].map((object) => Number(revisionOf(object)));
        expect(revisions).toEqual([...new Set(revisions)].toSorted((a, b) => a - b));
      });

      it('refuses in these words', async () => {
        await make('a');
        const path = `${argocd}/a`;
        const { metadata: _, ...rest } = application('a');
        const refused: [() => Promise<unknown>, number, string, unknown][] = [
          [
            () => patch(path, { metadata: { resourceVersion: '1' } }),
            409,
            'Conflict',
            'Operation cannot be fulfilled on applications.argoproj.io "a": the object has been modified; please apply your changes to the latest version and try again',
          ],
          [
            () => patch(path, { metadata: { uid: 'other' } }),
            422,
            'Invalid',
            'Application.argoproj.io "a" is invalid: metadata.uid: Invalid value: "other": field is immutable',
          ],
          [
            () => patch(path, {}, 'application/strategic-merge-patch+json'),
            415,
            'UnsupportedMediaType',
            expect.stringMatching(/^the body/),
          ],
          [
            () => connection.json({ path: `${argocd}/b` }),
            404,
            'NotFound',
            'applications.argoproj.io "b" not found',
          ],
          [() => make('a'), 409, 'AlreadyExists', 'applications.argoproj.io "a" already exists'],
          [() => make('a', { namespace: 'nowhere' }), 404, 'NotFound', 'namespaces "nowhere" not found'],
          [
            () => connection.json({ method: 'PUT', path, body: { ...rest, metadata: { name: 'a' } } }),
            422,
            'Invalid',
            'applications.argoproj.io "a" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update',
          ],
          [
            () => connection.json({ method: 'DELETE', path, body: { preconditions: { uid: 'other' } } }),
            409,
            'Conflict',
            expect.stringMatching(/the UID in the precondition \(other\) does not match the UID in record/),
          ],
        ];
        for (const [attempt, status, reason, message] of refused) {
          expect(await failure(attempt())).toEqual({ status, reason, message });
        }
        const nowhere = argoPath('applications', 'argocd').replace('applications', 'others');
        expect(await failure(connection.json({ path: nowhere }))).toMatchObject({ status: 404 });
      });

      it('answers a deletion with what it was, and keeps what has finalizers until they are gone', async () => {
        await make('a');
        expect(await remove('a')).toMatchObject({
          kind: 'Status',
          status: 'Success',
          details: { name: 'a', group: 'argoproj.io', kind: 'applications', uid: expect.any(String) },
        });
        const held = await make('b');
        await patch(`${argocd}/b`, { metadata: { finalizers } });
        const marked = await remove('b');
        expect(marked).toMatchObject({ kind: 'Application', metadata: { deletionGracePeriodSeconds: 0 } });
        expect(textAt(marked, 'metadata', 'deletionTimestamp')).toMatch(/Z$/);
        await patch(`${argocd}/b`, { metadata: { finalizers: null } });
        expect(await failure(connection.json({ path: `${argocd}/b` }))).toMatchObject({ status: 404 });
        const found = await frames({ resourceVersion: revisionOf(held) }, { count: 3 });
        expect(found.map(shown)).toEqual(['MODIFIED b', 'MODIFIED b', 'DELETED b']);
      });
    });

    describe('watches', () => {
      it('begin with what there is where no revision is given, and replay what came after one', async () => {
        const resourceVersion = revisionOf(await make('a'));
        expect((await frames({}, { count: 1 })).map(shown)).toEqual(['ADDED a']);
        await patch(`${argocd}/a`, { status: { n: 1 } });
        await make('b');
        const gone = await make('c');
        await remove('c');
        const found = await frames({ resourceVersion }, { count: 4 });
        expect(found.map(shown)).toEqual(['MODIFIED a', 'ADDED b', 'ADDED c', 'DELETED c']);
        // What is gone is shown as it was, at the revision at which it went.
        const [last] = found.slice(-1) as (Frame & { object: JsonObject })[];
        expect(Number(revisionOf(last?.object ?? {}))).toBeGreaterThan(Number(revisionOf(gone)));
      });

      it('show what begins or ceases to match as added or deleted, as it was when it did', async () => {
        const resourceVersion = revisionOf(await make('a'));
        await patch(`${argocd}/a`, { metadata: { labels: { team: 'web' } } });
        await patch(`${argocd}/a`, { status: { n: 1 } });
        const last = await patch(`${argocd}/a`, { metadata: { labels: { team: 'data' } }, status: { n: 2 } });
        const found = await frames({ resourceVersion, labelSelector: 'team=web' }, { count: 3 });
        expect(found.map(shown)).toEqual(['ADDED a', 'MODIFIED a', 'DELETED a']);
        expect(found[2]).toMatchObject({
          object: {
            metadata: { labels: { team: 'web' }, resourceVersion: revisionOf(last) },
            status: { n: 1 },
          },
        });
      });

      it('show nothing up to a revision that is not reached yet', async () => {
        const now = Number(revisionOf(await make('a')));
        const found = await frames(
          { resourceVersion: String(now + 2), allowWatchBookmarks: true },
          {
            count: 1,
            async opened() {
              for (let n = 1; n <= 3; n += 1) await patch(`${argocd}/a`, { status: { n } });
            },
          },
        );
        expect(found).toMatchObject([{ type: 'MODIFIED', object: { status: { n: 3 } } }]);
      });

      it('say before their end how far the kind has come, and nothing where nothing was', async () => {
        const resourceVersion = revisionOf(await make('a'));
        const query = { resourceVersion, timeoutSeconds: 4 };
        let elsewhere = '';
        const [quiet, unasked, asked] = await Promise.all([
          frames({ ...query, allowWatchBookmarks: true }, { path: argoPath('appprojects', 'argocd') }),
          frames(query),
          frames(
            { ...query, allowWatchBookmarks: true },
            {
              async opened() {
                elsewhere = revisionOf(await make('elsewhere', { namespace: 'team-a' }));
              },
            },
          ),
        ]);
        expect([quiet, unasked, asked]).toEqual([[], [], [{ type: 'BOOKMARK', resourceVersion: elsewhere }]]);
      });

      it('refuse what is no revision', async () => {
        expect(await failure(frames({ resourceVersion: 'x' }))).toMatchObject({ status: 500 });
      });
    });

    describe('who is not known, and who asks too much', () => {
      it('is answered 401', async () => {
        const { status, text } = await server.askAsNobody(argocd);
        expect([status, JSON.parse(text)]).toMatchObject([
          401,
          { kind: 'Status', message: 'Unauthorized', reason: 'Unauthorized', code: 401 },
        ]);
      });

      it.runIf(limits)('is answered 429 in plain text, with the seconds to wait', async () => {
        expect((await server.ask(argocd)).status).toBe(200);
        const end = await server.limit?.();
        for (const path of [argocd, `${argocd}?watch=true`, `${argocd}/a`, '/version']) {
          const { status, headers, text } = await server.ask(path);
          expect([status, text]).toEqual([429, 'Too many requests, please try again later.\n']);
          expect(headers.get('content-type')).toMatch(/^text\/plain/);
          expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
        }
        await end?.();
        expect((await server.ask(argocd)).status).toBe(200);
      });
    });

    // Last, since it starts the server anew.
    it('that has forgotten says so in a frame of a watch, and 410 to the next page of a list', async () => {
      const resourceVersion = revisionOf(await make('a'));
      for (const each of ['b', 'c']) await make(each);
      const first = await list({ limit: 1 });
      await make('d');
      await server.forget();
      // It is not itself at once.
      const ofBefore = () => frames({ resourceVersion }, { count: 1 }).catch(() => undefined);
      await expect.poll(ofBefore).toEqual([
        {
          type: 'ERROR',
          code: 410,
          reason: 'Expired',
          message: expect.stringMatching(`^too old resource version: ${resourceVersion} \\(\\d+\\)$`),
          retryAfterMs: undefined,
        },
      ]);
      expect(await failure(list({ limit: 1, continue: first.metadata.continue ?? '' }))).toMatchObject({
        status: 410,
        reason: 'Expired',
        message: expect.stringMatching(/^The provided continue parameter is too old /),
      });
      expect((await list()).names).toEqual(['a', 'b', 'c', 'd']);
    });
  });
}
