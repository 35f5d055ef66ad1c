import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKubernetesSimulator } from '../../simulator/kubernetes.ts';
import { connect } from '../../src/cluster/connect.ts';
import { apiServerContract } from './api-server.ts';

// As a real one whose etcd does not tell of its progress; that one is in api-server.real.test.ts.
apiServerContract('simulated', async () => {
  const token = 'right';
  const simulator = createKubernetesSimulator({ token, etcdTellsProgress: false });
  const { url, kubeconfig } = await simulator.start();
  for (const name of ['argocd', 'team-a']) simulator.cluster.apply({ kind: 'Namespace', metadata: { name } });
  const folder = mkdtempSync(join(tmpdir(), 'herald-contract-'));
  writeFileSync(join(folder, 'kubeconfig'), kubeconfig);
  const connection = connect({ kubeconfig: join(folder, 'kubeconfig') });
  const ask = async (path: string, as = token) => {
    const response = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${as}` } });
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  return {
    connection,
    ask: (path) => ask(path),
    askAsNobody: (path) => ask(path, 'wrong'),
    async forget() {
      await simulator.shutDown();
      await simulator.startAgain();
    },
    async limit() {
      simulator.faults.fail({ status: 429, retryAfterSeconds: 1, times: Number.POSITIVE_INFINITY });
      return async () => simulator.faults.clear();
    },
    async stop() {
      await connection.close();
      await simulator.stop();
      rmSync(folder, { recursive: true });
    },
  };
});
