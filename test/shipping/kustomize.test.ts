import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  allComponents,
  combined,
  find,
  hasKubectl,
  kustomize,
  type Manifest,
  repository,
} from './kustomize.ts';

/** Every rule that an account named `herald` is granted, as `Kind/name group/resource[names] verbs`. */
function grants(manifests: Manifest[], namespace = 'argocd'): string[] {
  const bindings = manifests.filter((it) => it.kind === 'RoleBinding' || it.kind === 'ClusterRoleBinding');
  return bindings.flatMap((binding) => {
    expect(binding.subjects).toEqual([{ kind: 'ServiceAccount', name: 'herald', namespace }]);
    expect(binding.roleRef.apiGroup).toBe('rbac.authorization.k8s.io');
    const role = find(manifests, binding.roleRef.kind, binding.roleRef.name);
    const scope = binding.kind === 'ClusterRoleBinding' ? 'cluster' : binding.metadata.namespace;
    return role.rules.flatMap((rule: Manifest) =>
      rule.resources.map((resource: string) => {
        const names = rule.resourceNames === undefined ? '' : `[${rule.resourceNames}]`;
        return `${scope}: ${rule.apiGroups}/${resource}${names} ${rule.verbs}`;
      }),
    );
  });
}

const baseGrants = [
  'argocd: argoproj.io/applications get,list,watch',
  'argocd: argoproj.io/appprojects get,list,watch',
  'argocd: argoproj.io/applicationsets get,list,watch',
  'argocd: /configmaps[argocd-notifications-cm] get,list,watch',
  'argocd: /configmaps[argocd-cm] list',
  'argocd: /secrets[argocd-notifications-secret] get,list,watch',
  'argocd: /events create,patch',
  'argocd: /secrets list,watch',
];

/** Where Argo CD's own manifests mount it; the ConfigMap need not be there. */
const mounted = (name: string, keys: string[]) => ({
  name,
  secret: { secretName: name, optional: true, items: keys.map((key) => ({ key, path: key })) },
});
const tlsVolumes = [
  { name: 'tls-certs', configMap: { name: 'argocd-tls-certs-cm', optional: true } },
  mounted('argocd-repo-server-tls', ['tls.crt', 'ca.crt']),
  mounted('argocd-repo-server-mtls', ['client.crt', 'client.key', 'server-ca.crt']),
];
const tlsMounts = [
  { name: 'tls-certs', mountPath: '/app/config/tls', readOnly: true },
  { name: 'argocd-repo-server-tls', mountPath: '/app/config/reposerver/tls', readOnly: true },
  { name: 'argocd-repo-server-mtls', mountPath: '/app/config/reposerver/mtls', readOnly: true },
];

describe.skipIf(!hasKubectl)('kubectl kustomize config', () => {
  it('keeps the options of Node.js that the image has, since a variable of the pod takes their place', async () => {
    const dockerfile = readFileSync(join(repository, 'Dockerfile'), 'utf8');
    const ofImage = /^ENV NODE_OPTIONS=(.+)$/m.exec(dockerfile)?.[1]?.split(' ') ?? [];
    expect(ofImage).not.toEqual([]);
    const [container] = find(await kustomize('config'), 'Deployment', 'herald').spec.template.spec.containers;
    const ofPod = container.env.find(({ name }: Manifest) => name === 'NODE_OPTIONS').value.split(' ');
    expect(ofPod).toEqual(expect.arrayContaining(ofImage));
  });

  it('holds these objects, all in the namespace argocd, and none that needs a CRD', async () => {
    const manifests = await kustomize('config');
    expect(manifests.map((it) => `${it.apiVersion} ${it.kind} ${it.metadata.name}`).sort()).toEqual([
      'apps/v1 Deployment herald',
      'networking.k8s.io/v1 NetworkPolicy herald',
      'rbac.authorization.k8s.io/v1 Role herald',
      'rbac.authorization.k8s.io/v1 Role herald-labelled-secrets',
      'rbac.authorization.k8s.io/v1 RoleBinding herald',
      'rbac.authorization.k8s.io/v1 RoleBinding herald-labelled-secrets',
      'v1 PersistentVolumeClaim herald-queue',
      'v1 Service herald-metrics',
      'v1 ServiceAccount herald',
    ]);
    for (const it of manifests) {
      expect(it.metadata.namespace).toBe('argocd');
      expect(it.metadata.labels['app.kubernetes.io/part-of']).toBe('herald');
    }
  });

  it('grants exactly this: reading, and creating Events', async () => {
    expect(grants(await kustomize('config'))).toEqual(baseGrants);
  });

  it.each([
    { components: [], names: ['herald'] },
    { components: ['valkey'], names: ['queue', 'herald'] },
  ])('runs $names without privileges', async ({ components, names }) => {
    const { spec } = find(await combined(components), 'Deployment', 'herald').spec.template;
    expect(spec.serviceAccountName).toBe('herald');
    expect(spec.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 1000,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    const containers = [...(spec.initContainers ?? []), ...spec.containers];
    expect(containers.map((it: Manifest) => it.name)).toEqual(names);
    for (const container of containers) {
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      expect(container.resources.requests).toMatchObject({
        cpu: expect.any(String),
        memory: expect.any(String),
      });
      expect(container.resources.limits.memory).toEqual(expect.any(String));
      expect(container.image).toMatch(/:[^:]+$/);
    }
  });

  it('runs one process at a time and gives it longer to stop than it asks for', async () => {
    const { spec } = find(await kustomize('config'), 'Deployment', 'herald');
    expect(spec.replicas).toBe(1);
    expect(spec.strategy).toEqual({ type: 'Recreate' });
    const herald = spec.template.spec.containers[0];
    expect(herald.args).toEqual(['run', '--shutdown-timeout=20s']);
    expect(spec.template.spec.terminationGracePeriodSeconds).toBeGreaterThan(20);
  });

  it('probes the port that the Service and the NetworkPolicy name', async () => {
    const manifests = await kustomize('config');
    const { spec, metadata } = find(manifests, 'Deployment', 'herald').spec.template;
    const herald = spec.containers[0];
    expect(herald.ports).toEqual([{ name: 'metrics', containerPort: 9001 }]);
    expect(herald.livenessProbe.httpGet).toEqual({ path: '/healthz', port: 'metrics' });
    expect(herald.startupProbe.httpGet).toEqual({ path: '/healthz', port: 'metrics' });
    expect(herald.readinessProbe.httpGet).toEqual({ path: '/readyz', port: 'metrics' });

    const service = find(manifests, 'Service', 'herald-metrics');
    expect(metadata.labels).toMatchObject(service.spec.selector);
    expect(service.spec.ports).toEqual([{ name: 'metrics', port: 9001, targetPort: 'metrics' }]);
    const policy = find(manifests, 'NetworkPolicy', 'herald');
    expect(metadata.labels).toMatchObject(policy.spec.podSelector.matchLabels);
    expect(policy.spec.ingress[0].ports).toEqual([{ port: 'metrics' }]);
    expect(policy.spec.policyTypes).toEqual(['Ingress']);
  });

  it('keeps the queue on the volume, in a store inside of Herald', async () => {
    const manifests = await kustomize('config');
    const { spec } = find(manifests, 'Deployment', 'herald').spec.template;
    const herald = spec.containers[0];
    expect(herald.env).toContainEqual({ name: 'HERALD_QUEUE', value: 'sqlite:/data' });
    expect(herald.volumeMounts).toEqual([{ name: 'queue', mountPath: '/data' }, ...tlsMounts]);
    expect(spec.volumes).toEqual([
      { name: 'queue', persistentVolumeClaim: { claimName: 'herald-queue' } },
      ...tlsVolumes,
    ]);
    find(manifests, 'PersistentVolumeClaim', 'herald-queue');
  });

  it("takes argocd-notifications' settings from where Argo CD keeps them", async () => {
    const { spec } = find(await kustomize('config'), 'Deployment', 'herald').spec.template;
    const fromParameters = spec.containers[0].env
      .filter((it: Manifest) => it.valueFrom !== undefined)
      .map((it: Manifest) => {
        expect(it.valueFrom.configMapKeyRef).toMatchObject({ name: 'argocd-cmd-params-cm', optional: true });
        return [it.name, it.valueFrom.configMapKeyRef.key];
      });
    expect(Object.fromEntries(fromParameters)).toEqual({
      ARGOCD_APPLICATION_NAMESPACES: 'application.namespaces',
      ARGOCD_NOTIFICATION_CONTROLLER_SELF_SERVICE_NOTIFICATION_ENABLED:
        'notificationscontroller.selfservice.enabled',
      ARGOCD_NOTIFICATION_CONTROLLER_REPO_SERVER_PLAINTEXT: 'notificationscontroller.repo.server.plaintext',
      ARGOCD_NOTIFICATION_CONTROLLER_REPO_SERVER_CA_CERT_PATH:
        'notificationscontroller.repo.server.ca.cert.path',
      ARGOCD_NOTIFICATION_CONTROLLER_REPO_SERVER_CLIENT_CERT_PATH:
        'notificationscontroller.repo.server.client.cert.path',
      ARGOCD_NOTIFICATION_CONTROLLER_REPO_SERVER_CLIENT_CERT_KEY_PATH:
        'notificationscontroller.repo.server.client.cert.key.path',
      ARGOCD_NOTIFICATIONS_CONTROLLER_LOGLEVEL: 'notificationscontroller.log.level',
      ARGOCD_NOTIFICATIONS_CONTROLLER_LOGFORMAT: 'notificationscontroller.log.format',
      ARGOCD_NOTIFICATION_CONTROLLER_PROCESSORS_COUNT: 'notificationscontroller.processors.count',
      ARGOCD_LOG_FORMAT_TIMESTAMP: 'log.format.timestamp',
    });
  });
});

describe.skipIf(!hasKubectl)('another namespace than argocd', () => {
  it.each(['.', 'overlays/ha', 'overlays/monitored'])('leaves nothing of %s in argocd', async (folder) => {
    const components = folder === '.' ? allComponents : [];
    const manifests = await combined(components, { namespace: 'gitops', folder });
    expect(grants(manifests, 'gitops').some((grant) => grant.includes('argocd:'))).toBe(false);
    const clusterWide = ['ClusterRole', 'ClusterRoleBinding'];
    for (const { kind, metadata } of manifests) {
      expect([kind, metadata.name, metadata.namespace]).toEqual([
        kind,
        metadata.name,
        clusterWide.includes(kind) ? undefined : 'gitops',
      ]);
    }
  });
});

describe.skipIf(!hasKubectl)('components', () => {
  it('valkey keeps the queue beside Herald, on the same volume, started before and stopped after it', async () => {
    const { spec } = find(await combined(['valkey']), 'Deployment', 'herald').spec.template;
    const [queue] = spec.initContainers;
    const [herald] = spec.containers;
    expect(queue.restartPolicy).toBe('Always');
    expect(herald.env).toContainEqual({ name: 'HERALD_QUEUE', value: 'redis://127.0.0.1:6379' });
    expect(herald.volumeMounts).toEqual(tlsMounts);
    expect(queue.args.join(' ')).toContain('--bind 127.0.0.1');
    expect(queue.args.join(' ')).toContain('--appendonly yes');
    expect(queue.args.join(' ')).toContain('--maxmemory-policy noeviction');
    expect(queue.volumeMounts).toEqual([{ name: 'queue', mountPath: '/data' }]);
    expect(spec.volumes).toEqual([
      { name: 'queue', persistentVolumeClaim: { claimName: 'herald-queue' } },
      ...tlsVolumes,
    ]);
  });

  it('mirror-annotation alone may patch Applications, and switches it on', async () => {
    const manifests = await combined(['mirror-annotation']);
    expect(grants(manifests)).toEqual([...baseGrants, 'argocd: argoproj.io/applications patch']);
    const herald = find(manifests, 'Deployment', 'herald').spec.template.spec.containers[0];
    expect(herald.env).toContainEqual({ name: 'HERALD_NOTIFIED_ANNOTATION', value: 'write' });
  });

  it('applications-in-any-namespace reads Applications and creates Events in the whole cluster', async () => {
    expect(grants(await combined(['applications-in-any-namespace']))).toEqual([
      ...baseGrants,
      'cluster: argoproj.io/applications get,list,watch',
      'cluster: argoproj.io/applicationsets get,list,watch',
      'cluster: /events create,patch',
    ]);
  });

  it('self-service reads the two names in the whole cluster', async () => {
    expect(grants(await combined(['self-service']))).toEqual([
      ...baseGrants,
      'cluster: /configmaps[argocd-notifications-cm] get,list,watch',
      'cluster: /secrets[argocd-notifications-secret] get,list,watch',
    ]);
  });

  it("repo-server-networkpolicy lets Herald in at Argo CD's repo-server, and grants nothing", async () => {
    const manifests = await combined(['repo-server-networkpolicy']);
    expect(grants(manifests)).toEqual(baseGrants);
    const { metadata, spec } = find(manifests, 'NetworkPolicy', 'herald-to-repo-server');
    const pod = find(manifests, 'Deployment', 'herald').spec.template.metadata.labels;
    expect(metadata.namespace).toBe('argocd');
    expect(spec.podSelector.matchLabels).toEqual({ 'app.kubernetes.io/name': 'argocd-repo-server' });
    expect(pod).toMatchObject(spec.ingress[0].from[0].podSelector.matchLabels);
    expect(spec.ingress[0].ports).toEqual([{ port: 8081 }]);
  });

  it('go together', async () => {
    const manifests = await combined(allComponents);
    const ids = manifests.map((it) => `${it.kind}/${it.metadata.name}`);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toContain('ServiceMonitor/herald');
    expect(ids).toContain('PrometheusRule/herald');
  });
});

describe.skipIf(!hasKubectl)('kubectl kustomize config/overlays/monitored', () => {
  it('is the base with a ServiceMonitor that selects the Service, and the rules', async () => {
    const manifests = await kustomize('config/overlays/monitored');
    expect(grants(manifests)).toEqual(baseGrants);
    const service = find(manifests, 'Service', 'herald-metrics');
    const monitor = find(manifests, 'ServiceMonitor', 'herald');
    expect(monitor.metadata.namespace).toBe('argocd');
    expect(service.metadata.labels).toMatchObject(monitor.spec.selector.matchLabels);
    expect(monitor.spec.endpoints.map((it: Manifest) => it.port)).toEqual([service.spec.ports[0].name]);
    expect(find(manifests, 'PrometheusRule', 'herald').metadata.namespace).toBe('argocd');
  });
});

describe.skipIf(!hasKubectl)('kubectl kustomize config/overlays/ha', () => {
  it('runs two replicas apart on a store of their own, one of which a drain leaves', async () => {
    const manifests = await kustomize('config/overlays/ha');
    expect(grants(manifests)).toEqual(baseGrants);
    const { spec } = find(manifests, 'Deployment', 'herald');
    expect(spec.replicas).toBe(2);
    expect(spec.strategy).toEqual({
      type: 'RollingUpdate',
      rollingUpdate: { maxSurge: 1, maxUnavailable: 0 },
    });
    const pod = spec.template.spec;
    expect(pod.initContainers).toBeUndefined();
    expect(pod.volumes).toEqual(tlsVolumes);
    expect(pod.containers[0].volumeMounts).toEqual(tlsMounts);
    expect(manifests.map(({ kind }) => kind)).not.toContain('PersistentVolumeClaim');
    const [queue] = pod.containers[0].env.filter(({ name }: Manifest) => name === 'HERALD_QUEUE');
    expect(queue).toEqual({
      name: 'HERALD_QUEUE',
      valueFrom: { secretKeyRef: { name: 'herald-queue', key: 'url' } },
    });
    const [apart] = pod.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution;
    expect(apart.podAffinityTerm.topologyKey).toBe('kubernetes.io/hostname');
    const budget = find(manifests, 'PodDisruptionBudget', 'herald');
    expect(budget.metadata.namespace).toBe('argocd');
    expect(budget.spec.maxUnavailable).toBe(1);
    for (const selector of [apart.podAffinityTerm.labelSelector, budget.spec.selector]) {
      expect(spec.template.metadata.labels).toMatchObject(selector.matchLabels);
    }
  });
});
