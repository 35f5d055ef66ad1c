/**
 * `KubeConfig` of `@kubernetes/client-node` without the clients that are generated for every API of Kubernetes: 800
 * modules that nothing here calls, and that cost 55 MiB and a quarter of the time of a start.
 */
import { registerHooks } from 'node:module';

const configuration = '@kubernetes/client-node/dist/config.js';
/** What `makeApiClient` alone uses of them. */
const instead =
  'data:text/javascript,export const createConfiguration = undefined, ServerConfiguration = undefined;';

// Where a later version of the library loads them otherwise, they are loaded.
const hooks = registerHooks({
  resolve(specifier, context, next) {
    const isGenerated = specifier === './gen/index.js' && context.parentURL?.endsWith(configuration);
    return isGenerated ? { url: instead, format: 'module', shortCircuit: true } : next(specifier, context);
  },
});

export const { KubeConfig } = await import('@kubernetes/client-node/dist/config.js');
export type KubeConfig = InstanceType<typeof KubeConfig>;

hooks.deregister();
