import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect, it, onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { createKubernetesSimulator } from '../../simulator/kubernetes.ts';
import { kubeconfigOf } from '../bridge/start-bridge.ts';
import { temporaryFolder } from '../cli/support.ts';
import { argoHelmValues, renderChart } from './chart.ts';
import { find, hasKubectl } from './kustomize.ts';

/** `kubectl apply --server-side -f -`, and what it says. */
async function apply(kubeconfig: string, input: string): Promise<string> {
  const child = spawn('kubectl', ['--kubeconfig', kubeconfig, 'apply', '--server-side', '-f', '-'], {
    env: { PATH: process.env['PATH'], HOME: temporaryFolder() },
  });
  onTestFinished(() => void child.kill());
  child.stdin.end(input);
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  expect(code, stderr).toBe(0);
  return stdout;
}

it.skipIf(!hasKubectl)(
  "what the chart makes of argo-helm's values is taken by the API server as kubectl applies it, and again",
  async () => {
    const kubernetes = createKubernetesSimulator({ namespace: 'argocd' });
    kubernetes.cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'argocd' } });
    const kubeconfig = await kubeconfigOf(kubernetes);
    // The double has no CustomResourceDefinition of the Prometheus operator.
    const { metrics, ...values } = argoHelmValues;
    const { serviceMonitor: _serviceMonitor, ...ownMetrics } = metrics;
    const manifests = renderChart({ ...values, metrics: ownMetrics });
    expect(manifests.map(({ kind }) => kind)).toContain('PodDisruptionBudget');
    const said = await apply(kubeconfig, manifests.map((each) => stringify(each)).join('---\n'));
    expect(said.trim().split('\n')).toHaveLength(manifests.length);
    for (const { kind, metadata } of manifests)
      expect(kubernetes.cluster.get({ kind, namespace: 'argocd', name: metadata.name }), kind).toBeDefined();
    const { data } = find(manifests, 'ConfigMap', 'argocd-notifications-cm');
    const cm = { kind: 'ConfigMap', namespace: 'argocd', name: 'argocd-notifications-cm' };
    expect(kubernetes.cluster.get(cm)?.data).toEqual(data);
    // Once more changes nothing.
    await apply(kubeconfig, manifests.map((each) => stringify(each)).join('---\n'));
    expect(kubernetes.cluster.get(cm)?.data).toEqual(data);
  },
);
