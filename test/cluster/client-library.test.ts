import { registerHooks } from 'node:module';
import { expect, it } from 'vitest';

it("loads none of the generated clients of Kubernetes' APIs", async () => {
  const loaded: string[] = [];
  const hooks = registerHooks({
    load(url, context, next) {
      loaded.push(url);
      return next(url, context);
    },
  });
  const { KubeConfig } = await import('../../src/cluster/client-library.ts');
  hooks.deregister();
  const ofLibrary = loaded.filter((url) => url.includes('/@kubernetes/client-node/'));
  expect(ofLibrary.filter((url) => url.endsWith('/dist/config.js'))).toHaveLength(1);
  expect(ofLibrary.filter((url) => /\/gen\/(?:apis|models|types)\//.test(url))).toEqual([]);
  expect(new KubeConfig().getContexts()).toEqual([]);
});
