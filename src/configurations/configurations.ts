/**
 * The configurations in force, the operator's and those of tenants, with the services that they describe and the
 * budget of each. It may import the leaves, `config/` and the ground.
 */
import { type Clock, systemClock } from '../clock.ts';
import type { ClusterEvent } from '../cluster/events.ts';
import type { ConfigSnapshot } from '../cluster/watch-config.ts';
import type { Config, ServiceConfig } from '../config/config.ts';
import type { Logger } from '../log.ts';
import type { ConfiguredNames } from '../metrics/configured-series.ts';
import type { Metrics } from '../metrics/interface.ts';
import type { Problem } from '../model.ts';
import { type Scrub, scrubOfSecret } from '../services/secrets.ts';
import type { Service } from '../services/service.ts';
import { createProblemReport, describe } from './problem-report.ts';
import { bounded, missingRights } from './snapshot-problems.ts';

/** A configuration in force and the services that it describes. */
export interface ActiveConfig {
  namespace: string;
  config: Config;
  /** By the name that destinations use. */
  services: ReadonlyMap<string, Service>;
  /** Values of the Secret, for conditions and templates; absent under self-service, as in argocd-notifications. */
  secrets?: Readonly<Record<string, Uint8Array>>;
  /** It is none of the operator's. */
  isTenant?: true;
  /** Takes out of an error what a template or a condition may have made of the Secret. */
  scrub: Scrub;
}

/** The configurations of the controller's namespace and, under self-service, of tenants. */
export interface Configurations {
  /** Takes what the watch says of a namespace. What is wrong in it is reported once per change. */
  update(snapshot: ConfigSnapshot): ConfigChange;
  /**
   * The same while other work gets its turns: what was in force stays until all of it is read. One at a time, in order;
   * undefined for what something newer has overtaken, or what came after `close`.
   */
  updateInTurns(snapshot: ConfigSnapshot): Promise<ConfigChange | undefined>;
  /** Resolves when everything taken so far is in force. */
  settled(): Promise<void>;
  /** The configurations that act for Applications of a namespace: its own first, then the controller's, as in argocd-notifications. */
  of(namespace: string): ActiveConfig[];
  get(configNamespace: string): ActiveConfig | undefined;
  /** Reports what shows only when a configuration is used, once, as a problem of it until it changes. */
  complain(configNamespace: string, problem: Problem): void;
  /** The controller's first. */
  all(): ActiveConfig[];
  close(): Promise<void>;
}

/** Names of what is new or other than before in the configuration of a namespace. */
export interface ConfigChange {
  namespace: string;
  services: ReadonlySet<string>;
  templates: ReadonlySet<string>;
}

interface Deps {
  /** `config/parse-config.ts` with its compilers. Yields the characters that were read. */
  parse(snapshot: ConfigSnapshot, previous: Config | undefined): Generator<number, Config>;
  createService(
    source: ServiceConfig,
    configNamespace: string,
  ): { service?: Service; problems: { what: string; fix: string; severity: Problem['severity'] }[] };
  record(event: ClusterEvent): void;
  metrics: Pick<Metrics, 'setConfigLoaded' | 'setConfigured' | 'forgetConfig'>;
  log: Logger;
  /** @defaultValue systemClock */
  clock?: Clock;
}

interface Options {
  controllerNamespace: string;
  selfService: boolean;
}

interface Held {
  active: ActiveConfig;
  sources: ReadonlyMap<string, ServiceConfig>;
  snapshot: ConfigSnapshot;
  problems: readonly Problem[];
  /** Problems told already. */
  told: ReadonlySet<string>;
}

/** Characters of a configuration that are read before other work gets its turn: some tens of milliseconds. */
const turnSize = 8 * 1024;

export function createConfigurations(deps: Deps, options: Options): Configurations {
  const { log } = deps;
  const report = createProblemReport(deps);
  const held = new Map<string, Held>();

  function buildServices(config: Config, namespace: string, before: Held | undefined) {
    const services = new Map<string, Service>();
    const problems: Problem[] = [];
    for (const [name, source] of config.services) {
      const unchanged = before?.sources.get(name) === source ? before.active.services.get(name) : undefined;
      const built = unchanged ? { service: unchanged } : build(source, namespace, problems);
      if (built.service) services.set(name, built.service);
    }
    for (const [name, service] of before?.active.services ?? []) {
      if (services.get(name) !== service) closeQuietly(service);
    }
    return { services, problems };
  }

  function build(source: ServiceConfig, namespace: string, problems: Problem[]): { service?: Service } {
    const { key } = source;
    const built = deps.createService(source, namespace);
    if (built.service) return { service: built.service };
    problems.push(...built.problems.map(({ what, fix, severity }) => ({ key, what, fix, severity })));
    return {};
  }

  function closeQuietly(service: Service): void {
    service.close().catch((error: unknown) => log.warn({ err: error }, 'Service did not close'));
  }

  function* taken(snapshot: ConfigSnapshot): Generator<number, ConfigChange> {
    const { namespace, configMap, secret } = snapshot;
    const isController = namespace === options.controllerNamespace;
    if (!isController && (!options.selfService || !configMap)) {
      drop(namespace);
      return { namespace, services: new Set(), templates: new Set() };
    }
    if (isController && !configMap) log.warn({ namespace }, 'ConfigMap not found: nothing is notified');
    const { read, left } = isController ? { read: snapshot, left: [] } : bounded(snapshot);
    const config = yield* deps.parse(read, held.get(namespace)?.active.config);
    // What was said of it meanwhile, as `complain` does, is said.
    const before = held.get(namespace);
    const { services, problems } = buildServices(config, namespace, before);
    const secrets: Pick<ActiveConfig, 'secrets'> = options.selfService
      ? {}
      : { secrets: Object.fromEntries(secret ?? []) };
    const all = [...config.problems, ...problems, ...left, ...missingRights(snapshot, config)];
    const told = report(snapshot, all, before?.told ?? new Set());
    const tenant = isController ? {} : { isTenant: true as const };
    held.set(namespace, {
      active: { namespace, config, services, ...secrets, ...tenant, scrub: scrubOfSecret(secrets.secrets) },
      sources: config.services,
      snapshot,
      problems: all,
      told,
    });
    deps.metrics.setConfigured(namespace, { names: namesOf(config), isTenant: !isController });
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
  }

  /** The newest of each namespace: an older one that still waits is not read. */
  const newest = new Map<string, ConfigSnapshot>();
  let queue: Promise<unknown> = Promise.resolve();
  let closed = false;

  async function takeInTurns(snapshot: ConfigSnapshot): Promise<ConfigChange | undefined> {
    if (closed || newest.get(snapshot.namespace) !== snapshot) return undefined;
    newest.delete(snapshot.namespace);
    const steps = taken(snapshot);
    let size = 0;
    for (;;) {
      const { done, value } = steps.next();
      if (done) return value;
      size += value;
      if (size < turnSize) continue;
      size = 0;
      await (deps.clock ?? systemClock).turn();
      if (closed) return undefined;
    }
  }

  return {
    update(snapshot) {
      const steps = taken(snapshot);
      for (;;) {
        const { done, value } = steps.next();
        if (done) return value;
      }
    },
    updateInTurns(snapshot) {
      newest.set(snapshot.namespace, snapshot);
      const change = queue.then(() => takeInTurns(snapshot));
      queue = change.catch(() => undefined);
      return change;
    },
    async settled() {
      await queue;
    },
    of(namespace) {
      const controller = held.get(options.controllerNamespace);
      const own = namespace === options.controllerNamespace ? undefined : held.get(namespace);
      return [own, controller].flatMap((entry) => (entry ? [entry.active] : []));
    },
    get: (namespace) => held.get(namespace)?.active,
    complain(namespace, problem) {
      const entry = held.get(namespace);
      if (!entry || entry.told.has(describe(problem))) return;
      const problems = [...entry.problems, problem];
      held.set(namespace, { ...entry, problems, told: report(entry.snapshot, problems, entry.told) });
    },
    all() {
      const first = held.get(options.controllerNamespace);
      const others = [...held.values()].filter((entry) => entry !== first);
      return [...(first ? [first] : []), ...others].map(({ active }) => active);
    },
    async close() {
      closed = true;
      const services = [...held.values()].flatMap(({ active }) => [...active.services.values()]);
      await Promise.allSettled(services.map((service) => service.close()));
    },
  };

  function drop(namespace: string): void {
    const entry = held.get(namespace);
    if (!entry) return;
    held.delete(namespace);
    deps.metrics.forgetConfig(namespace);
    deps.metrics.setConfigured(namespace, undefined);
    for (const service of entry.active.services.values()) closeQuietly(service);
  }
}

function namesOf({ triggers, templates, services }: Config): ConfiguredNames {
  return { triggers: triggers.keys(), templates: templates.keys(), services: services.keys() };
}

function changed<T>(now: ReadonlyMap<string, T>, before: ReadonlyMap<string, T> | undefined): Set<string> {
  return new Set([...now].filter(([name, value]) => before?.get(name) !== value).map(([name]) => name));
}
