import type { WatchScope } from '../cluster/scope.ts';
import type { ConfigSnapshot } from '../cluster/watch-config.ts';
import { type Config, parseInTurns } from '../config/parse-config.ts';
import { createAddressPolicy } from '../net/address-policy.ts';
import { compileTemplate } from '../templates/schema.ts';
import { compileTrigger } from '../triggers/schema.ts';

/** Reads what the watch says of a namespace, yielding the characters that were read; all but the controller's are tenants', and bounded as such. */
export function createParse(options: {
  scope: Pick<WatchScope, 'namespace'>;
  secretName: string;
  tenantServiceAddresses: readonly string[];
}): (snapshot: ConfigSnapshot, previous: Config | undefined) => Generator<number, Config> {
  const addresses = createAddressPolicy(options.tenantServiceAddresses);
  return ({ namespace, configMap, secret, labelledSecrets }, previous) =>
    parseInTurns(
      {
        configMap: configMap?.data,
        secret: Object.fromEntries(secret ?? []),
        secrets: new Map([...labelledSecrets].map(([name, data]) => [name, Object.fromEntries(data)])),
        secretName: options.secretName,
        ...(namespace === options.scope.namespace ? {} : { isTenant: true, addresses }),
        ...(previous ? { previous } : {}),
      },
      { compileTrigger, compileTemplate },
    );
}
