import type { ClusterEvent } from '../cluster/events.ts';
import type { ConfigSnapshot } from '../cluster/watch-config.ts';
import type { Config, ServiceConfig } from '../config/config.ts';
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { Problem } from '../model.ts';
import { createScrub, type Scrub } from '../services/secrets.ts';
import type { Service } from '../services/service.ts';

/** A configuration in force and the services that it describes. */
export interface ActiveConfig {
  namespace: string;
  config: Config;
  /** By the name that destinations use. */
  services: ReadonlyMap<string, Service>;
  /** Values of the Secret, for conditions and templates; absent under self-service, as in argocd-notifications. */
  secrets?: Readonly<Record<string, Uint8Array>>;
  /** Takes out of an error what a template or a condition may have made of the Secret. */
  scrub: Scrub;
}

/** The configurations of the controller's namespace and, under self-service, of tenants. */
export interface Configurations {
  /** Takes what the watch says of a namespace. What is wrong in it is reported once per change. */
  update(snapshot: ConfigSnapshot): ConfigChange;
  /** Those that act for Applications of a namespace: its own first, then the controller's, as in argocd-notifications. */
  of(namespace: string): ActiveConfig[];
  get(configNamespace: string): ActiveConfig | undefined;
  close(): Promise<void>;
}

/** Names of what is new or other than before in the configuration of a namespace. */
export interface ConfigChange {
  namespace: string;
  services: ReadonlySet<string>;
  templates: ReadonlySet<string>;
}

interface Deps {
  /** `config/parse-config.ts` with its compilers. */
  parse(snapshot: ConfigSnapshot, previous: Config | undefined): Config;
  createService(
    source: ServiceConfig,
    configNamespace: string,
  ): { service?: Service; problems: { what: string; fix: string; severity: Problem['severity'] }[] };
  record(event: ClusterEvent): void;
  metrics: Pick<Metrics, 'setConfigProblems'>;
  log: Logger;
}

interface Options {
  controllerNamespace: string;
  selfService: boolean;
}

interface Held {
  active: ActiveConfig;
  sources: ReadonlyMap<string, ServiceConfig>;
  /** Problems told already. */
  told: ReadonlySet<string>;
}

export function createConfigurations(deps: Deps, options: Options): Configurations {
  const { log } = deps;
  const held = new Map<string, Held>();

  function buildServices(config: Config, namespace: string, before: Held | undefined) {
    const services = new Map<string, Service>();
    const problems: Problem[] = [];
    for (const [name, source] of config.services) {
      const unchanged = before?.sources.get(name) === source ? before.active.services.get(name) : undefined;
      const built = unchanged
        ? { service: unchanged }
        : source.sendable
          ? build(source, namespace, problems)
          : {};
      if (built.service) services.set(name, built.service);
    }
    for (const [name, service] of before?.active.services ?? []) {
      if (services.get(name) !== service) closeQuietly(service);
    }
    return { services, problems };
  }

  function build(source: ServiceConfig, namespace: string, problems: Problem[]): { service?: Service } {
    const { type, name } = source;
    const built = deps.createService(source, namespace);
    if (built.service) return { service: built.service };
    const key = name === type ? `service.${type}` : `service.${type}.${name}`;
    problems.push(...built.problems.map(({ what, fix, severity }) => ({ key, what, fix, severity })));
    return {};
  }

  function closeQuietly(service: Service): void {
    service.close().catch((error: unknown) => log.warn({ err: error }, 'Service did not close'));
  }

  function report(
    snapshot: ConfigSnapshot,
    problems: readonly Problem[],
    before: ReadonlySet<string>,
  ): Set<string> {
    const { namespace, configMap } = snapshot;
    deps.metrics.setConfigProblems(namespace, problems);
    const told = new Set<string>();
    for (const problem of problems) {
      const text = describe(problem);
      told.add(text);
      if (before.has(text)) continue;
      const { severity, ...fields } = problem;
      log.warn({ namespace, severity, ...fields }, 'Problem in the configuration');
      if (!configMap) continue;
      const { uid, name } = configMap;
      deps.record({
        subject: { apiVersion: 'v1', kind: 'ConfigMap', namespace, name, uid },
        type: 'Warning',
        reason: severity === 'error' ? 'InvalidConfiguration' : 'QuestionableConfiguration',
        message: text,
      });
    }
    const solved = [...before].filter((text) => !told.has(text)).length;
    if (solved > 0)
      log.info({ namespace, solved, left: told.size }, 'Problems in the configuration are gone');
    return told;
  }

  return {
    update(snapshot) {
      const { namespace, configMap, secret } = snapshot;
      const isController = namespace === options.controllerNamespace;
      if (!isController && (!options.selfService || !configMap)) {
        drop(namespace);
        return { namespace, services: new Set(), templates: new Set() };
      }
      if (isController && !configMap) log.warn({ namespace }, 'ConfigMap not found: nothing is notified');
      const before = held.get(namespace);
      const config = deps.parse(snapshot, before?.active.config);
      const { services, problems } = buildServices(config, namespace, before);
      const secrets: Pick<ActiveConfig, 'secrets'> = options.selfService
        ? {}
        : { secrets: Object.fromEntries(secret ?? []) };
      const told = report(snapshot, [...config.problems, ...problems], before?.told ?? new Set());
      held.set(namespace, {
        active: { namespace, config, services, ...secrets, scrub: scrubOf(secrets.secrets) },
        sources: config.services,
        told,
      });
      log.info(
        {
          namespace,
          services: services.size,
          triggers: config.triggers.size,
          templates: config.templates.size,
        },
        'Configuration in force',
      );
      return {
        namespace,
        services: changed(services, before?.active.services),
        templates: changed(config.templates, before?.active.config.templates),
      };
    },
    of(namespace) {
      const controller = held.get(options.controllerNamespace);
      const own = namespace === options.controllerNamespace ? undefined : held.get(namespace);
      return [own, controller].flatMap((entry) => (entry ? [entry.active] : []));
    },
    get: (namespace) => held.get(namespace)?.active,
    async close() {
      const services = [...held.values()].flatMap(({ active }) => [...active.services.values()]);
      await Promise.allSettled(services.map((service) => service.close()));
    },
  };

  function drop(namespace: string): void {
    const entry = held.get(namespace);
    if (!entry) return;
    held.delete(namespace);
    deps.metrics.setConfigProblems(namespace, []);
    for (const service of entry.active.services.values()) closeQuietly(service);
  }
}

function scrubOf(secrets: Readonly<Record<string, Uint8Array>> = {}): Scrub {
  return createScrub(Object.values(secrets).map((value) => Buffer.from(value).toString()));
}

function changed<T>(now: ReadonlyMap<string, T>, before: ReadonlyMap<string, T> | undefined): Set<string> {
  return new Set([...now].filter(([name, value]) => before?.get(name) !== value).map(([name]) => name));
}

/** `trigger.on-deployed, line 3, column 9: what. Fix.` */
function describe({ key, line, column, what, fix }: Problem): string {
  const at = [
    key,
    ...(line === undefined ? [] : [`line ${line}`]),
    ...(column === undefined ? [] : [`column ${column}`]),
  ];
  return `${at.join(', ')}: ${what}. ${fix}`;
}
