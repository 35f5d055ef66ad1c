import { field, parseYaml } from '../go/yaml.ts';
import { isObject } from '../json.ts';
import type { Json, JsonObject, Problem } from '../model.ts';
import { validateOptions } from '../services/schema.ts';
import { schemaOf } from '../services/schemas.ts';
import type { ServiceConfig } from './config.ts';
import { type SecretData, valueOf } from './secrets.ts';

export interface LegacyService {
  service?: ServiceConfig;
  value?: ServiceConfig;
  problems: Problem[];
}

export const legacyServicesKey = 'notifiers.yaml';

/**
 * The Secret's key `notifiers.yaml`, which Argo CD still reads: services by type, webhooks as a list with names.
 * They win over `service.*` keys of the same name. Everything in it is secret, so that messages quote nothing.
 */
export function parseLegacyServices(secret: SecretData | undefined): Map<string, LegacyService> {
  const services = new Map<string, LegacyService>();
  const text = valueOf(secret, legacyServicesKey) ?? '';
  if (text === '') return services;
  const document = parseYaml(text);
  const [problem] = document.problems;
  if (problem || !isObject(document.value ?? {})) {
    const what = 'the key of the Secret is no YAML mapping';
    const fix = 'Correct it, or move its services to service.<type> keys of the ConfigMap.';
    const { line, column } = problem ?? { line: 1, column: 1 };
    const key = legacyServicesKey;
    return services.set('', { problems: [{ key, severity: 'error', line, column, what, fix }] });
  }
  const root = (document.value ?? {}) as JsonObject;
  for (const type of ['email', 'slack', 'opsgenie', 'grafana']) {
    const options = field(root, type);
    if (options !== undefined && options !== null) services.set(type, legacyService(type, type, options));
  }
  const webhooks = field(root, 'webhook');
  for (const options of Array.isArray(webhooks) ? webhooks : []) {
    if (!isObject(options)) continue;
    const name = field(options, 'name');
    const { [name === undefined ? '' : 'name']: _name, ...rest } = options;
    if (typeof name === 'string') services.set(name, legacyService('webhook', name, rest));
  }
  return services;
}

function legacyService(type: string, name: string, options: Json): LegacyService {
  const problems: Problem[] = [
    {
      key: legacyServicesKey,
      severity: 'warning',
      what: `the key of the Secret is deprecated (service ${name})`,
      fix: `Move it to service.${type === name ? type : `${type}.${name}`} of the ConfigMap, and keep only tokens in the Secret.`,
    },
  ];
  const schema = schemaOf(type);
  const settings = schema && validateOptions(schema, options).options;
  if (schema !== undefined && settings === undefined) {
    const what = `the options of service ${name} are not valid`;
    problems.push({
      key: legacyServicesKey,
      severity: 'error',
      what,
      fix: 'Compare them with the documentation of the service.',
    });
    return { problems };
  }
  const service = { key: legacyServicesKey, type, name, options, settings };
  return { service, problems };
}
