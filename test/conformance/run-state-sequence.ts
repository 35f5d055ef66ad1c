/** Plays a sequence of `state.json` step by step, and tells of each what became of every matched condition. */

import { readMetadata } from '../../src/cluster/kube-object.ts';
import { readApplication } from '../../src/cluster/watch-applications.ts';
import { createChangeCounter } from '../../src/episodes/change-history.ts';
import { episodeKey, oncePerValue, slotOf } from '../../src/episodes/claim.ts';
import type { Ledger } from '../../src/episodes/ledger.ts';
import { notifiedAnnotation } from '../../src/episodes/notified-annotation.ts';
import type { Application, JsonObject } from '../../src/model.ts';
import { type AlertEvaluation, evaluateApplication } from '../../src/pipeline/evaluate.ts';
import { createMemoryLedger } from '../../src/pipeline/testing/memory-ledger.ts';
import { loaded } from '../contract/ledger-fixtures.ts';
import { type Bridge, startBridge, type World } from './run-state-bridge.ts';

export interface SequenceVector {
  name: string;
  config: Record<string, string>;
  selfService: boolean;
  /** Of the ConfigMap: the controller's, or with `selfService` a tenant's. */
  apiNamespace: string;
  initialAnnotation: string | null;
  steps: SequenceStep[];
}

export interface SequenceStep {
  /** Unix seconds. */
  now: number;
  app: JsonObject;
  /** `service:recipient` whose deliveries fail in this step. */
  failing: string[];
  expect: { deliveries: ExpectedDelivery[]; annotationAfter: string | null };
}

export interface ExpectedDelivery {
  trigger: string;
  /** `[index].hash` */
  conditionKey: string;
  oncePer: string;
  service: string;
  recipient: string;
  templates: string[] | null;
  /** `sent`, `alreadyNotified` or `error: …` */
  outcome: string;
  message?: string;
}

export interface PlayedStep {
  application: Application;
  /** Also of conditions that did not match. */
  evaluations: AlertEvaluation[];
  deliveries: PlayedDelivery[];
  annotation: string | null;
}

export interface PlayedDelivery extends Omit<ExpectedDelivery, 'outcome' | 'templates'> {
  templates: string[];
  /** `error`: not delivered so far; `missing`: it matched, and nothing knows of it. */
  outcome: 'sent' | 'alreadyNotified' | 'error' | 'missing' | 'sent twice';
}

/**
 * `continuous`: one process sees all steps. `restarted`: each step is seen by a new process on the same ledger, with a
 * queue that lost its jobs. `diskless`: by a new process that has nothing but the annotation.
 */
export type Mode = 'continuous' | 'restarted' | 'diskless';

/** Under self-service the controller's own namespace is another than the tenant's. */
function controllerNamespaceOf({ selfService, apiNamespace }: SequenceVector): string {
  if (!selfService) return apiNamespace;
  return apiNamespace === 'argocd' ? 'controller' : 'argocd';
}

export async function playSequence(vector: SequenceVector, mode: Mode = 'continuous'): Promise<PlayedStep[]> {
  const world: World = { now: 0, failing: new Set(), sent: [], annotation: vector.initialAnnotation };
  const options = {
    configMap: vector.config,
    configNamespace: vector.apiNamespace,
    controllerNamespace: controllerNamespaceOf(vector),
    selfService: vector.selfService,
  };
  const imported = new Set<string>();
  let ledger = createLedger(imported);
  let bridge = startBridge(world, ledger, options);
  const played: PlayedStep[] = [];
  for (const [index, step] of vector.steps.entries()) {
    world.now = step.now * 1000;
    world.failing = new Set(step.failing);
    world.sent = [];
    if (index > 0 && mode !== 'continuous') {
      if (mode === 'diskless') ledger = createLedger(imported);
      bridge = startBridge(world, ledger, options);
      await bridge.recover();
    }
    const application = applicationOf(vector, step, world.annotation);
    await bridge.see(application);
    const evaluations = evaluate(bridge, application, world.now);
    const deliveries = await deliveriesOf(world, { ledger, imported }, application, evaluations);
    played.push({ application, evaluations, deliveries, annotation: world.annotation });
  }
  return played;
}

/** A ledger that tells the keys of what the annotation had as notified. */
function createLedger(imported: Set<string>): Ledger {
  const ledger = createMemoryLedger();
  return {
    ...ledger,
    apply(uid, change, term) {
      for (const { key, oncePer } of change.import ?? []) if (oncePer !== '') imported.add(key);
      return ledger.apply(uid, change, term);
    },
  };
}

function applicationOf(
  { selfService, apiNamespace }: SequenceVector,
  { app, now }: SequenceStep,
  annotation: string | null,
): Application {
  const object = structuredClone(app) as JsonObject & { metadata: JsonObject };
  const { metadata } = object;
  if (selfService) metadata.namespace = apiNamespace;
  const { namespace, name } = metadata as { namespace: string; name: string };
  metadata.uid ??= `${namespace}/${name}`;
  metadata.resourceVersion = String(now);
  if (annotation !== null) {
    metadata.annotations = { ...(metadata.annotations as JsonObject), [notifiedAnnotation]: annotation };
  }
  const read = readMetadata(object);
  if (read === undefined) throw new Error('the Application of a step has no name');
  return readApplication(object, read);
}

/** As the observer has just done it. */
function evaluate({ configurations }: Bridge, application: Application, now: number): AlertEvaluation[] {
  return configurations
    .of(application.namespace)
    .flatMap(
      (active) =>
        evaluateApplication(application, undefined, active, now, createChangeCounter({}, now)).evaluations,
    );
}

async function deliveriesOf(
  { sent }: World,
  { ledger, imported }: { ledger: Ledger; imported: ReadonlySet<string> },
  application: Application,
  evaluations: AlertEvaluation[],
): Promise<PlayedDelivery[]> {
  const { uid } = application;
  const episodes = new Map((await loaded(ledger, uid))?.episodes.map((episode) => [episode.key, episode]));
  const told = new Set<World['sent'][number]>();
  const deliveries = evaluations.flatMap((evaluation): PlayedDelivery[] => {
    const { result } = evaluation;
    if (result.status !== 'matched') return [];
    const oncePer = oncePerValue(result);
    const key = episodeKey(uid, slotOf(evaluation), oncePer);
    const slot = slotOf(evaluation);
    const goesOn = (oncePer === '' || oncePer === '<nil>') && episodes.has(episodeKey(uid, slot, ''));
    const episode = episodes.get(key);
    // An earlier occurrence without oncePer has the same key, and may be sent only now.
    const accepted = sent.filter(
      ({ delivery }) =>
        delivery.episode === key &&
        // The ledger need not answer a nil that others followed.
        (delivery.observedAt === episode?.openedAt || (episode === undefined && goesOn)),
    );
    for (const each of accepted) told.add(each);
    const identity = identityOf(evaluation, evaluation.send, oncePer, `[${evaluation.index}].`);
    const [first] = accepted;
    if (accepted.length > 1) return [{ ...identity, outcome: 'sent twice' }];
    if (first) {
      const isNew = first.attempt === 1;
      return [{ ...identity, outcome: 'sent', ...(isNew ? { message: first.message } : {}) }];
    }
    // The ledger need not answer a value that others followed.
    if (imported.has(key)) return [{ ...identity, outcome: 'alreadyNotified' }];
    if (episode === undefined && goesOn) return [{ ...identity, outcome: 'alreadyNotified' }];
    if (episode === undefined) return [{ ...identity, outcome: 'missing' }];
    return [{ ...identity, outcome: episode.notifiedAt === undefined ? 'error' : 'alreadyNotified' }];
  });
  const late = sent
    .filter((each) => !told.has(each))
    .map(({ delivery }): PlayedDelivery => {
      const identity = identityOf(delivery, delivery.templates, delivery.oncePer, '');
      return { ...identity, outcome: 'sent' };
    });
  return [...deliveries, ...late];
}

function identityOf(
  { trigger, condition, destination }: Pick<AlertEvaluation, 'trigger' | 'condition' | 'destination'>,
  templates: string[],
  oncePer: string,
  place: string,
): Omit<PlayedDelivery, 'outcome'> {
  const conditionKey = `${place}${condition.replace(/#\d+$/, '')}`;
  return { trigger, conditionKey, oncePer, ...destination, templates };
}
