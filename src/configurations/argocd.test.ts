import { describe, expect, it } from 'vitest';
import { commitQuestions } from '../argocd/questions.ts';
import { ClusterError } from '../cluster/cluster-error.ts';
import { createMetrics } from '../metrics.ts';
import { recordLog } from '../testing/recorded-log.ts';
import { createArgocdOf } from './argocd.ts';

const repoServer = {
  address: '127.0.0.1:1',
  plaintext: true,
  caFiles: undefined,
  clientCertificate: undefined,
};

function start(options: { repoServer?: typeof repoServer } = { repoServer }) {
  const { log, lines } = recordLog();
  const clock = { now: 0 };
  const argocd = createArgocdOf(
    {
      connection: {
        json: ({ path }) => Promise.reject(new ClusterError(path, { kind: 'status', status: 403 })),
      },
      metrics: createMetrics({ version: '0', processMetrics: false }),
      log,
      now: () => clock.now,
    },
    { namespace: 'argocd', certificatesOf: () => undefined, ...options },
  );
  return { argocd, lines, clock };
}

const asked = (name: string) => {
  const app = { metadata: { name }, spec: { source: { repoURL: 'https://git.example/a' } } };
  const [question] = commitQuestions(app, ['a'.repeat(40)]);
  if (question === undefined) throw new Error('nothing is asked');
  return question;
};

describe('whom repo functions ask', () => {
  it('the API where one is configured, else the repo-server, else nobody', async () => {
    const { argocd } = start();
    const options = { url: 'https://argocd.example', token: 't', insecureSkipVerify: false };
    expect(argocd.lookup(options)).not.toBe(argocd.lookup(undefined));
    expect(argocd.lookup(undefined)).toBe(argocd.lookup(undefined));
    const answer = await start({}).argocd.lookup(undefined)?.ask(asked('a'));
    expect(answer).toEqual({ ok: false, reason: 'unknown', detail: 'is not configured' });
    await argocd.close();
  });

  it('says once an hour which right is missing', async () => {
    const { argocd, lines, clock } = start();
    const told = () =>
      lines.filter(({ msg }) => msg === 'A right for repo functions is missing').map(({ right }) => right);
    const rights = ['list secrets in the namespace argocd', 'list configmaps in the namespace argocd'];
    for (const name of ['a', 'b']) await argocd.lookup(undefined)?.ask(asked(name));
    expect(told()).toEqual(rights);
    clock.now = 3_600_000;
    await argocd.lookup(undefined)?.ask(asked('c'));
    expect(told()).toEqual([...rights, ...rights]);
    await argocd.close();
  });
});
