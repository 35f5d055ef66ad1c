/** Plays a sequence of `state.json` step by step, and tells of each what became of every matched condition. */

import { createChangeCounter } from '../../src/alerts/change-history.ts';
import { openNotices } from '../../src/alerts/decide.ts';
import { noticeKey, slotOf, toldKey } from '../../src/alerts/keys.ts';
import { notifiedAnnotation } from '../../src/alerts/notified-annotation.ts';
import { oncePerValue } from '../../src/alerts/once-per.ts';
import { readMetadata } from '../../src/cluster/kube-object.ts';
import { readApplication } from '../../src/cluster/watch-applications.ts';
import { type AlertEvaluation, evaluateApplication } from '../../src/leader/evaluate.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import type { Application, DeliveryFacts, JsonObject } from '../../src/model.ts';
import { createMemoryLedger } from '../../src/testing/memory-ledger.ts';
import { all } from '../contract/ledger-fixtures.ts';
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
  let ledger = createMemoryLedger();
  let bridge = startBridge(world, ledger, { ...options, term: 1 });
  const played: PlayedStep[] = [];
  for (const [index, step] of vector.steps.entries()) {
    world.now = step.now * 1000;
    world.failing = new Set(step.failing);
    world.sent = [];
    if (index > 0 && mode !== 'continuous') {
      if (mode === 'diskless') ledger = createMemoryLedger();
      bridge = startBridge(world, ledger, { ...options, term: 1 + index });
      await bridge.recover();
    }
    const application = applicationOf(vector, step, world.annotation);
    await bridge.see(application);
    const evaluations = evaluate(bridge, application, world.now);
    const deliveries = await deliveriesOf(world, ledger, application, evaluations);
    played.push({ application, evaluations, deliveries, annotation: world.annotation });
  }
  return played;
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
  ledger: Ledger,
  application: Application,
  evaluations: AlertEvaluation[],
): Promise<PlayedDelivery[]> {
  const { uid } = application;
  const notices = openNotices(await ledger.load(uid, ['notice']));
  const toldBefore = new Set((await ledger.load(uid, ['told'])).map(({ key }) => key));
  const parked = (await all(ledger.parked())).map(({ delivery }) => delivery);
  const undelivered = [...(await all(ledger.pending())), ...parked];
  const told = new Set<World['sent'][number]>();
  const deliveries = evaluations.flatMap((evaluation): PlayedDelivery[] => {
    const { result } = evaluation;
    if (result.status !== 'matched') return [];
    const oncePer = oncePerValue(result);
    const notice = noticeKey(uid, slotOf(evaluation));
    const alerts = notices.get(slotOf(evaluation))?.alerts ?? [];
    const isSame = (delivery: DeliveryFacts) =>
      delivery.notice === notice && delivery.alerts[0].oncePer === oncePer;
    const unnamed = alerts.find((each) => each.unnamed);
    const alert = alerts.find((each) => each.oncePer === oncePer) ?? unnamed;
    // A value that only names the alert is told with that; one of an earlier match comes late. Any other value is told
    // once, whenever it matched first. What began without one is of the same notice as earlier occurrences.
    const isNamed = unnamed !== undefined && alert !== unnamed && alert?.since === unnamed.since;
    const isOnce = oncePer !== '' && (alert !== unnamed || alert?.oncePer !== oncePer);
    const accepted = sent.filter(
      ({ delivery }) => !isNamed && isSame(delivery) && (isOnce || delivery.id === alert?.delivery),
    );
    for (const each of accepted) told.add(each);
    const identity = identityOf(evaluation, evaluation.send, oncePer, `[${evaluation.index}].`);
    const [first] = accepted;
    if (accepted.length > 1) return [{ ...identity, outcome: 'sent twice' }];
    if (first) {
      const isNew = first.attempt === 1;
      return [{ ...identity, outcome: 'sent', ...(isNew ? { message: first.message } : {}) }];
    }
    if (alert === undefined && !toldBefore.has(toldKey(notice, oncePer)))
      return [{ ...identity, outcome: 'missing' }];
    const isWaiting =
      !isNamed && undelivered.some((each) => isSame(each) && (oncePer !== '' || each.id === alert?.delivery));
    return [{ ...identity, outcome: isWaiting ? 'error' : 'alreadyNotified' }];
  });
  const late = sent
    .filter((each) => !told.has(each))
    .map(({ delivery }): PlayedDelivery => {
      const [alert] = delivery.alerts;
      const identity = identityOf({ ...delivery, ...alert }, delivery.templates, alert.oncePer, '');
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
