import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect as connectSocket } from 'node:net';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ClusterError } from '../../src/cluster/cluster-error.ts';
import { type Connection, type ConnectOptions, connect } from '../../src/cluster/connect.ts';
import type { JsonObject } from '../../src/model.ts';
import { tools } from '../tools.ts';
import { startCluster, temporaryFolder, writeTemporary } from './support.ts';

const path = '/api/v1/configmaps';
const token = 'eyJhbGciOiJSUzI1NiIsImtpZCI6InRlc3QifQ.secret-part-0123456789';

function open(options: ConnectOptions): Connection {
  const connection = connect(options);
  onTestFinished(() => connection.close());
  return connection;
}

async function failureOf(action: () => unknown): Promise<ClusterError> {
  try {
    await action();
  } catch (error) {
    if (error instanceof ClusterError) return error;
    throw error;
  }
  return expect.fail('it did not fail');
}

interface Parts {
  cluster?: JsonObject;
  user?: JsonObject | null;
  context?: JsonObject;
}

function kubeconfig(url: string, { cluster = {}, user = {}, context = {} }: Parts = {}): string {
  return JSON.stringify({
    clusters: [{ name: 'c', cluster: { server: url, ...cluster } }],
    users: user === null ? [] : [{ name: 'u', user }],
    contexts: [{ name: 'x', context: { cluster: 'c', ...(user === null ? {} : { user: 'u' }), ...context } }],
    'current-context': 'x',
  });
}

describe('the kubeconfig', () => {
  const load = (text: string, more: ConnectOptions = {}) =>
    failureOf(() => connect({ kubeconfig: writeTemporary('kubeconfig', text), ...more }));

  it('is refused in one line that says what is wrong and quotes nothing of it', async () => {
    const broken = await load(`users:\n- name: u\n  user: {token: ${token}\nclusters: [`);
    expect(broken.message).toMatch(/kubeconfig is not valid YAML: line \d+/);
    expect(inspect(broken)).not.toContain('secret-part');
    expect((await load(`users: ${token}`)).message).toMatch(/wrong shape at users$/);
    expect((await load('')).message).toMatch(/has no current-context: give --context, one of none/);
    expect((await load(kubeconfig('https://a'), { context: 'y' })).message).toMatch(
      /has no context y: it has x/,
    );
    expect((await load(kubeconfig('https://a', { context: { cluster: 'd' } }))).message).toMatch(
      /the cluster d of/,
    );
    expect((await load(kubeconfig('https://a', { context: { user: 'v' } }))).message).toMatch(
      /the user v of/,
    );
    const missing = await failureOf(() => connect({ kubeconfig: '/does/not/exist' }));
    expect(missing.message).toMatch(/cannot read the kubeconfig \/does\/not\/exist: ENOENT/);
  });

  it('may be nowhere: the message says where it is looked for', async () => {
    const nowhere = { env: { HOME: '/does/not/exist' } };
    expect((await failureOf(() => connect(nowhere))).message).toMatch(/no kubeconfig and not in a cluster/);
    expect((await failureOf(() => connect({ ...nowhere, context: 'x' }))).message).toMatch(
      /--context x needs a kubec/,
    );
    expect((await failureOf(() => connect({ env: { KUBECONFIG: '/does/not/exist' } }))).message).toMatch(
      /no file of/,
    );
  });

  it('merges the files of KUBECONFIG, the first to name a thing wins', async () => {
    const first = writeTemporary('a', kubeconfig('http://first', { context: { namespace: 'one' } }));
    const second = writeTemporary(
      'b',
      kubeconfig('http://second', { context: { namespace: 'two' } }).replaceAll('"x"', '"z"'),
    );
    const env = { KUBECONFIG: `${first}:/does/not/exist:${second}` };
    expect(open({ env })).toMatchObject({ server: 'http://first', namespace: 'one' });
    expect(open({ env, context: 'z' })).toMatchObject({ server: 'http://first', namespace: 'two' });
  });

  it('keeps a path in the address of the server', async () => {
    const { url, simulator } = await startCluster();
    const proxied = createServer((request, response) => {
      expect(request.url).toMatch(/^\/k8s\/clusters\/c-1\/api\/v1/);
      response.end('{"proxied":true}');
    });
    await new Promise<void>((resolve) => proxied.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void proxied.close());
    const address = url.replace(/\d+$/, String((proxied.address() as { port: number }).port));
    const text = kubeconfig(`${address}/k8s/clusters/c-1/`);
    const connection = open({ kubeconfig: writeTemporary('kubeconfig', text) });
    expect(await connection.json({ path })).toEqual({ proxied: true });
    expect(simulator.stats.requests('list')).toBe(0);
  });
});

describe('compression', () => {
  it('is asked for, unpacked, and left out where the flag says so or a watch is opened', async () => {
    const { simulator, url } = await startCluster();
    for (let n = 0; n < 20; n += 1) {
      simulator.cluster.apply({
        kind: 'ConfigMap',
        metadata: { name: `c-${n}`, namespace: 'argocd' },
        data: { text: 'é'.repeat(10_000) },
      });
    }
    const text = writeTemporary('kubeconfig', kubeconfig(url));
    const packed = await open({ kubeconfig: text }).json({ path });
    expect(simulator.stats.answers().compressed).toBe(1);
    const { bytes } = simulator.stats.answers();
    const plain = await open({ kubeconfig: text, disableCompression: true }).json({ path });
    expect(plain).toEqual(packed);
    expect(simulator.stats.answers().compressed).toBe(1);
    expect(simulator.stats.answers().bytes - bytes).toBeGreaterThan(10 * bytes);
  });

  it('of an answer that is cut is a failed request', async () => {
    const server = createServer((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(Buffer.from('no gzip at all'));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
    const connection = open({ kubeconfig: writeTemporary('kubeconfig', kubeconfig(url)) });
    expect((await failureOf(() => connection.json({ path }))).kind).toBe('network');
  });
});

describe('credentials', () => {
  it('are sent from a token, a token file beside the kubeconfig, or a plug-in', async () => {
    const { url } = await startCluster(
      { token },
      { kubeconfig: writeTemporary('k', kubeconfig('http://unused')) },
    );
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'token'), `${token}\n`);
    const credential = {
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      status: { token },
    };
    const exec = { command: 'echo', args: [JSON.stringify(credential)] };
    for (const user of [{ token }, { tokenFile: 'token', token: 'ignored' }, { exec }]) {
      writeFileSync(join(folder, 'kubeconfig'), kubeconfig(url, { user }));
      const connection = open({ kubeconfig: join(folder, 'kubeconfig') });
      expect((await connection.json({ path })).kind).toBe('ConfigMapList');
    }
  });

  it('are read again, once, when the server answers 401', async () => {
    const { simulator, url } = await startCluster({ token: 'old' });
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'token'), 'old');
    writeFileSync(join(folder, 'kubeconfig'), kubeconfig(url, { user: { tokenFile: 'token' } }));
    const connection = open({ kubeconfig: join(folder, 'kubeconfig') });
    await connection.json({ path });

    simulator.setToken('new');
    writeFileSync(join(folder, 'token'), 'new');
    await connection.json({ path });
    expect(simulator.stats.requests('list')).toBe(3);

    simulator.setToken('unknown');
    expect((await failureOf(() => connection.json({ path }))).status).toBe(401);
    expect(simulator.stats.requests('list')).toBe(5);
  });

  it('run a plug-in once for requests made together', async () => {
    const { url } = await startCluster({ token });
    const folder = temporaryFolder();
    const credential = {
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      status: { token },
    };
    writeFileSync(
      join(folder, 'plug-in'),
      `#!/bin/sh\necho run >> ${folder}/runs\necho '${JSON.stringify(credential)}'\n`,
      {
        mode: 0o755,
      },
    );
    const text = kubeconfig(url, { user: { exec: { command: join(folder, 'plug-in') } } });
    const connection = open({ kubeconfig: writeTemporary('kubeconfig', text) });
    await Promise.all([1, 2, 3, 4].map(() => connection.json({ path })));
    expect(readFileSync(join(folder, 'runs'), 'utf8')).toBe('run\n');
  });

  it('never show in an error', async () => {
    const { simulator, url } = await startCluster({ token });
    const failWith = async (user: JsonObject): Promise<string> => {
      const connection = open({ kubeconfig: writeTemporary('kubeconfig', kubeconfig(url, { user })) });
      return inspect(await failureOf(() => connection.json({ path })), { depth: 9, showHidden: true });
    };
    const printed = [
      await failWith({ exec: { command: 'echo', args: [token] } }),
      await failWith({ exec: { command: 'sh', args: ['-c', `echo "token: ${token}" >&2; exit 1`] } }),
      await failWith({ token: `${token}x` }),
      await failWith({ username: 'me', password: 'secret-part' }),
    ];
    simulator.faults.reset({ resource: 'configmaps' });
    printed.push(await failWith({ token }));
    for (const text of printed) {
      expect(text).not.toContain('secret-part');
      expect(text).not.toContain(Buffer.from('me:secret-part').toString('base64'));
    }
    expect(printed[0]).toContain('the credential plug-in printed no JSON');
    expect(printed[1]).toContain('cannot read the credentials: token: [redacted]');
  });

  it('come from the service account in a cluster, and so does the namespace', async () => {
    const { url } = await startCluster({ token });
    const root = temporaryFolder();
    const folder = join(root, 'var/run/secrets/kubernetes.io/serviceaccount');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'token'), token);
    writeFileSync(join(folder, 'namespace'), 'argocd-of-pod\n');
    writeFileSync(join(folder, 'ca.crt'), 'no certificate is looked at over plain HTTP');
    const { hostname, port } = new URL(url);
    const env = { HOME: '/does/not/exist', KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port };
    for (const [name, value] of Object.entries({
      KUBERNETES_SERVICE_HOST: hostname,
      KUBERNETES_SERVICE_PORT: port,
    })) {
      const before = process.env[name];
      process.env[name] = value;
      onTestFinished(() => {
        if (before === undefined) delete process.env[name];
        else process.env[name] = before;
      });
    }
    const connection = open({ env, serviceAccountRoot: root });
    expect(connection.namespace).toBe('argocd-of-pod');
    expect(connection.server).toBe(`https://${hostname}:${port}`);
    expect(open({ env: { ...env, POD_NAMESPACE: 'downward' }, serviceAccountRoot: root }).namespace).toBe(
      'downward',
    );
  });
});

describe('requests', () => {
  it('share a pool: their number does not change that of the connections', async () => {
    const { simulator, connection } = await startCluster();
    // Two: the pool sees the first as free a moment after its answer was read.
    for (let i = 0; i < 100; i += 1) await connection.json({ path });
    expect(simulator.stats.connections().accepted).toBeLessThanOrEqual(2);
  });

  it('fail with what the server says, and how long it asks to wait', async () => {
    const { simulator, connection } = await startCluster();
    simulator.faults.fail({ status: 429, retryAfterSeconds: 7, message: 'too many requests' });
    const error = await failureOf(() => connection.json({ path }));
    expect(error).toMatchObject({
      kind: 'status',
      status: 429,
      reason: 'TooManyRequests',
      retryAfterMs: 7000,
    });
    expect(error.message).toBe('GET /api/v1/configmaps: 429 too many requests');
  });

  it('fail by kind: connection, time, content', async () => {
    const { simulator, connection } = await startCluster();
    simulator.faults.reset({});
    expect((await failureOf(() => connection.json({ path }))).kind).toBe('network');
    simulator.faults.garble({});
    expect((await failureOf(() => connection.json({ path }))).kind).toBe('malformed');
    simulator.faults.delay({ ms: 60_000 });
    expect((await failureOf(() => connection.json({ path, timeoutMs: 20 }))).kind).toBe('timeout');
    simulator.faults.clear();
    await connection.json({ path });
  });

  it('end with the reason of their signal', async () => {
    const { simulator, connection } = await startCluster();
    simulator.faults.delay({ ms: 60_000 });
    const controller = new AbortController();
    const pending = connection.json({ path, signal: controller.signal });
    const reason = new Error('enough');
    await simulator.until(() => simulator.stats.requests('list') === 1);
    controller.abort(reason);
    await expect(pending).rejects.toBe(reason);
    await expect(connection.json({ path, signal: controller.signal })).rejects.toBe(reason);
  });
});

const openssl = tools.openssl ?? '';

describe.skipIf(openssl === '')('TLS', () => {
  /** A self-signed certificate, its own authority. */
  function certificate(folder: string, name: string): { key: string; cert: string } {
    const file = (extension: string): string => join(folder, `${name}.${extension}`);
    const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1,DNS:kubernetes'];
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    const files = ['-keyout', file('key'), '-out', file('crt'), '-days', '2'];
    execFileSync(openssl, ['req', '-x509', ...curve, ...files, ...subject], { stdio: 'ignore' });
    return { key: readFileSync(file('key'), 'utf8'), cert: readFileSync(file('crt'), 'utf8') };
  }

  it('verifies the server against the CA of the kubeconfig', async () => {
    const folder = temporaryFolder();
    const server = certificate(folder, 'server');
    const other = certificate(folder, 'other');
    const { url, connection } = await startCluster({ tls: server, certificateAuthority: server.cert });
    expect((await connection.json({ path })).kind).toBe('ConfigMapList');

    const withCa = (ca: string) =>
      open({
        kubeconfig: writeTemporary(
          'kubeconfig',
          kubeconfig(url, {
            cluster: { 'certificate-authority-data': Buffer.from(ca).toString('base64') },
            user: null,
          }),
        ),
      });
    expect((await withCa(server.cert).json({ path })).kind).toBe('ConfigMapList');
    const error = await failureOf(() => withCa(other.cert).json({ path }));
    expect(error).toMatchObject({
      kind: 'network',
      message: expect.stringMatching(/self-signed certificate/),
    });
  });

  it('takes a renewed client certificate without a restart, and keeps its connections as long as it is the same', async () => {
    const folder = temporaryFolder();
    const server = certificate(folder, 'server');
    const [first, second] = [certificate(folder, 'first'), certificate(folder, 'second')];
    const { simulator, url } = await startCluster({
      tls: { ...server, requestCert: true, ca: [first.cert, second.cert], rejectUnauthorized: true },
    });
    const files = { 'client-certificate': 'client.crt', 'client-key': 'client.key' };
    const install = ({ key, cert }: { key: string; cert: string }): void => {
      writeFileSync(join(folder, 'client.crt'), cert);
      writeFileSync(join(folder, 'client.key'), key);
    };
    install(first);
    const cluster = { 'insecure-skip-tls-verify': true };
    writeFileSync(join(folder, 'kubeconfig'), kubeconfig(url, { cluster, user: files }));
    const connection = open({ kubeconfig: join(folder, 'kubeconfig') });
    for (let i = 0; i < 10; i += 1) await connection.json({ path });
    const { accepted } = simulator.stats.connections();
    expect(accepted).toBeLessThanOrEqual(2);
    install(second);
    for (let i = 0; i < 10; i += 1) await connection.json({ path });
    expect(simulator.stats.connections().accepted).toBeGreaterThan(accepted);
    expect(simulator.stats.connections().accepted).toBeLessThanOrEqual(accepted + 2);
  });

  it('goes through the proxy of the kubeconfig', async () => {
    const folder = temporaryFolder();
    const server = certificate(folder, 'server');
    const { url } = await startCluster({ tls: server });
    let tunnels = 0;
    const proxy = createServer().on('connect', (request, socket, head) => {
      tunnels += 1;
      const { hostname, port } = new URL(`http://${request.url}`);
      const upstream = connectSocket(Number(port), hostname, () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        upstream.write(head);
        upstream.pipe(socket).pipe(upstream);
      });
      onTestFinished(() => void upstream.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void proxy.close());
    const address = `http://127.0.0.1:${(proxy.address() as { port: number }).port}`;
    const cluster = { 'insecure-skip-tls-verify': true, 'proxy-url': address };
    const connection = open({ kubeconfig: writeTemporary('kubeconfig', kubeconfig(url, { cluster })) });
    for (let i = 0; i < 10; i += 1) await connection.json({ path });
    expect(tunnels).toBeGreaterThan(0);
    expect(tunnels).toBeLessThanOrEqual(2);
  });
});
