import { type Config, parseConfig } from '../config/parse-config.ts';
import { isObject, textAt, textOf } from '../json.ts';
import type { Application, JsonObject, OtherKind } from '../model.ts';
import { type ClusterReader, CommandFailure, type CommandIo } from './io.ts';
import { type Manifest, readManifests } from './manifests.ts';
import { applicationOf, metadataOf, type SecretValues, secretValues, stringsOf } from './object-values.ts';
import type { ConfigSource } from './options.ts';

/** ConfigMap and Secret as a command was told to take them. */
export interface LoadedConfig {
  configMap: Readonly<Record<string, string>>;
  /** Undefined: not known, and nobody asked for it. */
  secret: SecretValues | undefined;
  /** Other Secrets that `$secret:key` may refer to, by name. */
  secrets: ReadonlyMap<string, SecretValues>;
  /** Where the ConfigMap came from, for people. */
  origin: string;
  /** Of a file: for positions. */
  manifest?: Manifest;
  /** Namespace that stands for the controller's. */
  namespace: string;
}

/** Files and cluster of one command; the connection is opened when it is first needed. */
export interface Source {
  /**
   * `needed`: the Secret is read from the cluster where no file was named for it. `given`: only along with the
   * ConfigMap, so that trying a file needs no cluster. `wanted`: without it where it cannot be read.
   */
  config(secret: 'needed' | 'given' | 'wanted'): Promise<LoadedConfig>;
  /**
   * A file of that path, else the Application of that name in the cluster; the ApplicationSet where that is the kind, or
   * the name is `applicationset/NAME`.
   */
  application(pathOrName: string, kind?: OtherKind): Promise<Application>;
  /** Of the cluster: in one namespace, or in all. */
  list(
    resource: 'applications' | 'applicationsets' | 'appprojects',
    namespace: string | undefined,
  ): Promise<JsonObject[]>;
  /** What the ConfigMap of a namespace beside Argo CD's says; undefined where there is none. */
  tenantConfig(namespace: string): Promise<Config | undefined>;
  /** Undefined where there is no such AppProject, or no cluster to ask. */
  appProject(application: Application): Promise<JsonObject | undefined>;
  /** The namespace that stands for the controller's. */
  namespace(): string;
  /** The connection, opened now where it is not. Throws a CommandFailure. */
  cluster(): ClusterReader;
  close(): Promise<void>;
}

export function openSource(source: ConfigSource, io: CommandIo): Source {
  let connection: ClusterReader | undefined;
  const cluster = (): ClusterReader => {
    try {
      connection ??= io.connect(source.kube);
      return connection;
    } catch (error) {
      throw new CommandFailure(messageOf(error), { cause: error });
    }
  };
  const namespace = (): string => source.kube.namespace || (connection?.namespace ?? 'argocd');
  const files = new Map<string, Promise<string>>();
  const read = (path: string): Promise<string> => {
    const text = files.get(path) ?? readInput(path, io);
    files.set(path, text);
    return text;
  };

  async function get(path: string, what: string, query: Record<string, string> = {}): Promise<JsonObject> {
    try {
      const object = await cluster().json({ path, query });
      if (isObject(object)) return object;
    } catch (error) {
      if (error instanceof CommandFailure) throw error;
      throw new CommandFailure(`cannot read ${what}: ${messageOf(error)}`, { cause: error });
    }
    throw new CommandFailure(`cannot read ${what}: the API server answered something else`);
  }

  async function configMapOf(): Promise<{ object: JsonObject; origin: string; manifest?: Manifest }> {
    const name = source.configMapName;
    if (source.configMap !== '') {
      const manifests = readManifests(nameOf(source.configMap), await read(source.configMap));
      const manifest = pick(manifests, source.configMap, 'ConfigMap', name);
      return { object: manifest.object, origin: manifest.file, manifest };
    }
    const origin = `ConfigMap ${clusterNamespace()}/${name}`;
    return { object: await get(corePath(clusterNamespace(), 'configmaps', name), origin), origin };
  }

  async function secretsOf(need: 'needed' | 'given'): Promise<Pick<LoadedConfig, 'secret' | 'secrets'>> {
    const name = source.secretName;
    const none = new Map<string, SecretValues>();
    if (source.secret === ':empty') return { secret: {}, secrets: none };
    const file = source.secret || source.configMap;
    if (file !== '') {
      const manifests = readManifests(nameOf(file), await read(file)).filter(({ kind }) => kind === 'Secret');
      const own =
        source.secret === ''
          ? manifests.find((manifest) => manifest.name === name)
          : pick(manifests, file, 'Secret', name);
      const others = manifests.filter((manifest) => manifest !== own);
      if (own) return { secret: secretValues(own.object), secrets: byName(others) };
    }
    if (file !== '' && need === 'given') return { secret: undefined, secrets: none };
    if (file !== '') reachOrExplain();
    const namespace = clusterNamespace();
    const object = await get(corePath(namespace, 'secrets', name), `Secret ${namespace}/${name}`);
    return { secret: secretValues(object), secrets: await labelledSecrets(namespace) };
  }

  async function secretsIfReadable(): Promise<Pick<LoadedConfig, 'secret' | 'secrets'>> {
    try {
      return await secretsOf('given');
    } catch (error) {
      if (!(error instanceof CommandFailure)) throw error;
      return { secret: undefined, secrets: new Map() };
    }
  }

  /** Those that Argo CD would look into; without the right to list them there are none. */
  async function labelledSecrets(namespace: string): Promise<Map<string, SecretValues>> {
    const query = { labelSelector: 'app.kubernetes.io/part-of=argocd' };
    const list = await get(corePath(namespace, 'secrets'), `Secrets of ${namespace}`, query).catch(
      () => ({}) as JsonObject,
    );
    return byName(manifestsOf(list));
  }

  /** The ConfigMap came from a file: whoever has no cluster at hand means to give the Secret as a file, too. */
  function reachOrExplain(): void {
    try {
      cluster();
    } catch (error) {
      const mend = 'give --secret FILE, or --secret :empty for none';
      throw new CommandFailure(`the Secret is not at hand (${messageOf(error)}): ${mend}`, { cause: error });
    }
  }

  function clusterNamespace(): string {
    return source.kube.namespace || cluster().namespace;
  }

  return {
    async config(need) {
      const { object, origin, manifest } = await configMapOf();
      const secrets = need === 'wanted' ? await secretsIfReadable() : await secretsOf(need);
      const found = { configMap: configMapValues(object), ...secrets, origin, namespace: namespace() };
      return manifest ? { ...found, manifest } : found;
    },

    async application(pathOrName, kind) {
      if (await io.isFile(pathOrName)) {
        const [manifest, ...others] = readManifests(pathOrName, await read(pathOrName)).filter(
          (each) =>
            each.kind === (kind ?? 'Application') || each.kind === '' || (!kind && each.kind === setKind),
        );
        if (!manifest) throw new CommandFailure(`${pathOrName} holds no ${kind ?? 'Application'}`);
        if (others.length > 0)
          throw new CommandFailure(
            `${pathOrName} holds several ${manifest.kind || 'Application'}s: give one alone`,
          );
        return applicationOf(manifest.object, manifest.namespace || namespace());
      }
      const [, ofSet] = /^(?:applicationset|appset)s?\/(.+)$/i.exec(pathOrName) ?? [];
      if (kind === setKind || ofSet !== undefined) {
        const name = ofSet ?? pathOrName;
        const path = argoPath(clusterNamespace(), 'applicationsets', name);
        const object = await get(path, `ApplicationSet ${clusterNamespace()}/${name}`);
        return applicationOf({ ...object, kind: setKind }, clusterNamespace());
      }
      if (/[./]/.test(pathOrName) && !/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(pathOrName)) {
        throw new CommandFailure(`${pathOrName}: no such file`);
      }
      const path = argoPath(clusterNamespace(), 'applications', pathOrName);
      const object = await get(path, `Application ${clusterNamespace()}/${pathOrName}`);
      return applicationOf(object, clusterNamespace());
    },

    async list(resource, namespace) {
      const items: JsonObject[] = [];
      let continuation = '';
      do {
        const query = { limit: '500', ...(continuation === '' ? {} : { continue: continuation }) };
        const where = namespace === undefined ? 'all namespaces' : namespace;
        const page = await get(argoPath(namespace, resource), `${resource} of ${where}`, query);
        items.push(...(Array.isArray(page.items) ? page.items.filter(isObject) : []));
        continuation = textAt(page, 'metadata', 'continue');
      } while (continuation !== '');
      return items;
    },

    async tenantConfig(namespace) {
      const { configMapName, secretName } = source;
      const query = { fieldSelector: `metadata.name=${configMapName}` };
      const list = await get(corePath(namespace, 'configmaps'), `ConfigMaps of ${namespace}`, query);
      const object = Array.isArray(list.items) ? list.items.filter(isObject)[0] : undefined;
      if (object === undefined) return undefined;
      return parseConfig({
        configMap: configMapValues(object),
        secret: undefined,
        secretName,
        isTenant: true,
      });
    },

    async appProject({ project }) {
      // Only where the cluster is in use anyway: with files alone there is nothing to ask.
      if (!connection) return undefined;
      return get(argoPath(namespace(), 'appprojects', project), `AppProject ${project}`).catch(
        () => undefined,
      );
    },

    namespace: clusterNamespace,
    cluster,

    async close() {
      await connection?.close();
    },
  };
}

export async function readInput(path: string, io: CommandIo): Promise<string> {
  try {
    return path === '-' ? await io.readStdin() : await io.readFile(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const what = code === 'ENOENT' ? 'no such file' : code === 'EISDIR' ? 'is a directory' : messageOf(error);
    throw new CommandFailure(`${path}: ${what}`, { cause: error });
  }
}

/** The object of that name; the only one of its kind will do as well, for names that kustomize has changed. */
function pick(manifests: readonly Manifest[], path: string, kind: string, name: string): Manifest {
  const ofKind = manifests.filter((manifest) => manifest.kind === kind);
  const found =
    ofKind.find((manifest) => manifest.name === name) ?? (ofKind.length === 1 ? ofKind[0] : undefined);
  if (found) return found;
  const has = manifests.map((manifest) => `${manifest.kind} ${manifest.name}`).join(', ') || 'nothing';
  throw new CommandFailure(`${nameOf(path)} has no ${kind} ${name}; it has ${has}`);
}

function byName(manifests: readonly Pick<Manifest, 'name' | 'object'>[]): Map<string, SecretValues> {
  return new Map(manifests.map(({ name, object }) => [name, secretValues(object)]));
}

function manifestsOf(list: JsonObject): Pick<Manifest, 'name' | 'object'>[] {
  const items = Array.isArray(list.items) ? list.items.filter(isObject) : [];
  return items.map((object) => ({
    name: textOf(metadataOf(object).name),
    object,
  }));
}

export function nameOf(path: string): string {
  return path === '-' ? 'standard input' : path;
}

/** `data` of a ConfigMap. */
function configMapValues(object: JsonObject): Record<string, string> {
  return stringsOf(object.data);
}

const setKind = 'ApplicationSet';

function corePath(namespace: string, resource: string, name?: string): string {
  const collection = `/api/v1/namespaces/${encodeURIComponent(namespace)}/${resource}`;
  return name === undefined ? collection : `${collection}/${encodeURIComponent(name)}`;
}

function argoPath(namespace: string | undefined, resource: string, name?: string): string {
  const within = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  const collection = `/apis/argoproj.io/v1alpha1${within}/${resource}`;
  return name === undefined ? collection : `${collection}/${encodeURIComponent(name)}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
