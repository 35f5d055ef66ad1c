import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../simulator/free-port.ts';
import type { Answer } from '../../src/argocd/client.ts';
import { commitQuestions, detailsQuestions, type Question } from '../../src/argocd/questions.ts';
import { createRepoServerClient } from '../../src/argocd/repo-server.ts';
import type { RepoServerOptions } from '../../src/argocd/repo-server-tls.ts';
import { sprint } from '../../src/go/format.ts';
import type { JsonObject } from '../../src/model.ts';
import { type Authorities, createAuthorities } from '../internet/authority.ts';
import { findRedis, type RedisDatabase, redisDatabase, type TestServer } from '../servers.ts';
import { onPath } from '../tools.ts';

/**
 * Against argo-cd's own repo-server: the path of its program is in `HERALD_TEST_REPO_SERVER`, and the scripts of
 * argo-cd's folder `hack` are on the PATH. Found to hold with 3.5.7.
 */
const program = process.env['HERALD_TEST_REPO_SERVER'];
const redis = findRedis();
const why = program
  ? onPath('git')
    ? redis.skipped
    : 'skipped: no git on this machine'
  : 'skipped: HERALD_TEST_REPO_SERVER is not set';
if (why !== undefined) console.info(`repo-server: ${why}`);

describe.skipIf(why !== undefined)("argo-cd's repo-server", () => {
  let folder: string;
  let server: TestServer;
  let database: RedisDatabase;
  let authorities: Authorities;
  let sha: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'herald-real-repo-server-'));
    server = await redis.start();
    database = await redisDatabase(server);
    authorities = await createAuthorities(Date.now());
    const repository = join(folder, 'repository');
    const git = (...line: string[]) =>
      execFileSync('git', ['-c', 'user.name=Ana', '-c', 'user.email=ana@example.com', ...line], {
        cwd: repository,
        encoding: 'utf8',
        env: { ...process.env, GIT_AUTHOR_DATE: '2026-11-22T10:39:00Z' },
      }).trim();
    mkdirSync(join(repository, 'deploy'), { recursive: true });
    writeFileSync(
      join(repository, 'deploy', 'cm.yaml'),
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n',
    );
    git('init', '-q');
    git('add', '-A');
    git('commit', '-qm', 'fix "quotes"\n\nand lines');
    git('tag', 'v1');
    git('tag', 'stable');
    sha = git('rev-parse', 'HEAD');
  });
  afterAll(async () => {
    await database?.release();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Starts it with these files in its folder of configuration, and asks it. */
  async function answers(
    files: Record<string, string>,
    options: (port: number) => Partial<RepoServerOptions>,
    questions: (app: JsonObject) => (Question | undefined)[],
    flags: string[] = [],
  ): Promise<Answer[]> {
    const home = mkdtempSync(join(folder, 'run-'));
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(join(home, 'reposerver/tls'), { recursive: true });
      mkdirSync(join(home, 'reposerver/mtls'), { recursive: true });
      writeFileSync(join(home, name), text);
    }
    const { host, pathname } = new URL(database.url);
    const [port, metrics] = [await freePort(), await freePort()];
    const child = spawn(
      program ?? '',
      [
        `--address=127.0.0.1`,
        `--port=${port}`,
        `--metrics-address=127.0.0.1`,
        `--metrics-port=${metrics}`,
        `--redis=${host}`,
        `--redisdb=${pathname.slice(1)}`,
        ...flags,
      ],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: {
          ...process.env,
          HOME: home,
          TMPDIR: home,
          ARGOCD_APP_CONF_PATH: home,
          ARGOCD_GPG_ENABLED: 'false',
        },
      },
    );
    try {
      await new Promise<void>((resolve, reject) => {
        child.once('error', reject);
        child.once('exit', (code) => reject(new Error(`It ended with ${code}`)));
        child.stderr.on('data', (text: Buffer) => text.includes('starting grpc server') && resolve());
      });
      const client = await createRepoServerClient(
        {
          address: `localhost:${port}`,
          plaintext: false,
          caFiles: undefined,
          clientCertificate: undefined,
          ...options(port),
        },
        {
          readSettings: () => Promise.resolve({ secrets: [], configMap: {} }),
          excerptOf: (text) => text,
          now: Date.now,
        },
        { timeout: 20_000 },
      );
      const source = { repoURL: `file://${join(folder, 'repository')}`, path: 'deploy', targetRevision: sha };
      const app = { metadata: { name: 'shop', namespace: 'argocd' }, spec: { project: 'default', source } };
      const answered: Answer[] = [];
      for (const question of questions(app))
        if (question) answered.push(await client.ask(question, AbortSignal.timeout(20_000)));
      await client.close();
      return answered;
    } finally {
      child.kill('SIGKILL');
    }
  }

  const ofCommit = (app: JsonObject) => [commitQuestions(app, [sha])[0]];
  const shown = ([answer]: Answer[]) => (answer?.ok ? sprint(answer.value) : answer);
  const commit = '{fix "quotes"\n\nand lines Ana <ana@example.com> ';

  it('knows commits and details, and says what it does not know', async () => {
    const all = await answers(
      {},
      () => ({}),
      (app) => [
        ...ofCommit(app),
        detailsQuestions(app)[0],
        commitQuestions(app, ['HEAD'])[0],
        commitQuestions(app, ['b'.repeat(40)])[0],
      ],
    );
    expect(shown(all)).toMatch(commit);
    expect(shown(all)).toMatch(/\[stable v1\]\}$/);
    expect(shown(all.slice(1))).toBe('{Directory <nil> <nil> <nil>}');
    expect(all.slice(2)).toEqual([
      { ok: false, reason: 'unknown', detail: 'answered UNKNOWN: revision HEAD must be resolved' },
      {
        ok: false,
        reason: 'unknown',
        detail: expect.stringContaining('Failed to checkout revision') as string,
      },
    ]);
  });

  it('without TLS', async () => {
    expect(
      shown(await answers({}, () => ({ plaintext: true }), ofCommit, ['--disable-tls', '--client-ca-path='])),
    ).toMatch(commit);
  });

  it('strictly, with an authority and with its own certificate; another is refused', async () => {
    const { cert, key } = await authorities.certificateOf('localhost', 'trusted');
    const files = { 'reposerver/tls/tls.crt': cert, 'reposerver/tls/tls.key': key };
    const write = (name: string, text: string) => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const own = [write('own.crt', cert)];
    expect(shown(await answers(files, () => ({ caFiles: own }), ofCommit))).toMatch(commit);
    const ca = [write('ca.crt', authorities.system)];
    expect(shown(await answers(files, () => ({ caFiles: ca }), ofCommit))).toMatch(commit);
    const other = [write('other.crt', authorities.other)];
    expect(shown(await answers(files, () => ({ caFiles: other }), ofCommit))).toMatchObject({
      reason: 'unreachable',
    });
  });

  it('by mutual TLS', async () => {
    const { cert, key } = await authorities.certificateOf('localhost', 'trusted');
    const herald = await authorities.certificateOf('herald', 'untrusted');
    const files = {
      'reposerver/tls/tls.crt': cert,
      'reposerver/tls/tls.key': key,
      'reposerver/mtls/ca.crt': authorities.other,
    };
    const clientCa = join(folder, 'client-ca.crt');
    writeFileSync(clientCa, authorities.other);
    writeFileSync(join(folder, 'client.crt'), herald.cert);
    writeFileSync(join(folder, 'client.key'), herald.key);
    const clientCertificate = { certFile: join(folder, 'client.crt'), keyFile: join(folder, 'client.key') };
    const flags = ['--client-ca-path', clientCa];
    expect(shown(await answers(files, () => ({ clientCertificate }), ofCommit, flags))).toMatch(commit);
    expect(shown(await answers(files, () => ({}), ofCommit, flags))).toMatchObject({ reason: 'unreachable' });
  });
});
