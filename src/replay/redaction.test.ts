import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../model.ts';
import { notRecorded, withoutSecrets } from './redaction.ts';

const secret = 'hunter2-hunter2';
const random = 'q7Zt9LmX2vB8nK4wR6pYs3Df';
const sha = '9c5d2e7fa81b40c3d6e5f708192a3b4c5d6e7f80';

const annotated = (annotations: JsonObject): JsonObject => ({ metadata: { annotations } });
const sourced = (source: JsonObject): JsonObject => ({ spec: { source } });
const left = (object: JsonObject): string => JSON.stringify(withoutSecrets(object));

describe('left out is', () => {
  it.each<[what: string, object: JsonObject, secret: string]>([
    ['an annotation with the name of a secret', annotated({ 'example.com/db-password': secret }), secret],
    ['one in camel case', annotated({ dbPass: secret }), secret],
    ['one with a random value', annotated({ 'example.com/id': random }), random],
    [
      'one that holds names and values',
      annotated({ 'example.com/env': `A=1\nDB_PASSWORD=${secret}` }),
      secret,
    ],
    ['one that holds JSON', annotated({ 'example.com/spec': `{"apiKey":"${secret}"}` }), secret],
    ['what somebody else has applied', annotated({ 'banzaicloud.com/last-applied': 'a' }), '"a"'],
    [
      'annotations of the namespace',
      { spec: { syncPolicy: { managedNamespaceMetadata: { annotations: { token: secret } } } } },
      secret,
    ],
    [
      'a parameter of Helm',
      sourced({ helm: { parameters: [{ name: 'db.password', value: secret }] } }),
      secret,
    ],
    [
      'a parameter with a random value',
      sourced({ helm: { parameters: [{ name: 'x', value: random }] } }),
      random,
    ],
    ['Helm values as text', sourced({ helm: { values: `a: ${secret}` } }), secret],
    [
      'a secret in Helm values',
      sourced({ helm: { valuesObject: { db: { auth: { pw: secret } } } } }),
      secret,
    ],
    ['a list of secrets', sourced({ helm: { valuesObject: { tokens: [secret] } } }), secret],
    [
      'of several sources',
      { spec: { sources: [{ helm: { parameters: [{ name: 'apiToken', value: secret }] } }] } },
      secret,
    ],
    ['of the history', { status: { history: [{ source: { helm: { values: secret } } }] } }, secret],
    [
      'of the operation',
      { status: { operationState: { operation: { sync: { source: { helm: { values: secret } } } } } } },
      secret,
    ],
    ['what a plugin is given', sourced({ plugin: { env: [{ name: 'API_KEY', value: secret }] } }), secret],
    [
      'a parameter of a plugin',
      sourced({ plugin: { parameters: [{ name: 'token', string: secret, array: [secret] }] } }),
      secret,
    ],
    [
      'a variable of Jsonnet',
      sourced({ directory: { jsonnet: { extVars: [{ name: 'secretKey', value: secret }] } } }),
      secret,
    ],
    [
      'an element of a generator',
      { spec: { generators: [{ list: { elements: [{ password: secret }] } }] } },
      secret,
    ],
    ['a patch of a template', { spec: { templatePatch: `token: ${secret}` } }, secret],
    ['a password in a URL', sourced({ repoURL: `https://bot:${secret}@git.example.com/a.git` }), secret],
    [
      'one in a message',
      { status: { conditions: [{ message: `fetch https://x:${secret}@h/a failed` }] } },
      secret,
    ],
    [
      'a token in a query',
      { spec: { info: [{ name: 'docs', value: `https://h/a?access_token=${secret}` }] } },
      secret,
    ],
    [
      'a token of GitHub, anywhere',
      { status: { operationState: { message: `ghp_${'a1B2'.repeat(9)}` } } },
      'ghp_',
    ],
    ['a token of Slack', { spec: { x: 'xoxb-123456789-abcdef' } }, 'xoxb'],
    ['a key', { status: { x: '-----BEGIN RSA PRIVATE KEY-----\nMIIE' } }, 'MIIE'],
    ['a JWT', { x: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc' }, 'eyJ'],
  ])('%s', (_what, object, kept) => {
    expect(JSON.stringify(object)).toContain(kept);
    expect(left(object)).not.toContain(kept);
  });

  it('and nothing of the object that is given is changed', () => {
    const object = sourced({ helm: { values: secret } });
    withoutSecrets(object);
    expect(object).toEqual(sourced({ helm: { values: secret } }));
  });
});

it.each<[what: string, object: JsonObject]>([
  ['subscriptions', annotated({ 'notifications.argoproj.io/subscribe.on-x.webhook': 'token-service' })],
  ['silences', annotated({ 'herald.argoproj.io/silence-until': '2026-12-01T00:00:00Z' })],
  [
    'what was notified',
    annotated({ 'notified.notifications.argoproj.io': `{"${sha}:on-x:[0].abc:slack:ops":1}` }),
  ],
  [
    'annotations of Argo CD',
    annotated({ 'argocd.argoproj.io/manifest-generate-paths': '/a;/b', 'argocd.argoproj.io/sync-wave': '1' }),
  ],
  ['revisions', { status: { sync: { revision: sha }, history: [{ revision: sha, id: 3 }] } }],
  ['images', sourced({ kustomize: { images: [`registry.example.com/auth-service:v1@sha256:${sha}`] } })],
  [
    'a tag among parameters',
    sourced({
      helm: {
        parameters: [
          { name: 'image.tag', value: 'v1.2.3' },
          { name: 'rev', value: sha },
        ],
      },
    }),
  ],
  [
    'values of other names',
    sourced({ helm: { valuesObject: { replicas: 3, host: 'shop.example.com', on: true } } }),
  ],
  [
    'what is true or false',
    sourced({ helm: { passCredentials: true, parameters: [{ name: 'auth.enabled', value: 'true' }] } }),
  ],
  ['URLs without a password', sourced({ repoURL: 'https://git.example.com/a.git' })],
  ['messages', { status: { operationState: { message: 'error: secret "a" not found, token expired' } } }],
])('%s stay', (_what, object) => {
  expect(withoutSecrets(object)).toEqual(object);
});

it('stands there as what it is', () => {
  const object = withoutSecrets(
    sourced({ helm: { values: secret, parameters: [{ name: 'pwd', value: secret }] } }),
  );
  expect(object).toEqual(
    sourced({ helm: { values: notRecorded, parameters: [{ name: 'pwd', value: notRecorded }] } }),
  );
  const url = (repoURL: Json) => sourced({ repoURL });
  expect(withoutSecrets(url('https://a:b@h/x'))).toEqual(url('https://***@h/x'));
});
