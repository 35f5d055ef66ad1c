import type { Config } from '../../config/config.ts';
import type { AskedRight } from '../explain/rights.ts';
import type { DoctorOptions } from '../options.ts';

/** A right that the configuration needs: what does not work without it, and where it is granted. */
export interface Need {
  right: AskedRight;
  without: string;
  mend: string;
  /** Herald works without it, less well. */
  isOptional?: true;
}

interface About {
  options: Pick<DoctorOptions, 'applicationNamespaces' | 'selfService' | 'writesAnnotation' | 'source'>;
  /** Of Argo CD. */
  namespace: string;
  /** Whether other namespaces than that of Argo CD are watched. */
  isWide: boolean;
  /** Undefined: it could not be read. */
  config: Pick<Config, 'secretKeys' | 'argocd'> | undefined;
  /** Conditions and templates ask the repo-server. */
  asksRepoServer: boolean;
}

const base = 'Apply config/base/role.yaml in the namespace of Argo CD, or what the chart makes of it.';
const wide = 'Apply the component applications-in-any-namespace.';
const labelled = 'Apply config/base/role-labelled-secrets.yaml in the namespace of Argo CD.';

/** Every right that the configuration needs. Pure. */
export function neededRights({ options, namespace, isWide, config, asksRepoServer }: About): Need[] {
  const { configMapName, secretName } = options.source;
  const where = isWide ? {} : { namespace };
  const argo = (resource: string, verbs: AskedRight['verb'][], scope: { namespace?: string }) =>
    verbs.map((verb): AskedRight => ({ verb, group: 'argoproj.io', resource, ...scope }));
  const core = (resource: string, verbs: AskedRight['verb'][], more: { name?: string; namespace?: string }) =>
    verbs.map((verb): AskedRight => ({ verb, group: '', resource, ...more }));
  const need = (rights: AskedRight[], without: string, mend: string, isOptional = false): Need[] =>
    rights.map((right) => ({ right, without, mend, ...(isOptional ? { isOptional: true as const } : {}) }));
  const secretKeys = config?.secretKeys ?? [];
  const others = secretKeys.some((key) => key.includes(':'));
  const own = secretKeys.some((key) => !key.includes(':'));
  return [
    ...need(argo('applications', ['get', 'list', 'watch'], where), 'Applications', isWide ? wide : base),
    ...need(
      argo('appprojects', ['list', 'watch'], { namespace }),
      'subscriptions of AppProjects, and appProject in templates',
      base,
      true,
    ),
    ...need(
      argo('applicationsets', ['list', 'watch'], where),
      'ApplicationSets and their metrics',
      isWide ? wide : base,
      true,
    ),
    ...need(
      core('configmaps', ['list', 'watch'], { name: configMapName, namespace }),
      'the configuration',
      base,
    ),
    ...need(
      core('secrets', ['list', 'watch'], { name: secretName, namespace }),
      '$key in services',
      base,
      !own,
    ),
    ...(others
      ? need(core('secrets', ['list', 'watch'], { namespace }), '$secret:key in services', labelled)
      : []),
    ...need(
      core('events', ['create', 'patch'], where),
      'Events on Applications and the ConfigMap that say what is wrong',
      isWide ? wide : base,
      true,
    ),
    ...(options.writesAnnotation
      ? need(
          argo('applications', ['patch'], where),
          "argocd-notifications' annotation",
          'Apply the component mirror-annotation.',
        )
      : []),
    ...(options.selfService
      ? need(
          [
            ...core('configmaps', ['list', 'watch'], { name: configMapName }),
            ...core('secrets', ['list', 'watch'], { name: secretName }),
          ],
          'configurations of the namespaces of Applications',
          'Apply the component self-service, or a Role in each of these namespaces.',
          true,
        )
      : []),
    ...(asksRepoServer
      ? need(
          [
            { verb: 'list', group: '', resource: 'configmaps', namespace, name: 'argocd-cm' },
            { verb: 'list', group: '', resource: 'secrets', namespace },
          ],
          'credentials and settings for repo functions, which then tell of public repositories only',
          labelled,
          true,
        )
      : []),
  ];
}
