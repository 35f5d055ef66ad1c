import { connect } from '../../src/cluster/connect.ts';
import { noApiServer, startApiServer } from '../cluster/kube-apiserver.ts';
import { apiServerContract } from './api-server.ts';

/** What the simulated API server is held to, of a real one. */
const account = { namespace: 'argocd', name: 'herald' };
const rbac = 'rbac.authorization.k8s.io';

if (noApiServer !== undefined) console.info(`kube-apiserver: ${noApiServer}`);
apiServerContract(
  'real',
  async () => {
    const server = await startApiServer();
    const { namespace, name } = account;
    const metadata = { namespace, name };
    await server.ask('POST', `/api/v1/namespaces/${namespace}/serviceaccounts`, {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata,
    });
    await server.ask('POST', `/apis/${rbac}/v1/namespaces/${namespace}/rolebindings`, {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ kind: 'ServiceAccount', ...account }],
    });
    const connection = connect({ kubeconfig: server.kubeconfig });
    const token = await server.tokenOf(account);
    async function ask(path: string, as = token) {
      const response = await server.fetch(path, { headers: { authorization: `Bearer ${as}` } });
      return { status: response.status, headers: response.headers, text: await response.text() };
    }
    return {
      connection,
      ask: (path) => ask(path),
      askAsNobody: (path) => ask(path, 'wrong'),
      async forget() {
        await server.compact();
        await server.shutDown();
        await server.startAgain();
      },
      async stop() {
        await connection.close();
        await server.stop();
      },
    };
  },
  { isSkipped: noApiServer !== undefined, limits: false },
);
