import { isObject } from '../json.ts';
import type { JsonObject } from '../model.ts';
import type { ObjectMetadata } from './kube-object.ts';
import { createReflector } from './reflector.ts';
import type { ReflectorDeps, ReflectorOptions, ReflectorTimings } from './reflector-options.ts';
import type { ReflectorState } from './reflector-state.ts';
import { describeRight } from './rights.ts';
import { corePath, type WatchScope } from './scope.ts';
import { createSpread, type Spread } from './spread.ts';

/** All of one namespace that configuration is made of, at one moment. Absence is a state: nothing configured there. */
export interface ConfigSnapshot {
  namespace: string;
  configMap: ConfigMap | undefined;
  /** Of `--secret-name`. */
  secret: SecretData | undefined;
  /** Secrets labelled `app.kubernetes.io/part-of: argocd`, by name, for `$name:key`. */
  labelledSecrets: ReadonlyMap<string, SecretData>;
  /** What may not be read of it, as `list secrets in the namespace argocd`, with the mend. */
  forbidden?: readonly Forbidden[];
}

export interface Forbidden {
  what: 'secret' | 'labelled-secrets';
  right: string;
  mend: string;
}

export interface ConfigMap {
  uid: string;
  name: string;
  resourceVersion: string;
  data: Readonly<Record<string, string>>;
}

/** Decoded values by key. Not for logs. */
export type SecretData = ReadonlyMap<string, Uint8Array>;

export interface ConfigWatchOptions {
  scope: WatchScope;
  /** `--config-map-name`. */
  configMapName: string;
  /** `--secret-name`. */
  secretName: string;
  /** `--self-service-notification-enabled`: the namespaces of Applications have configuration of their own. */
  selfService: boolean;
  /**
   * Called for the controller's namespace once all is read, whatever there is, for each other namespace that has
   * something, and then for every change. Must only enqueue.
   */
  changed(snapshot: ConfigSnapshot): void;
  timings?: Partial<ReflectorTimings>;
}

export interface ConfigWatch {
  start(): void;
  stop(): Promise<void>;
  /** True once `changed` has been called for the state at start; false if it was stopped before. */
  ready(): Promise<boolean>;
  /** There are Applications in the namespace: under self-service it may hold configuration. */
  lookInto(namespace: string): void;
  /** Of the three collections that it is made of. */
  states(): ReflectorState[];
}

const partOfArgoCd = 'app.kubernetes.io/part-of=argocd';

/** `$secret:key`, wherever it stands: namespaces without one need no Secret but their own. */
const refersToOthers = /\$[a-z0-9][-a-z0-9.]*:/;

interface Named<T> {
  namespace: string;
  name: string;
  value: T;
}

type Collection = 'configmap' | 'secret' | 'labelled-secrets';

/** What is missing where a collection may not be read, and how to allow it. */
const mends: Readonly<Record<Exclude<Collection, 'configmap'>, { without: string; mend: string }>> = {
  secret: {
    without: '$key in services (the Secret of --secret-name)',
    mend: 'Allow get, list and watch of that Secret: config/base/role.yaml in the namespace of Argo CD, the component self-service in others.',
  },
  'labelled-secrets': {
    without: '$secret:key in services (Secrets labelled app.kubernetes.io/part-of: argocd)',
    mend: 'Allow list and watch of secrets there: config/base/role-labelled-secrets.yaml in the namespace of Argo CD, a RoleBinding to the ClusterRole herald-labelled-secrets of the component self-service in others.',
  },
};

/** Namespaces of tenants without a right are asked for again so often. */
const tenantPollMs = 300_000;

export function createConfigWatch(deps: ReflectorDeps, options: ConfigWatchOptions): ConfigWatch {
  const { scope, selfService, timings } = options;
  const namespace = selfService && !scope.onlyOwn ? undefined : scope.namespace;
  const seen = new Set([scope.namespace]);
  let isReady = false;

  function changed(of: string): void {
    if (!isReady) return;
    const configMap = configMaps.get(of, options.configMapName)?.value;
    if (configMap === undefined) return tell(of);
    // Where Secrets are asked for namespace by namespace they come later than the ConfigMap that needs them.
    void needs(of, configMap).then(() => tell(of));
  }

  function tell(of: string): void {
    const labelled = [...labelledSecrets.values()].filter((secret) => secret.namespace === of);
    options.changed({
      namespace: of,
      configMap: configMaps.get(of, options.configMapName)?.value,
      secret: secrets.get(of, options.secretName)?.value,
      labelledSecrets: new Map(labelled.map(({ name, value }) => [name, value])),
      forbidden: [
        ...forbiddenOf('secret', secrets, of),
        ...forbiddenOf('labelled-secrets', labelledSecrets, of),
      ],
    });
  }

  function needs(of: string, configMap: ConfigMap): Promise<unknown> {
    const isReferring = Object.values(configMap.data).some((text) => refersToOthers.test(text));
    return Promise.all([secrets.need(of), isReferring ? labelledSecrets.need(of) : undefined]);
  }

  function spread<T>(
    name: Collection,
    plural: 'configmaps' | 'secrets',
    which: Pick<ReflectorOptions<T>, 'fieldSelector' | 'labelSelector'>,
    value: (object: JsonObject, metadata: ObjectMetadata) => T,
  ): Spread<Named<T>> {
    return createSpread<Named<T>>(
      (of, onForbidden) => {
        const optional = optionalOf(name, of);
        return createReflector(deps, {
          ...which,
          name,
          path: corePath(plural, of),
          ...(optional === undefined ? {} : { optional }),
          onForbidden,
          read: (object, metadata) =>
            scope.includes(metadata.namespace)
              ? { namespace: metadata.namespace, name: metadata.name, value: value(object, metadata) }
              : undefined,
          handlers: {
            upsert: (object) => changed(object.namespace),
            delete: (last) => changed(last.namespace),
          },
          timings: {
            // Asked namespace by namespace, Secrets come at once; ConfigMaps of others might be missed.
            ...(of === undefined && name !== 'configmap' ? { forbiddenPatienceMs: 0 } : {}),
            ...(of === undefined || of === scope.namespace ? {} : { forbiddenPollMs: tenantPollMs }),
            ...timings,
          },
        });
      },
      {
        namespace,
        onForbidden(of) {
          // Where nothing is configured nothing is missing.
          if (of !== undefined && configMaps.get(of, options.configMapName) !== undefined) changed(of);
        },
      },
    );
  }

  /** The ConfigMap of the controller's own namespace is what Herald cannot do without. */
  function optionalOf(name: Collection, of: string | undefined): ReflectorOptions<unknown>['optional'] {
    if (of === undefined) {
      const mend =
        name === 'configmap'
          ? 'Add the component self-service, or a Role in each namespace.'
          : 'Nothing needs to be done where the namespaces themselves allow it.';
      const isMinor = name === 'configmap' ? {} : ({ isMinor: true } as const);
      return { without: `a look into all namespaces at once: each is asked by itself`, mend, ...isMinor };
    }
    if (name !== 'configmap') return mends[name];
    if (of === scope.namespace) return undefined;
    return { without: `the ConfigMap of ${of}`, mend: 'Add the component self-service, or a Role there.' };
  }

  const configMaps = spread(
    'configmap',
    'configmaps',
    { fieldSelector: `metadata.name=${options.configMapName}` },
    readConfigMap,
  );
  const secrets = spread(
    'secret',
    'secrets',
    { fieldSelector: `metadata.name=${options.secretName}` },
    readSecret,
  );
  const labelledSecrets = spread('labelled-secrets', 'secrets', { labelSelector: partOfArgoCd }, readSecret);
  const all = [configMaps, secrets, labelledSecrets];

  async function readyOnce(): Promise<boolean> {
    for (const each of all) each.start();
    const first = namespace === undefined && selfService ? scope.named : [scope.namespace];
    void Promise.all(first.map((of) => configMaps.need(of)));
    for (const collection of [secrets, labelledSecrets]) void collection.need(scope.namespace);
    if (!(await configMaps.ready())) return false;
    await Promise.all([...configMaps.values()].map((found) => needs(found.namespace, found.value)));
    const done = await Promise.all(all.map((each) => each.ready()));
    if (!done.every(Boolean)) return false;
    isReady = true;
    const namespaces = all.flatMap((watched) => [...watched.values()].map((object) => object.namespace));
    for (const name of new Set([scope.namespace, ...namespaces])) tell(name);
    return true;
  }

  const ready = Promise.withResolvers<boolean>();
  return {
    start() {
      readyOnce().then(ready.resolve, ready.reject);
    },
    async stop() {
      await Promise.all(all.map((each) => each.stop()));
      ready.resolve(false);
    },
    ready: () => ready.promise,
    lookInto(of) {
      if (namespace !== undefined || seen.has(of) || !scope.includes(of)) return;
      seen.add(of);
      void configMaps.need(of);
    },
    states: () => all.map((each) => each.state()),
  };
}

function forbiddenOf(
  what: Forbidden['what'],
  collection: Spread<{ namespace: string }>,
  namespace: string,
): Forbidden[] {
  const forbidden = collection.forbidden(namespace);
  if (forbidden === undefined) return [];
  const right = describeRight({ ...forbidden.right, namespace });
  return [{ what, right, mend: mends[what].mend }];
}

function readConfigMap(object: JsonObject, { uid, name, resourceVersion }: ObjectMetadata): ConfigMap {
  return { uid, name, resourceVersion, data: Object.fromEntries(strings(object.data)) };
}

function readSecret(object: JsonObject): SecretData {
  return new Map(strings(object.data).map(([key, encoded]) => [key, Buffer.from(encoded, 'base64')]));
}

function strings(data: JsonObject[string] | undefined): [string, string][] {
  if (!isObject(data)) return [];
  return Object.entries(data).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
}
