import { execFile } from 'node:child_process';
import type { RequestOptions } from 'node:https';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import type { KubeConfig } from '../../src/cluster/client-library.ts';

const execute = promisify(execFile);

/** Run in a process of its own, since another test may have loaded the library before. */
const loadedBy = `
  import { registerHooks } from 'node:module';
  const loaded = [];
  registerHooks({
    load(url, context, next) {
      loaded.push(url);
      return next(url, context);
    },
  });
  const { KubeConfig } = await import(${JSON.stringify(import.meta.resolve('../../src/cluster/client-library.ts'))});
  console.log(JSON.stringify({ loaded, contexts: new KubeConfig().getContexts() }));
`;

it("loads none of the generated clients of Kubernetes' APIs", async () => {
  const { stdout } = await execute(process.execPath, ['--input-type=module', '--eval', loadedBy]);
  const { loaded, contexts } = JSON.parse(stdout) as { loaded: string[]; contexts: unknown[] };
  const ofLibrary = loaded.filter((url) => url.includes('/@kubernetes/client-node/'));
  expect(ofLibrary.filter((url) => url.endsWith('/dist/config.js'))).toHaveLength(1);
  expect(ofLibrary.filter((url) => /\/gen\/(?:apis|models|types)\//.test(url))).toEqual([]);
  expect(contexts).toEqual([]);
});

/** A kubeconfig with one user and one cluster. */
async function configOf(user: object, cluster: object = {}): Promise<KubeConfig> {
  const { KubeConfig } = await import('../../src/cluster/client-library.ts');
  const config = new KubeConfig();
  config.loadFromString(
    JSON.stringify({
      clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:6443', ...cluster } }],
      users: [{ name: 'u', user }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    }),
  );
  return config;
}

it('loads what a kubeconfig asks for: OpenID Connect', async () => {
  const config = {
    'idp-issuer-url': 'http://127.0.0.1:1/realm',
    'client-id': 'herald',
    'client-secret': 's',
    'id-token': `e30.${Buffer.from('{"exp":1}').toString('base64url')}.x`,
    'refresh-token': 'r',
  };
  const kubeconfig = await configOf({ 'auth-provider': { name: 'oidc', config } });
  // In the words of openid-client itself.
  await expect(kubeconfig.applyToHTTPSOptions({})).rejects.toThrow(/only requests to HTTPS are allowed/);
});

it('loads what a kubeconfig asks for: the paths in what a plug-in prints', async () => {
  const printed = { token: { access: 'from-the-plug-in', expiry: '2999-01-01T00:00:00Z' } };
  const config = {
    'cmd-path': 'echo',
    'cmd-args': JSON.stringify(JSON.stringify(printed)),
    'token-key': '{.token.access}',
    'expiry-key': '{.token.expiry}',
  };
  const kubeconfig = await configOf({ 'auth-provider': { name: 'gcp', config } });
  const options: RequestOptions = {};
  await kubeconfig.applyToHTTPSOptions(options);
  expect(options.headers).toMatchObject({ Authorization: 'Bearer from-the-plug-in' });
});

it.each([
  ['socks5://127.0.0.1:1080', 'SocksProxyAgent'],
  ['http://127.0.0.1:3128', 'HttpsProxyAgent'],
])('loads what a kubeconfig asks for: the proxy %s', async (proxy, agent) => {
  const options: RequestOptions = {};
  await (await configOf({ token: 't' }, { 'proxy-url': proxy })).applyToHTTPSOptions(options);
  expect(options.agent?.constructor.name).toBe(agent);
});
