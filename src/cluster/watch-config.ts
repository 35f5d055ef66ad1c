import type { JsonObject } from '../model.ts';
import type { ObjectMetadata } from './kube-object.ts';
import {
  createReflector,
  type Reflector,
  type ReflectorDeps,
  type ReflectorOptions,
  type ReflectorState,
  type ReflectorTimings,
} from './reflector.ts';
import { corePath, type WatchScope } from './scope.ts';

/** All of one namespace that configuration is made of, at one moment. Absence is a state: nothing configured there. */
export interface ConfigSnapshot {
  namespace: string;
  configMap: ConfigMap | undefined;
  /** Of `--secret-name`. */
  secret: SecretData | undefined;
  /** Secrets labelled `app.kubernetes.io/part-of: argocd`, by name, for `$name:key`. */
  labelledSecrets: ReadonlyMap<string, SecretData>;
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
  /** Of the three watches that it is made of. */
  states(): ReflectorState[];
}

const partOfArgoCd = 'app.kubernetes.io/part-of=argocd';

interface Named<T> {
  namespace: string;
  name: string;
  value: T;
}

export function createConfigWatch(deps: ReflectorDeps, options: ConfigWatchOptions): ConfigWatch {
  const { scope, selfService, timings } = options;
  const namespace = selfService && !scope.onlyOwn ? undefined : scope.namespace;
  let isReady = false;

  function changed(of: string): void {
    if (!isReady) return;
    const labelled = [...labelledSecrets.values()].filter((secret) => secret.namespace === of);
    options.changed({
      namespace: of,
      configMap: configMaps.get(of, options.configMapName)?.value,
      secret: secrets.get(of, options.secretName)?.value,
      labelledSecrets: new Map(labelled.map(({ name, value }) => [name, value])),
    });
  }

  function watch<T>(
    plural: 'configmaps' | 'secrets',
    which: Pick<ReflectorOptions<T>, 'name' | 'fieldSelector' | 'labelSelector' | 'optional'>,
    value: (object: JsonObject, metadata: ObjectMetadata) => T,
  ): Reflector<Named<T>> {
    return createReflector(deps, {
      ...which,
      path: corePath(plural, namespace),
      read: (object, metadata) =>
        scope.includes(metadata.namespace)
          ? { namespace: metadata.namespace, name: metadata.name, value: value(object, metadata) }
          : undefined,
      handlers: {
        upsert: (object) => changed(object.namespace),
        delete: (last) => changed(last.namespace),
      },
      ...(timings === undefined ? {} : { timings }),
    });
  }

  const configMaps = watch(
    'configmaps',
    { name: 'configmap', fieldSelector: `metadata.name=${options.configMapName}` },
    readConfigMap,
  );
  const secrets = watch(
    'secrets',
    { name: 'secret', fieldSelector: `metadata.name=${options.secretName}` },
    readSecret,
  );
  const labelledSecrets = watch(
    'secrets',
    // A role may name the one Secret that may be read; `$name:key` then finds nothing, and all else works.
    { name: 'labelled-secrets', labelSelector: partOfArgoCd, optional: true },
    readSecret,
  );
  const all = [configMaps, secrets, labelledSecrets];

  async function readyOnce(): Promise<boolean> {
    const done = await Promise.all(all.map((reflector) => reflector.ready()));
    if (!done.every(Boolean)) return false;
    isReady = true;
    const namespaces = [configMaps, secrets, labelledSecrets].flatMap((watched) =>
      [...watched.values()].map((object) => object.namespace),
    );
    for (const name of new Set([scope.namespace, ...namespaces])) changed(name);
    return true;
  }

  let ready: Promise<boolean> | undefined;
  return {
    start() {
      for (const reflector of all) reflector.start();
      ready ??= readyOnce();
    },
    async stop() {
      await Promise.all(all.map((reflector) => reflector.stop()));
      await ready;
    },
    ready() {
      ready ??= readyOnce();
      return ready;
    },
    states: () => all.map((reflector) => reflector.state()),
  };
}

function readConfigMap(object: JsonObject, { uid, name, resourceVersion }: ObjectMetadata): ConfigMap {
  return { uid, name, resourceVersion, data: Object.fromEntries(strings(object.data)) };
}

function readSecret(object: JsonObject): SecretData {
  return new Map(strings(object.data).map(([key, encoded]) => [key, Buffer.from(encoded, 'base64')]));
}

function strings(data: JsonObject[string] | undefined): [string, string][] {
  if (data === null || typeof data !== 'object' || Array.isArray(data)) return [];
  return Object.entries(data).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
}
