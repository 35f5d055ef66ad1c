/**
 * The bridge that plays the sequences of `state.json`. Configuration, observer, ledger writer, delivery and mirror of
 * the annotation are the product's; in memory are the ledger (the model that the contract suite holds the real ones
 * against), the queue, the API server, and services that accept or fail as the step says.
 */
import { notifiedAnnotation } from '../../src/alerts/notified-annotation.ts';
import { type Clock, systemClock } from '../../src/clock.ts';
import { parseInTurns } from '../../src/config/parse-config.ts';
import { type Configurations, createConfigurations } from '../../src/configurations/configurations.ts';
import { createDeliver } from '../../src/delivery/deliver.ts';
import { createFairness } from '../../src/delivery/fairness.ts';
import { createPacing } from '../../src/delivery/pacing.ts';
import type { DeliveryProcessor, DeliveryQueue } from '../../src/delivery/queue.ts';
import { createMirror } from '../../src/leader/mirror.ts';
import { createObservation } from '../../src/leader/observation.ts';
import { requeueIntents } from '../../src/leader/recover.ts';
import { stillHolds } from '../../src/leader/still-holds.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { createLog } from '../../src/log.ts';
import { createMetrics } from '../../src/metrics.ts';
import type { Application, Delivery, JsonObject } from '../../src/model.ts';
import type { Service } from '../../src/services/service.ts';

/** What outlives a process of the bridge, but for the ledger. */
export interface World {
  /** Unix milliseconds. */
  now: number;
  /** `service:recipient` whose deliveries fail. */
  failing: ReadonlySet<string>;
  /** What services accepted. */
  sent: { delivery: Delivery; attempt: number; message: string }[];
  /** Identity and text of the annotation of the one Application. */
  application?: Pick<Application, 'uid' | 'namespace' | 'name'>;
  annotation: string | null;
}

export interface Bridge {
  readonly configurations: Configurations;
  /** Queues again what the ledger holds. */
  recover(): Promise<void>;
  /** Evaluates the Application, then makes one attempt of every delivery that is under way. */
  see(application: Application): Promise<void>;
}

interface Options {
  /** `data` of the ConfigMap and its namespace: the controller's, or a tenant's under self-service. */
  configMap: Record<string, string>;
  configNamespace: string;
  controllerNamespace: string;
  selfService: boolean;
  /** Later in each process. */
  term: number;
}

interface Job {
  id: string;
  attempt: number;
}

/** The vectors' engine knew these without any being configured. */
const serviceNames = ['slack', 'email', 'webhook'];
const log = createLog({ level: 'silent', format: 'json' });
const metrics = createMetrics({ version: 'conformance', processMetrics: false });

export function startBridge(world: World, ledger: Ledger, options: Options): Bridge {
  const { controllerNamespace } = options;
  const now = () => world.now;
  const clock: Clock = { ...systemClock, now };
  const jobs = new Map<string, Job>();
  let current: Job | undefined;
  let underWay: Delivery | undefined;
  const begin: Ledger['begin'] = async (...attempt) => {
    const begun = await ledger.begin(...attempt);
    if ('delivery' in begun) underWay = begun.delivery;
    return begun;
  };

  async function add(ids: readonly string[]): Promise<void> {
    for (const id of ids) if (!jobs.has(id)) jobs.set(id, { id, attempt: 1 });
  }
  const queue: Pick<DeliveryQueue, 'add' | 'handOver' | 'missing'> = {
    add,
    handOver: add,
    missing: async (ids) => ids.filter((id) => !jobs.has(id)),
  };

  /** The time until a retry is due passes between two steps. */
  async function attemptAll(process: DeliveryProcessor): Promise<void> {
    for (const job of jobs.values()) {
      current = job;
      const { signal } = new AbortController();
      const result = await process({ ...job, waited: false, signal });
      if (result.status === 'later' && !result.counts) throw new Error('there is nothing to wait for');
      if (result.status === 'done') jobs.delete(job.id);
      job.attempt += 1;
    }
  }

  function serviceDouble(type: string): Service {
    return {
      type,
      jsonFields: [],
      async send({ message }, recipient, { deliveryId }) {
        if (world.failing.has(`${type}:${recipient}`)) {
          return { status: 'retry', reason: 'simulated', error: 'simulated delivery failure' };
        }
        if (current && underWay?.id === deliveryId)
          world.sent.push({ delivery: underWay, attempt: current.attempt, message });
        return { status: 'sent' };
      },
      close: async () => undefined,
    };
  }

  const configurations = configurationsOf(options, serviceDouble);
  const connection = annotationDouble(world);
  const mirror = createMirror({
    connection,
    configurations,
    controllerNamespace,
    load: async () => [],
    log,
    clock,
  });
  const { observer, settled } = createObservation(
    {
      store: Promise.resolve({ ledger, queue, term: options.term }),
      shown: () => undefined,
      configurations,
      project: () => undefined,
      mirror,
      onEnd: () => undefined,
      metrics,
      log,
      // Every step of the vectors evaluates; between them nothing does.
      clock: { ...systemClock, now, after: () => () => undefined },
    },
    {
      controllerNamespace,
      imports: true,
      writes: 1,
      backlogLimit: 1_000,
      // The gate has a group of its own, `refresh`.
      isRefreshed: () => true,
    },
  );
  const deliver = createDeliver(
    {
      ledger: { ...ledger, begin },
      configurations,
      queue,
      pacing: createPacing(),
      fairness: createFairness({ places: 10, wake: async () => false, clock }),
      members: () => 1,
      project: () => undefined,
      onSent: async (delivery) => {
        if (await stillHolds(ledger, delivery)) mirror.sent(delivery);
      },
      onParked: () => undefined,
      metrics,
      log,
      clock,
    },
    { maxAge: Number.MAX_SAFE_INTEGER, attemptTimeout: 60_000, controllerNamespace },
  );

  return {
    configurations,
    recover: async () => void (await requeueIntents({ ledger, queue, log })),
    async see(application) {
      world.application = application;
      observer.observe({ application, kind: 'seen', observedAt: now() });
      await settled();
      await attemptAll(deliver);
      // Nothing of the mirror waits for more than promises that are kept already.
      await new Promise(setImmediate);
    },
  };
}

function configurationsOf(
  { configMap: data, configNamespace: namespace, controllerNamespace, selfService }: Options,
  serviceDouble: (name: string) => Service,
): Configurations {
  const services = new Map(
    serviceNames.map(
      (name) => [name, { key: `service.${name}`, type: name, name, options: {}, settings: {} }] as const,
    ),
  );
  const configurations = createConfigurations(
    {
      *parse({ configMap }) {
        return { ...(yield* parseInTurns({ configMap: configMap?.data, secret: {} })), services };
      },
      createService: ({ name }) => ({ service: serviceDouble(name), problems: [] }),
      record: () => undefined,
      metrics,
      log,
    },
    { controllerNamespace, selfService },
  );
  const configMap = { uid: 'config', name: 'argocd-notifications-cm', resourceVersion: '1', data };
  configurations.update({ namespace, configMap, secret: new Map(), labelledSecrets: new Map() });
  return configurations;
}

/** An API server that holds one Application, and of that one annotation. */
function annotationDouble(world: World): Parameters<typeof createMirror>[0]['connection'] {
  return {
    async json({ method = 'GET', body }) {
      if (method === 'PATCH') {
        const { annotations } = (body as { metadata: { annotations: Record<string, string | null> } })
          .metadata;
        world.annotation = annotations[notifiedAnnotation] ?? null;
      }
      const annotations: JsonObject =
        world.annotation === null ? {} : { [notifiedAnnotation]: world.annotation };
      return { metadata: { ...world.application, resourceVersion: '1', annotations } } as JsonObject;
    },
  };
}
