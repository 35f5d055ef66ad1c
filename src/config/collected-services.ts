import type { AddressPolicy } from '../net/address-policy.ts';
import type { ServiceConfig } from './config.ts';
import { legacyServicesKey, parseLegacyServices } from './legacy-services.ts';
import type { SecretSource } from './secrets.ts';
import { type ParsedService, parseService, parseServiceKey } from './services.ts';
import type { Sources } from './sources.ts';

/** The services of a configuration by their names, of which each goes to the first that has it. */
export interface CollectedServices {
  readonly services: ReadonlyMap<string, ServiceConfig>;
  /** Also of those that are not valid, with their keys. */
  readonly keysByName: ReadonlyMap<string, string>;
  /** What the keys refer to. */
  readonly secretKeys: ReadonlySet<string>;
  /** A key `service.…`. */
  read(key: string, text: string): void;
}

/** Begins with the services of the Secret's `notifiers.yaml`. `addresses`: what a tenant's may connect to. */
export function collectServices(
  sources: Sources,
  secrets: SecretSource,
  addresses: AddressPolicy | undefined,
): CollectedServices {
  const services = new Map<string, ServiceConfig>();
  const keysByName = new Map<string, string>();
  const secretKeys = new Set<string>();

  function use(
    key: string,
    name: string | undefined,
    parsed: Pick<ParsedService, 'service' | 'problems'>,
  ): void {
    const { value } = sources.renew<ServiceConfig>(key, (before) => {
      const made = parsed.service && { ...parsed.service, ...(addresses && { addresses }) };
      // Equal ones keep the object that was in force.
      const isSame = JSON.stringify(made) === JSON.stringify(before?.value);
      return { value: isSame ? before?.value : made, problems: parsed.problems };
    });
    if (name === undefined) return;
    const other = keysByName.get(name);
    if (other !== undefined) {
      sources.report({
        key,
        severity: 'warning',
        what: `${other} has the name ${JSON.stringify(name)} already, so this service is ignored`,
        fix: 'Give one of them another name: service.<type>.<name>.',
      });
      return;
    }
    keysByName.set(name, key);
    if (value) services.set(name, value);
  }

  for (const [name, parsed] of parseLegacyServices(secrets.data))
    use(`${legacyServicesKey}/${name}`, name, parsed);
  return {
    services,
    keysByName,
    secretKeys,
    read(key, text) {
      const parsed = parseService(key, text, secrets, addresses);
      for (const name of parsed.secretKeys) secretKeys.add(name);
      use(key, parseServiceKey(key)?.name, parsed);
    },
  };
}
