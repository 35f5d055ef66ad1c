/**
 * `KubeConfig` of `@kubernetes/client-node` without what it loads and Herald does not use, or only for some kubeconfigs:
 * the clients that are generated for every API of Kubernetes, which are 800 modules, and some packages of its own. They
 * would cost 75 MiB and half of the time of a start.
 */
import { registerHooks } from 'node:module';

const folder = '@kubernetes/client-node/dist/';

/** What stands in place of a module, by who imports it. `whole` is the URL of the module itself, as text. */
const instead: Readonly<Record<string, Readonly<Record<string, (whole: string) => string>>>> = {
  'config.js': {
    // What `makeApiClient` alone uses of them.
    './gen/index.js': () => 'export const createConfiguration = undefined, ServerConfiguration = undefined;',
    // It is given JSON.
    'js-yaml': () => 'export const { parse: load } = JSON;',
    hpagent: (whole) => agents(whole, ['HttpProxyAgent', 'HttpsProxyAgent']),
    socks: (whole) => agents(whole, ['SocksClient']),
    'socks-proxy-agent': (whole) => agents(whole, ['SocksProxyAgent']),
    // Imported as modules, these bring a second copy of undici with them.
    'node:http': builtin,
    'node:https': builtin,
  },
  'azure_auth.js': { 'jsonpath-plus': jsonPath },
  'gcp_auth.js': { 'jsonpath-plus': jsonPath },
  'oidc_auth.js': { 'openid-client': openId, 'node:https': builtin },
};

/** Classes of a package that is loaded with the first object. */
function agents(whole: string, names: readonly string[]): string {
  const classes = names.map(
    (name) => `export const ${name} = new Proxy(class {}, {
      construct: (_, given) => Reflect.construct(load()[${JSON.stringify(name)}], given),
      get: (_, member) => load()[${JSON.stringify(name)}][member],
    });`,
  );
  return [loading(whole), ...classes].join('\n');
}

function jsonPath(whole: string): string {
  return `${loading(whole)} export const JSONPath = (...given) => load().JSONPath(...given);`;
}

function openId(whole: string): string {
  return `const load = () => import(${whole});
    export const customFetch = Symbol('customFetch');
    export async function discovery(server, id, metadata, authentication, options) {
      const oidc = await load();
      const own = options && { [oidc.customFetch]: options[customFetch] };
      // It hands over a text, which openid-client does not take.
      return oidc.discovery(new URL(server), id, metadata, authentication, own);
    }
    export const refreshTokenGrant = async (...given) => (await load()).refreshTokenGrant(...given);`;
}

function builtin(whole: string): string {
  return `export default process.getBuiltinModule(${whole});`;
}

function loading(whole: string): string {
  return `const { createRequire } = process.getBuiltinModule('node:module');
    const load = () => createRequire(${whole})(process.getBuiltinModule('node:url').fileURLToPath(${whole}));`;
}

// Where a later version of the library loads them otherwise, they are loaded.
const hooks = registerHooks({
  resolve(specifier, context, next) {
    const [, importer = ''] = context.parentURL?.split(folder) ?? [];
    const sourceOf = instead[importer]?.[specifier];
    if (sourceOf === undefined) return next(specifier, context);
    const source = sourceOf(JSON.stringify(next(specifier, context).url));
    const url = `data:text/javascript,${encodeURIComponent(source)}`;
    return { url, format: 'module', shortCircuit: true };
  },
});

export const { KubeConfig } = await import('@kubernetes/client-node/dist/config.js');
export type KubeConfig = InstanceType<typeof KubeConfig>;

hooks.deregister();
