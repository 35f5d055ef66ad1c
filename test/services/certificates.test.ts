/** argocd-tls-certs-cm, as it is mounted: whom its files let the services trust, against servers on loopback. */
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import type { Server } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createArgocdClient } from '../../src/argocd/client.ts';
import { parseCommandLine } from '../../src/cli/command-line.ts';
import { runCommand } from '../../src/cli/run-command.ts';
import { fakeIo } from '../../src/cli/testing/fake-io.ts';
import { type CertificatesOf, createHostCertificates } from '../../src/net/host-certificates.ts';
import type { Service } from '../../src/services/service.ts';
import { tools } from '../tools.ts';
import { makeCertificate, serveWith } from './own-certificates.ts';
import { startService } from './start-service.ts';

const folder = mkdtempSync(join(tmpdir(), 'herald-certificates-'));
const mounted = join(folder, 'mounted');
const pem = (name: string) => readFileSync(join(folder, `${name}.pem`), 'utf8');
const servers: Server[] = [];
const problems: { host: string; error: string }[] = [];
const certificatesOf = createHostCertificates({
  directory: mounted,
  onProblem: (problem) => void problems.push(problem),
});

async function serve(name: string): Promise<string> {
  const answer = '{"ok":true,"ts":"1.0","channel":"C1","message":"m","date":"2026-01-01T00:00:00Z"}';
  const { server, url } = await serveWith(folder, name, () => answer);
  servers.push(server);
  return url;
}

/** Mounts a ConfigMap as the kubelet does: a new folder, to which a link is swapped. */
let version = 0;
function mount(files: Record<string, string>): void {
  version += 1;
  const data = join(mounted, `..${version}`);
  mkdirSync(data, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(data, name), text);
    rmSync(join(mounted, name), { force: true });
    symlinkSync(join('..data', name), join(mounted, name));
  }
  symlinkSync(`..${version}`, join(mounted, '..data.new'));
  renameSync(join(mounted, '..data.new'), join(mounted, '..data'));
}

function created(type: string, url: string, options: object = {}): Service {
  return startService(type, { token: 'x', apiURL: url, url, ...options }, { certificatesOf });
}

const send = (service: Service) =>
  service.send({ message: 'm' }, 'deploys', { deliveryId: 'd', signal: AbortSignal.timeout(600_000) });

async function sendOnce(type: string, url: string, options: object = {}) {
  const service = created(type, url, options);
  const outcome = await send(service);
  await service.close();
  return outcome;
}

const sent = { status: 'sent' };
const untrusted = { status: 'retry', reason: 'tls' };

describe.skipIf(tools.openssl === undefined)('certificates of a host (needs openssl)', () => {
  let own: string;
  let leaf: string;
  beforeAll(async () => {
    for (const name of ['own', 'other', 'authority']) makeCertificate(folder, name);
    makeCertificate(folder, 'leaf', 'authority');
    own = await serve('own');
    leaf = await serve('leaf');
  });
  beforeEach(() => {
    rmSync(mounted, { recursive: true, force: true });
    problems.length = 0;
  });
  afterAll(() => {
    for (const server of servers) server.close();
    rmSync(folder, { recursive: true });
  });

  test.each(['slack', 'webhook'])(
    'are what %s trusts, by the name of the host without its port',
    async (type) => {
      const failed = await sendOnce(type, own);
      expect(failed).toMatchObject(untrusted);
      expect(failed).toMatchObject({ error: expect.stringMatching(/self-signed.*argocd-tls-certs-cm/) });
      expect(failed).not.toMatchObject({ error: expect.stringContaining('--use-system-ca') });
      mount({ localhost: pem('own') });
      expect(await sendOnce(type, own)).toEqual(sent);
      expect(await sendOnce(type, own.replace('localhost', '127.0.0.1'))).toMatchObject(untrusted);
      mount({ localhost: pem('other') });
      expect(await sendOnce(type, own)).toMatchObject(untrusted);
      expect(await sendOnce(type, own, { insecureSkipVerify: true })).toEqual(sent);
    },
  );

  test('are of an authority or of the server itself, among several', async () => {
    mount({ localhost: pem('authority') });
    expect(await sendOnce('webhook', leaf)).toEqual(sent);
    mount({ localhost: pem('leaf') });
    expect(await sendOnce('webhook', leaf)).toEqual(sent);
    mount({ localhost: `# two\r\n${pem('other').replaceAll('\n', '\r\n')}\n${pem('authority')}` });
    expect(await sendOnce('webhook', leaf)).toEqual(sent);
    expect(problems).toEqual([]);
  });

  test('count from when the file changes, for a service that is there already', async () => {
    const service = created('webhook', own);
    expect(await send(service)).toMatchObject(untrusted);
    mount({ localhost: pem('own') });
    expect(await send(service)).toEqual(sent);
    mount({ localhost: pem('other') });
    expect(await send(service)).toMatchObject(untrusted);
    mount({ localhost: `${pem('other')}${pem('own')}` });
    expect(await send(service)).toEqual(sent);
    await service.close();
  });

  test('that are none are said once', async () => {
    const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
    mount({ localhost: 'no PEM' });
    expect(await sendOnce('webhook', own)).toMatchObject(untrusted);
    expect(await sendOnce('webhook', own)).toMatchObject(untrusted);
    expect(problems).toMatchObject([
      { host: 'localhost', error: expect.stringContaining('roots of the system') },
    ]);
    mount({ localhost: `${broken}${pem('own')}` });
    expect(await sendOnce('webhook', own)).toEqual(sent);
    expect(problems).toMatchObject([{}, { host: 'localhost', error: expect.stringContaining('1 of 2') }]);
  });

  test('hold for argocd.url', async () => {
    const options = { url: own, token: 'x', insecureSkipVerify: false };
    const application = { namespace: 'argocd', name: 'a', project: 'default' };
    const question = { kind: 'commit', application, revision: 'abc' } as never;
    const ask = async () => {
      const client = createArgocdClient(options, { namespace: 'argocd', certificatesOf });
      const answer = await client.ask(question, AbortSignal.timeout(600_000));
      await client.close();
      return answer;
    };
    expect(await ask()).toMatchObject({ ok: false, detail: expect.stringContaining('argocd-tls-certs-cm') });
    mount({ localhost: pem('own') });
    expect(await ask()).toMatchObject({ ok: true });
  });
});

test.skipIf(tools.openssl === undefined)('are trusted by `herald template notify`, too', async () => {
  const own = mkdtempSync(join(tmpdir(), 'herald-notify-'));
  makeCertificate(own, 'localhost');
  const { server, url } = await serveWith(own, 'localhost', () => 'ok');
  const files = {
    'cm.yaml': `apiVersion: v1
kind: ConfigMap
metadata: {name: argocd-notifications-cm}
data:
  service.webhook.display: "url: ${url}"
  template.created: "message: created"
`,
    'app.yaml':
      'apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: shop, namespace: argocd}\nspec: {project: default}\n',
  };
  const line = 'template notify created app.yaml --recipient display --config-map cm.yaml --secret :empty';
  const notify = async (trusts: CertificatesOf) => {
    const parsed = parseCommandLine(line.split(' '), {});
    if ('exit' in parsed || parsed.command === 'run') throw new Error(JSON.stringify(parsed));
    const io = { ...fakeIo({ files }), certificatesOf: trusts };
    return { code: await runCommand(parsed, io), said: io.output.stderr };
  };
  expect(await notify(() => undefined)).toMatchObject({
    code: 1,
    said: expect.stringContaining('argocd-tls-certs-cm'),
  });
  const pem = readFileSync(join(own, 'localhost.pem'), 'utf8');
  expect(await notify((host) => (host === 'localhost' ? pem : undefined))).toMatchObject({ code: 0 });
  server.close();
  rmSync(own, { recursive: true });
});

test('no file is looked for under what is no name', () => {
  const of = createHostCertificates({ directory: folder, onProblem: () => expect.unreachable() });
  expect(['..', '.', '[::1]', 'a/b', ''].map(of)).toEqual(Array.from({ length: 5 }, () => undefined));
});
