import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createRepoServerSimulator, type RepoServerSimulator } from '../../simulator/repo-server.ts';
import type { ArgocdClient } from '../../src/argocd/client.ts';
import { commitQuestions, detailsQuestions } from '../../src/argocd/questions.ts';
import { createRepoServerClient } from '../../src/argocd/repo-server.ts';
import type { RepoServerOptions } from '../../src/argocd/repo-server-tls.ts';
import type { ArgocdSettings } from '../../src/argocd/repositories.ts';
import { sprint } from '../../src/go/format.ts';
import type { GoStruct } from '../../src/go/struct.ts';
import type { JsonObject } from '../../src/model.ts';
import { createScrub, excerptOf } from '../../src/services/secrets.ts';
import { type Authorities, createAuthorities } from '../internet/authority.ts';
import { several, sha, shop, source } from './applications.ts';

const secrets = [
  {
    name: 'shop',
    type: 'repository',
    data: { url: 'https://git.example/acme/shop', username: 'herald-bot', password: 'hunter2/+pass' },
  },
];
const date = { seconds: 1_795_344_000, nanos: 0 };
const commit = {
  author: 'Ana <ana@example.com>',
  date,
  tags: ['stable', 'v1'],
  message: 'fix "quotes"\n\nand lines',
};

let authorities: Authorities;
let folder: string;
let double: RepoServerSimulator;
let clients: ArgocdClient[];
let settings: ArgocdSettings | Error;

beforeAll(async () => {
  authorities = await createAuthorities(Date.now());
});
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'herald-repo-server-'));
  double = createRepoServerSimulator();
  double.commits[sha] = commit;
  clients = [];
  settings = { secrets, configMap: {} };
});
afterEach(async () => {
  await Promise.all(clients.map((client) => client.close()));
  await double.stop();
  rmSync(folder, { recursive: true });
});

async function connect(options: Partial<RepoServerOptions> = {}, timeout = 10_000): Promise<ArgocdClient> {
  const client = await createRepoServerClient(
    {
      address: `localhost:${double.port}`,
      plaintext: false,
      caFiles: undefined,
      clientCertificate: undefined,
      ...options,
    },
    {
      readSettings: () => (settings instanceof Error ? Promise.reject(settings) : Promise.resolve(settings)),
      excerptOf: (text, hidden) => excerptOf(text, createScrub(hidden), 300),
      now: Date.now,
    },
    { timeout },
  );
  clients.push(client);
  return client;
}

function write(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

async function askCommit(client: ArgocdClient, app: JsonObject = shop, revision = sha, signal?: AbortSignal) {
  const [question] = commitQuestions(app, [revision]);
  if (question === undefined) throw new Error('nothing is asked');
  return client.ask(question, signal ?? AbortSignal.timeout(20_000));
}
async function askDetails(client: ArgocdClient, app: JsonObject = shop) {
  const [question] = detailsQuestions(app);
  if (question === undefined) throw new Error('nothing is asked');
  return client.ask(question, AbortSignal.timeout(20_000));
}
const failure = (reason: string, detail: string | RegExp) => ({
  ok: false,
  reason,
  detail: expect.stringMatching(detail) as string,
});

describe('without TLS', () => {
  const plaintext = { plaintext: true };
  beforeEach(() => double.start());

  it('commit metadata, with the credentials of the repository', async () => {
    const answer = await askCommit(await connect(plaintext));
    expect(answer.ok && sprint(answer.value)).toBe(
      '{fix "quotes"\n\nand lines Ana <ana@example.com> 2026-11-22 10:40:00 +0000 UTC [stable v1]}',
    );
    const [call] = double.calls;
    expect(call).toMatchObject({
      method: 'GetRevisionMetadata',
      userAgent: expect.stringMatching(/^herald /),
    });
    expect(call?.request).toEqual({
      repo: { repo: 'https://git.example/acme/shop', username: 'herald-bot', password: 'hunter2/+pass' },
      revision: sha,
    });
    expect(call?.deadline).toBeGreaterThan(Date.now());
  });

  it('a commit without message, tags and date', async () => {
    double.commits[sha] = {};
    const answer = await askCommit(await connect(plaintext));
    expect(answer.ok && sprint(answer.value)).toBe('{   []}');
  });

  it('details, with the source, Helm repositories and the settings of tools', async () => {
    double.details.deploy = {
      type: 'Helm',
      helm: {
        name: 'chart',
        valueFiles: ['a.yaml'],
        parameters: [{ name: 'replicas', value: '2' }],
        values: 'replicas: 2\n',
      },
    };
    settings = {
      secrets: [
        ...secrets,
        {
          name: 'stable',
          type: 'repository',
          data: { url: 'https://charts.example', name: 'stable', type: 'helm' },
        },
      ],
      configMap: { 'kustomize.buildOptions': '--enable-helm', 'kustomize.path.v4': '/bin/four' },
    };
    const helm = { parameters: [{ name: 'replicas', value: '3' }] };
    const app = { ...shop, spec: { project: 'default', source: { ...source, helm } } };
    const answer = await askDetails(await connect(plaintext), app);
    expect(answer.ok && (answer.value as GoStruct).goMember('Type')).toBe('Helm');
    expect(double.calls.map(({ request }) => request)).toEqual([
      {
        repo: { repo: 'https://git.example/acme/shop', username: 'herald-bot', password: 'hunter2/+pass' },
        source: { ...source, helm },
        repos: [{ repo: 'https://charts.example', name: 'stable', type: 'helm' }],
        kustomizeOptions: {
          buildOptions: '--enable-helm',
          versions: [{ name: 'v4', path: '/bin/four', buildOptions: '' }],
        },
        helmOptions: { valuesFileSchemes: ['https', 'http'] },
        appName: 'shop',
      },
    ]);
  });

  it('of several sources: the one that makes manifests, with the repositories of value files', async () => {
    double.details.undefined = { type: 'Helm' };
    await askDetails(await connect(plaintext), several);
    expect(double.calls[0]?.request).toMatchObject({
      source: { repoURL: 'https://charts.example', chart: 'redis', targetRevision: '1.2.3' },
      refSources: {
        $values: { repo: { repo: 'https://git.example/acme/values.git' }, targetRevision: 'main' },
      },
    });
  });

  it('what it does not know', async () => {
    const client = await connect(plaintext);
    expect(await askCommit(client, shop, 'HEAD')).toEqual(
      failure('unknown', /^answered UNKNOWN: revision HEAD must be resolved$/),
    );
    expect(await askCommit(client, shop, 'b'.repeat(40))).toEqual(
      failure('unknown', /Failed to checkout revision/),
    );
    expect(await askDetails(client)).toEqual(failure('unknown', /deploy: app path does not exist/));
  });

  it('nothing that is secret, in whatever form it says it', async () => {
    const client = await connect(plaintext);
    const encoded = Buffer.from('herald-bot:hunter2/+pass').toString('base64');
    const details =
      'git fetch https://herald-bot:hunter2%2F%2Bpass@git.example/acme failed: hunter2/+pass, ' +
      `Authorization: Basic ${encoded}\nand more`;
    double.fault = { kind: 'status', code: status.PERMISSION_DENIED, details };
    const answer = await askCommit(client);
    expect(answer).toEqual(failure('refused', /^answered PERMISSION_DENIED: git fetch/));
    expect(JSON.stringify(answer)).not.toMatch(/hunter2|herald-bot|\n/);
    expect(JSON.stringify(answer)).not.toContain(encoded.slice(4, -4));
  });

  it('a Secret that cannot be read is named, by its key', async () => {
    settings = {
      secrets: [
        {
          name: 'bad',
          type: 'repository',
          data: { url: 'https://u:pw@git.example/acme/shop', insecure: 'x' },
        },
      ],
      configMap: {},
    };
    const app = { ...shop, spec: { source: { ...source, repoURL: 'https://u:pw@git.example/acme/shop' } } };
    const answer = await askCommit(await connect(plaintext), app);
    expect(answer).toEqual(
      failure('unknown', /insecure of the Secret bad, .* https:\/\/git\.example\/acme\/shop, is no boolean/),
    );
    expect(double.calls).toEqual([]);
  });

  it('a source of another shape is no question', async () => {
    const app = { ...shop, spec: { source: { ...source, helm: { parameters: [{ name: 1 }] } } } };
    expect(await askDetails(await connect(plaintext), app)).toEqual(
      failure('unknown', /^is not asked: source\.helm\.parameters\.0\.name: /),
    );
  });

  it('Secrets that may not be read: without credentials, and it says so where that fails', async () => {
    settings = { secrets: undefined, configMap: undefined };
    const client = await connect(plaintext);
    expect(await askCommit(client)).toMatchObject({ ok: true });
    expect(double.calls[0]?.request.repo).toEqual({ repo: 'https://git.example/acme/shop.git' });
    expect(await askCommit(client, shop, 'c'.repeat(40))).toEqual(
      failure('unknown', /asked without credentials: allow list of secrets/),
    );
  });

  it('an API server that is away', async () => {
    settings = new Error('GET /api/v1/namespaces/argocd/secrets: 503');
    expect(await askCommit(await connect(plaintext))).toEqual(
      failure('unreachable', /Secrets of repositories cannot be read .*503/),
    );
  });

  it('silence: as long as its time allows, and the server is told that nobody waits', async () => {
    double.fault = { kind: 'hang' };
    const client = await connect(plaintext, 200);
    expect(await askCommit(client)).toEqual(failure('unreachable', /^no answer in time$/));
    const before = double.calls.length;
    const abort = new AbortController();
    const asked = askCommit(await connect(plaintext), shop, sha, abort.signal);
    await double.until(before + 1);
    abort.abort();
    expect(await asked).toEqual(failure('unreachable', /^no answer in time$/));
    await expect.poll(() => double.calls.at(-1)?.isCancelled, { timeout: 15_000 }).toBe(true);
  });

  it('ten at a time, and those that wait leave with their signal', async () => {
    double.fault = { kind: 'hang' };
    const client = await connect(plaintext);
    const abort = new AbortController();
    const asked = Array.from({ length: 12 }, () => askCommit(client, shop, sha, abort.signal));
    await double.until(10);
    abort.abort();
    expect(await Promise.all(asked)).toEqual(
      Array.from({ length: 12 }, () => failure('unreachable', 'in time')),
    );
    expect(double.calls).toHaveLength(10);
    double.fault = undefined;
    expect(await askCommit(client)).toMatchObject({ ok: true });
  });

  it('an answer that is too large', async () => {
    double.fault = { kind: 'huge', bytes: 9 * 1024 * 1024 };
    const client = await connect(plaintext);
    expect(await askCommit(client)).toEqual(
      failure('unknown', /^answered RESOURCE_EXHAUSTED: Received message larger/),
    );
    double.fault = undefined;
    expect(await askCommit(client)).toMatchObject({ ok: true });
  });

  it('a server that is away, and back', async () => {
    const client = await connect(plaintext);
    expect(await askCommit(client)).toMatchObject({ ok: true });
    const { port } = double;
    await double.stop();
    expect(await askCommit(client)).toEqual(failure('unreachable', /^cannot be reached: /));
    await double.start({ port });
    await expect.poll(() => askCommit(client), { timeout: 15_000 }).toMatchObject({ ok: true });
  });

  it('a connection that has fallen silent is left', async () => {
    let isSilent = false;
    const relay = createServer((socket) => {
      const target = createConnection(double.port, '127.0.0.1');
      const silenced = isSilent;
      socket.on('data', (data) => (isSilent && !silenced ? undefined : target.write(data)));
      target.on('data', (data) => socket.write(data));
      socket.on('close', () => target.destroy());
    });
    await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
    const { port } = relay.address() as AddressInfo;
    const client = await connect({ ...plaintext, address: `127.0.0.1:${port}` });
    expect(await askCommit(client)).toMatchObject({ ok: true });
    isSilent = true;
    expect(await askCommit(client, shop, sha, AbortSignal.timeout(200))).toEqual(
      failure('unreachable', /^no answer in time$/),
    );
    expect(await askCommit(client)).toMatchObject({ ok: true });
    await client.close();
    relay.close();
  });

  it('a server of another kind, and none', async () => {
    double.fault = { kind: 'status', code: status.UNIMPLEMENTED, details: 'unknown service' };
    expect(await askCommit(await connect(plaintext))).toEqual(failure('unreachable', /not as a repo-server/));
    expect(await askCommit(await connect({ ...plaintext, address: 'repo-server.invalid:1' }))).toEqual(
      failure('unreachable', /^cannot be reached: Name resolution failed/),
    );
  });

  it('TLS against a server without it', async () => {
    expect(await askCommit(await connect())).toEqual(
      failure('unreachable', /--argocd-repo-server-plaintext/),
    );
  });
});

describe('with TLS', () => {
  const server = (kind: Parameters<Authorities['certificateOf']>[1] = 'trusted', host = 'localhost') =>
    authorities.certificateOf(host, kind);
  const client = () => authorities.certificateOf('herald', 'untrusted');

  it.each(['trusted', 'untrusted', 'wrong-host', 'expired'] as const)(
    'accepts any certificate where nothing else is said: %s',
    async (kind) => {
      await double.start({ tls: await server(kind) });
      expect(await askCommit(await connect())).toMatchObject({ ok: true });
      expect(await askCommit(await connect({ address: `127.0.0.1:${double.port}` }))).toMatchObject({
        ok: true,
      });
    },
  );

  it('plaintext against it', async () => {
    await double.start({ tls: await server() });
    expect(await askCommit(await connect({ plaintext: true }))).toEqual(
      failure('unreachable', /--argocd-repo-server-plaintext/),
    );
  });

  it('with an authority: what descends from it', async () => {
    await double.start({ tls: await server() });
    const caFiles = [write('ca.pem', authorities.system), join(folder, 'missing.crt')];
    expect(await askCommit(await connect({ caFiles }))).toMatchObject({ ok: true });
    const other = [write('other.pem', authorities.other)];
    expect(await askCommit(await connect({ caFiles: other }))).toEqual(
      failure('unreachable', /^cannot be reached: .*certificate.*--repo-server-ca-cert-path/),
    );
  });

  it('with the certificate of the server itself, as argocd-repo-server-tls has it', async () => {
    const tls = await server();
    await double.start({ tls });
    expect(await askCommit(await connect({ caFiles: [write('tls.crt', tls.cert)] }))).toMatchObject({
      ok: true,
    });
  });

  it.each(['wrong-host', 'expired'] as const)('with an authority: none that is %s', async (kind) => {
    await double.start({ tls: await server(kind) });
    const caFiles = [write('ca.pem', authorities.system)];
    expect(await askCommit(await connect({ caFiles }))).toEqual(
      failure('unreachable', kind === 'expired' ? /expired/ : /altnames/),
    );
  });

  it('by an address, for which the certificate has to be', async () => {
    await double.start({ tls: await server('trusted', '127.0.0.1') });
    const caFiles = [write('ca.pem', authorities.system)];
    expect(await askCommit(await connect({ caFiles, address: `127.0.0.1:${double.port}` }))).toMatchObject({
      ok: true,
    });
    expect(await askCommit(await connect({ caFiles }))).toEqual(failure('unreachable', /altnames/));
  });

  it('with a file that is missing, or holds no certificate', async () => {
    await double.start({ tls: await server() });
    const missing = join(folder, 'missing.crt');
    expect(await askCommit(await connect({ caFiles: [missing] }))).toEqual(
      failure(
        'unreachable',
        new RegExp(`^is not asked: whom to trust is in ${missing}, which is not there$`),
      ),
    );
    const broken = write('broken.crt', '-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n');
    expect(await askCommit(await connect({ caFiles: [broken] }))).toEqual(
      failure('unreachable', /broken\.crt holds no certificate in PEM$/),
    );
    expect(double.calls).toEqual([]);
  });

  it('mutual: with the certificate, without, and with another', async () => {
    await double.start({ tls: { ...(await server()), clientCa: authorities.other } });
    const { cert, key } = await client();
    const clientCertificate = { certFile: write('client.crt', cert), keyFile: write('client.key', key) };
    const caFiles = [write('ca.pem', authorities.system)];
    expect(await askCommit(await connect({ caFiles, clientCertificate }))).toMatchObject({ ok: true });
    expect(await askCommit(await connect({ clientCertificate }))).toMatchObject({ ok: true });
    expect(await askCommit(await connect({ caFiles }))).toMatchObject({ ok: false, reason: 'unreachable' });
    const absent = { certFile: join(folder, 'none.crt'), keyFile: join(folder, 'none.key') };
    expect(await askCommit(await connect({ clientCertificate: absent }))).toMatchObject({
      reason: 'unreachable',
    });
    const stranger = await authorities.certificateOf('herald', 'trusted');
    const wrong = { certFile: write('w.crt', stranger.cert), keyFile: write('w.key', stranger.key) };
    expect(await askCommit(await connect({ clientCertificate: wrong }))).toMatchObject({
      reason: 'unreachable',
    });
  });

  it('mutual: a key that is missing or of another certificate is named', async () => {
    await double.start({ tls: await server() });
    const { cert } = await client();
    const { key } = await server();
    const certFile = write('client.crt', cert);
    expect(
      await askCommit(await connect({ clientCertificate: { certFile, keyFile: join(folder, 'no.key') } })),
    ).toEqual(failure('unreachable', /no\.key cannot be read \(ENOENT\)$/));
    const answer = await askCommit(
      await connect({ clientCertificate: { certFile, keyFile: write('x.key', key) } }),
    );
    expect(answer).toEqual(failure('unreachable', /x\.key are no certificate with its key/));
    expect(JSON.stringify(answer)).not.toContain('PRIVATE');
  });

  it('takes certificates that are mounted anew', async () => {
    await double.start({ tls: { ...(await server()), clientCa: authorities.other } });
    const caFiles = [write('ca.pem', authorities.other)];
    const files = { certFile: join(folder, 'client.crt'), keyFile: join(folder, 'client.key') };
    const connected = await connect({ caFiles, clientCertificate: files });
    expect(await askCommit(connected)).toMatchObject({ ok: false });
    const { cert, key } = await client();
    write('ca.pem', authorities.system);
    write('client.crt', cert);
    write('client.key', key);
    expect(await askCommit(connected)).toMatchObject({ ok: true });
  });
});
