import type { ReflectorState } from '../cluster/reflector-state.ts';
import { createConfigWatch } from '../cluster/watch-config.ts';
import { createProjectWatch } from '../cluster/watch-projects.ts';
import type { LeadingTerm } from '../leader/term.ts';
import type { JsonObject } from '../model.ts';
import type { Configuring } from './configuring.ts';
import type { BridgeDeps, BridgeOptions } from './options.ts';

/** What every replica watches: AppProjects, ConfigMaps and Secrets. */
export interface Watching {
  start(): void;
  stop(): Promise<unknown>;
  /** Resolves when all are listed, and the configurations are in force. */
  ready(): Promise<unknown>;
  states(): ReflectorState[];
  /** The AppProject of an Application. */
  project(application: { project: string }): JsonObject | undefined;
  projects(): Iterable<Parameters<LeadingTerm['subscriptions']['check']>[1]>;
  /** The uid of the AppProject `default`, which every Argo CD has for as long as it lives. */
  defaultProjectUid(): string | undefined;
  /** There are Applications in the namespace. */
  lookInto(namespace: string): void;
}

interface Deps
  extends Pick<BridgeDeps, 'connection' | 'clock' | 'log'>,
    Pick<Configuring, 'configurations' | 'revive'> {
  term(): LeadingTerm | undefined;
  reevaluate: LeadingTerm['observer']['reevaluate'];
}

export function createWatching(deps: Deps, options: BridgeOptions): Watching {
  const { connection, configurations, revive, term, reevaluate, clock, log } = deps;
  const { namespace } = options.scope;
  const projects = createProjectWatch(
    { connection, log, clock },
    {
      namespace,
      handlers: {
        upsert(changed) {
          term()?.subscriptions.check('AppProject', changed);
          void reevaluate(({ project }) => project === changed.name);
        },
        delete(last) {
          term()?.subscriptions.forget(last.uid);
          void reevaluate(({ project }) => project === last.name);
        },
      },
    },
  );
  const config = createConfigWatch(
    { connection, log, clock },
    {
      ...options,
      async changed(snapshot) {
        const change = await configurations.updateInTurns(snapshot);
        if (!change) return;
        const isOurs = snapshot.namespace === namespace;
        void reevaluate((application) => isOurs || application.namespace === snapshot.namespace);
        void term()?.subscriptions.recheck();
        void revive(snapshot, change);
      },
    },
  );
  return {
    start() {
      config.start();
      projects.start();
    },
    stop: () => Promise.all([projects.stop(), config.stop()]),
    ready: () => Promise.all([config.ready().then(configurations.settled), projects.ready()]),
    states: () => [projects.state(), ...config.states()],
    project: (application) => projects.get(namespace, application.project)?.object,
    projects: projects.values,
    defaultProjectUid: () => projects.get(namespace, 'default')?.uid,
    lookInto: config.lookInto,
  };
}
