/** Everything that `herald explain` looks at, from the cluster, the store and the running bridge. */
import { createChangeCounter } from '../../alerts/change-history.ts';
import { silenceProblems } from '../../alerts/silence-annotations.ts';
import { operationOf } from '../../application.ts';
import { deletedOf, deletionWindow, isApplicationSet, withDeleted } from '../../application-set.ts';
import type { Lookup } from '../../argocd/lookup.ts';
import { createWatchScope } from '../../cluster/scope.ts';
import { isSyncStatusRefreshed } from '../../cluster/sync-status.ts';
import { isObject, textAt } from '../../json.ts';
import type { Application, Problem } from '../../model.ts';
import { scrubOfSecret } from '../../services/secrets.ts';
import { subscriptionProblems } from '../../subscriptions/problems.ts';
import { parseSelector } from '../../subscriptions/selector.ts';
import { withArgocd } from '../argocd.ts';
import { evaluateConditions } from '../evaluated.ts';
import { type CommandIo, NothingKept, type OpenLedger } from '../io.ts';
import { configOf } from '../loaded-config.ts';
import { metadataOf, stringsOf } from '../object-values.ts';
import type { ExplainOptions } from '../options.ts';
import type { Source } from '../source.ts';
import { bridgeTrouble } from './bridge-trouble.ts';
import type { Acting, Context } from './context.ts';
import { deliveryViews } from './delivery-views.ts';
import type { ConditionFacts, ExplainFacts, StoreFacts, SubscriptionFacts, WatchFacts } from './facts.ts';
import {
  type Found,
  findApplication,
  meantBy,
  readProject,
  resourceOf,
  statusOf,
} from './find-application.ts';
import { decidedOf, type LedgerFacts, readLedger, standingOf } from './ledger-facts.ts';
import { otherControllers } from './others.ts';
import { isAllowed, rightText } from './rights.ts';
import { createRulesView } from './rules-view.ts';
import { isAbout, isPassedOver, subscribedOf, troubleOf } from './subscribed.ts';

export async function gather(options: ExplainOptions, source: Source, io: CommandIo): Promise<ExplainFacts> {
  const found = await findApplication(options, source, io);
  const { identity, forbidden } = found;
  const [acting, watch, controllers] = await Promise.all([
    configurations(options, source, identity.namespace),
    watchFacts(options, source, io, found),
    // Nobody else sends notifications of ApplicationSets.
    found.isFile || identity.kind ? [] : otherControllers(source.cluster(), source.namespace()),
  ]);
  const lookedFor = `ConfigMap ${found.isFile ? options.source.configMapName : `${source.namespace()}/${options.source.configMapName}`}`;
  const base = {
    application: identity,
    watch: { ...watch, forbidden: [...forbidden, ...watch.forbidden] },
    controllers,
    configMaps: acting.map(
      ({ namespace, loaded }) => loaded?.origin ?? `ConfigMap ${namespace}/${options.source.configMapName}`,
    ),
    lookedFor,
  };
  const { store, ledger, facts } = await openStore(options, io, found.application);
  const application = found.application && withNoted(found.application, facts, io.now());
  try {
    if (!application) {
      const missing = forbidden.length > 0 ? {} : { missing: { meant: await meantBy(identity, source) } };
      const nothing = { subscriptions: [], problems: [], typos: [], silences: [], deliveries: [] };
      return { ...base, ...nothing, ...missing, isRead: false, project: 'unknown', store };
    }
    const read = found.isFile ? 'unknown' : await readProject(source, application);
    const project = isObject(read) ? read : undefined;
    const { written } = found;
    const context: Context = { application, project, acting, facts, ledger, options, source, io };
    const subscriptions = await subscriptionsOf(context);
    const own = [...problemsOf(application, acting), ...silenceProblems(application)];
    const keys = new Set(subscriptions.map(({ trigger }) => `trigger.${trigger}`));
    const problems = [
      ...own,
      ...acting.flatMap(({ config }) => config.problems.filter(({ key }) => keys.has(key))),
    ];
    const origins = new Set(subscriptions.flatMap(({ from }) => from.map(({ name }) => name)));
    return {
      ...base,
      isRead: true,
      project: isObject(read) ? 'found' : read,
      store,
      ...(written ? { written } : {}),
      subscriptions,
      typos: problemsOf(application, acting).filter(
        ({ key }) => !origins.has(key.replace(/^annotation /, '')),
      ),
      problems,
      silences: await createRulesView(context).silences(),
      deliveries: facts ? deliveryViews(facts) : [],
    };
  } finally {
    await ledger?.close();
  }
}

/** Its own namespace's first, as the bridge asks them. None: there is no ConfigMap. */
async function configurations(
  { source: from, selfService }: ExplainOptions,
  source: Source,
  namespace: string,
): Promise<Acting[]> {
  const acting: Acting[] = [];
  try {
    const loaded = await source.config('wanted');
    const config = configOf(loaded, from.secretName);
    acting.push({
      namespace: loaded.namespace,
      config,
      loaded: selfService ? { ...loaded, secret: {} } : loaded,
    });
  } catch (error) {
    if (statusOf(error) !== 404) throw error;
  }
  if (selfService && namespace !== acting[0]?.namespace) {
    const config = await source.tenantConfig(namespace);
    if (config) acting.unshift({ namespace, config });
  }
  return acting;
}

async function watchFacts(
  { applicationNamespaces, appLabelSelector, bridge }: ExplainOptions,
  source: Source,
  io: CommandIo,
  { identity, application, isFile }: Found,
): Promise<WatchFacts> {
  const none = { isWatched: true, namespaces: [], selector: '', isSelected: true, forbidden: [] };
  if (isFile) return none;
  const scope = createWatchScope(source.namespace(), applicationNamespaces);
  const selector = parseSelector(appLabelSelector);
  const where = scope.onlyOwn ? { namespace: scope.namespace } : {};
  const watched = { group: 'argoproj.io', resource: resourceOf(identity.kind), ...where };
  const rights = [{ verb: 'list', ...watched } as const, { verb: 'watch', ...watched } as const];
  const answers = await Promise.all(rights.map((right) => isAllowed(source.cluster(), right)));
  // Readiness waits for Applications alone.
  const trouble = identity.kind ? undefined : await bridgeTrouble(io, bridge);
  // The selector is about Applications.
  const isSelected =
    identity.kind !== undefined ||
    !application ||
    !selector.ok ||
    selector.selector.matches(application.labels);
  return {
    isWatched: scope.includes(identity.namespace),
    namespaces: [...new Set([scope.namespace, ...applicationNamespaces])],
    selector: appLabelSelector,
    isSelected,
    forbidden: rights.filter((_right, index) => answers[index] === false).map(rightText),
    ...(trouble === undefined ? {} : { trouble }),
  };
}

/** An ApplicationSet with what the bridge has noted of its Applications, as conditions of the bridge see it. */
function withNoted(application: Application, facts: LedgerFacts | undefined, now: number): Application {
  const { object } = application;
  const isGoing = textAt(object, 'metadata', 'deletionTimestamp') !== '';
  if (!isApplicationSet(object) || !facts?.object || isGoing) return application;
  const noted = deletedOf(facts.object);
  const isRecent = Date.parse(noted[0]?.deletedAt ?? '') + deletionWindow > now;
  return isRecent ? { ...application, object: withDeleted(object, noted) } : application;
}

async function openStore(
  { queue }: ExplainOptions,
  io: CommandIo,
  application: Application | undefined,
): Promise<{ store: StoreFacts; ledger?: OpenLedger; facts?: LedgerFacts }> {
  if (queue === 'memory:')
    return { store: { state: 'unknown', why: 'it is in the memory of the Herald that runs' } };
  let ledger: OpenLedger | undefined;
  try {
    ledger = await io.openLedger(queue);
    const facts = await readLedger(ledger, application?.uid ?? '', application?.kind !== undefined);
    const decided = decidedOf(facts, application?.resourceVersion ?? '');
    return { store: { state: 'open', leader: facts.leader, decided }, ledger, facts };
  } catch (error) {
    await ledger?.close();
    if (error instanceof NothingKept) return { store: { state: 'unknown', why: error.message } };
    return { store: { state: 'away', error: (error as Error).message } };
  }
}

function problemsOf(application: Application, acting: readonly Acting[]): Problem[] {
  return subscriptionProblems({ kind: 'Application', ...application }, acting);
}

async function subscriptionsOf(context: Context): Promise<SubscriptionFacts[]> {
  const { application, project, acting, options, source, io } = context;
  const projectAnnotations = stringsOf(metadataOf(project).annotations);
  const configs = acting.map(({ config }) => config);
  const found: SubscriptionFacts[] = [];
  const inTrouble = new Set<string>();
  for (const each of acting) {
    const { config, namespace, loaded } = each;
    const evaluate = (argocd: Lookup | undefined) => async () => {
      for (const { trigger, destination, from } of subscribedOf(application, projectAnnotations, config)) {
        if (options.trigger !== '' && trigger !== options.trigger) continue;
        const subscription = { configNamespace: namespace, trigger, destination, from };
        if (isPassedOver(subscription, application, configs)) continue;
        const trouble = troubleOf(subscription, configs, application.kind);
        const key = JSON.stringify([trigger, destination]);
        if (trouble && !inTrouble.has(key)) found.push({ ...subscription, trouble, conditions: [] });
        if (trouble) inTrouble.add(key);
        const isOurs = isAbout(config, trigger, application.kind) && config.services.has(destination.service);
        if (!trouble && isOurs)
          found.push({
            ...subscription,
            conditions: await conditionsOf(subscription, each, context, argocd),
          });
      }
    };
    if (loaded)
      await withArgocd({ config, loaded, source, options: options.source }, io, (argocd) =>
        evaluate(argocd)(),
      );
    else await evaluate(undefined)();
  }
  return found;
}

async function conditionsOf(
  { trigger, destination }: Pick<SubscriptionFacts, 'trigger' | 'destination'>,
  { namespace, config, loaded }: Acting,
  context: Context,
  argocd: Lookup | undefined,
): Promise<ConditionFacts[]> {
  const { application, project, facts, ledger, io } = context;
  const { object, uid } = application;
  const conditions = config.triggers.get(trigger)?.conditions ?? [];
  const now = io.now();
  const counter = facts && createChangeCounter(facts.history, now, operationOf(object).startedAt);
  const evaluated = await evaluateConditions(conditions, {
    app: object,
    context: config.context,
    secrets: loaded?.secret ?? {},
    appProject: project ?? {},
    now,
    argocd,
    scrub: scrubOfSecret(loaded?.secret),
    ...(counter ? { past: { counter, keyOf: ({ id }) => `${namespace}/${trigger}/${id}` } } : {}),
  });
  const rules = createRulesView(context);
  const isStale = !isSyncStatusRefreshed(object);
  const found: ConditionFacts[] = [];
  for (const one of evaluated) {
    const { condition, result } = one;
    const slot = { configNamespace: namespace, trigger, condition: condition.id, destination };
    const { repeat, for: pendingFor = 0 } = condition.lifecycle ?? {};
    const known: Pick<ConditionFacts, 'standing' | 'alert' | 'told'> =
      facts && ledger
        ? await standingOf(facts, { ...slot, uid, result, repeat, pendingFor }, ledger)
        : { standing: { kind: 'none' as const } };
    const standing =
      known.standing.kind === 'none' && result.status === 'matched'
        ? await rules.standing({ config, trigger, destination, condition, alert: known.alert })
        : known.standing;
    const { alert, told } = known;
    found.push({ ...one, standing, isStale, ...(alert ? { alert } : {}), ...(told ? { told } : {}) });
  }
  return found;
}
