import { expect, test } from 'vitest';
import { type KubeconfigOverrides, withOverrides } from './kubeconfig-overrides.ts';

const config = {
  clusters: [
    {
      name: 'a',
      cluster: { server: 'https://a', 'certificate-authority-data': 'Q0E=', 'proxy-url': 'http://p' },
    },
    { name: 'b', cluster: { server: 'https://b', 'insecure-skip-tls-verify': true } },
  ],
  users: [
    { name: 'jo', user: { exec: { command: 'login' }, as: 'admin' } },
    { name: 'li', user: { token: 't' } },
  ],
  contexts: [{ name: 'x', context: { cluster: 'a', user: 'jo', namespace: 'argocd' } }],
  'current-context': 'x',
};

function effective(overrides: KubeconfigOverrides) {
  const merged = withOverrides(config, overrides);
  const context = merged.contexts.find(({ name }) => name === merged['current-context'])?.context;
  return {
    context,
    cluster: merged.clusters.find(({ name }) => name === context?.cluster)?.cluster,
    user: merged.users.find(({ name }) => name === context?.user)?.user,
  };
}

test('nothing given, nothing changed', () => {
  expect(withOverrides(config, {})).toBe(config);
  expect(withOverrides(config, { server: '', insecureSkipTlsVerify: false })).toBe(config);
});

test('another address, the rest stays', () => {
  expect(effective({ server: 'https://c', tlsServerName: 'n' })).toEqual({
    context: expect.objectContaining({ namespace: 'argocd' }),
    cluster: {
      server: 'https://c',
      'tls-server-name': 'n',
      'certificate-authority-data': 'Q0E=',
      'proxy-url': 'http://p',
    },
    user: config.users[0]?.user,
  });
});

test('another cluster and another user of the kubeconfig', () => {
  expect(effective({ cluster: 'b', user: 'li' })).toMatchObject({
    cluster: { server: 'https://b', 'insecure-skip-tls-verify': true },
    user: { token: 't' },
  });
});

test('one that is not there is reported like one of the kubeconfig', () => {
  expect(effective({ cluster: 'z' }).context).toMatchObject({ cluster: 'z' });
});

test('a certificate authority and an insecure connection exclude each other', () => {
  expect(effective({ insecureSkipTlsVerify: true }).cluster).toEqual({
    server: 'https://a',
    'proxy-url': 'http://p',
    'insecure-skip-tls-verify': true,
  });
  expect(effective({ cluster: 'b', certificateAuthority: '/ca.crt' }).cluster).toEqual({
    server: 'https://b',
    'certificate-authority': '/ca.crt',
    'insecure-skip-tls-verify': false,
  });
});

test('credentials take the place of the others, impersonation stays', () => {
  expect(effective({ token: 's' }).user).toEqual({ token: 's', as: 'admin' });
  expect(effective({ clientCertificate: '/c', clientKey: '/k' }).user).toMatchObject({
    'client-certificate': '/c',
    'client-key': '/k',
  });
  expect(effective({ as: 'root' }).user).toEqual({ exec: { command: 'login' }, as: 'root' });
});

test('a server is enough without a kubeconfig', () => {
  const empty = { clusters: [], users: [], contexts: [], 'current-context': '' };
  const merged = withOverrides(empty, { server: 'https://c', token: 's' });
  expect(merged).toMatchObject({
    clusters: [{ cluster: { server: 'https://c' } }],
    users: [{ user: { token: 's' } }],
    contexts: [{ name: merged['current-context'] }],
  });
});
