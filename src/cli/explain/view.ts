/** What `herald explain` prints. */
import { isObject } from '../../json.ts';
import type { ExplainedPart } from '../../triggers/explain.ts';
import { lifecycleFields } from '../alert-facts.ts';
import { formatTable, oneLine, printable, timeText } from '../table.ts';
import type { Cause } from './cause.ts';
import { causeOf, causeOfSubscription, destinationText } from './causes.ts';
import type { ConditionFacts, ExplainFacts, Origin, Standing, SubscriptionFacts } from './facts.ts';

export function wideText(facts: ExplainFacts): string {
  const { application, subscriptions } = facts;
  const cause = causeOf(facts);
  const project = application.project === '' ? '' : `, project ${application.project}`;
  const blocks = [
    [`${application.kind ?? 'Application'} ${application.namespace}/${application.name}${project}`],
    [cause.sentence, ...(cause.mend === undefined ? [] : [`  ${cause.mend}`])],
    ...(subscriptions.length === 0 ? [] : [subscriptionRows(facts)]),
    ...conditionBlocks(subscriptions),
    section(
      'SILENCES',
      facts.silences.map(({ id, until, comment }) => [id, `until ${timeText(until)}`, comment]),
    ),
    section(
      'DELIVERIES',
      facts.deliveries.map(({ id, status, trigger, at, note, ...to }) => [
        id.slice(0, 12),
        status,
        timeText(at),
        `${trigger} to ${destinationText(to)}`,
        note,
      ]),
    ),
    section('MESSAGES', messageRows(subscriptions)),
    section(
      'OTHERS',
      othersOf(facts).map((text) => [text]),
    ),
    facts.problems.length === 0
      ? []
      : [
          'PROBLEMS',
          ...facts.problems.flatMap(({ key, what, fix }) => [`  ${key}: ${what}`, `      ${fix}`]),
        ],
  ];
  return printable(
    blocks
      .filter((lines) => lines.length > 0)
      .map((lines) => `${lines.join('\n')}\n`)
      .join('\n'),
  );
}

function section(title: string, rows: readonly string[][]): string[] {
  if (rows.length === 0) return [];
  const cells = rows.map((row) =>
    [`  ${row[0] ?? ''}`, ...row.slice(1)].map((cell) => cell && oneLineKept(cell)),
  );
  return [title, ...formatTable(cells).trimEnd().split('\n')];
}

/** With the blanks at its beginning. */
function oneLineKept(text: string): string {
  const [, blanks = ''] = /^( *)/.exec(text) ?? [];
  return `${blanks}${oneLine(text, 200)}`;
}

function subscriptionRows(facts: ExplainFacts): string[] {
  const rows = facts.subscriptions.map((each) => [
    each.trigger,
    destinationText(each),
    each.from.map(originText).join(' and ') || '(not known)',
    causeOfSubscription(each, facts).kind,
  ]);
  return formatTable([['TRIGGER', 'DESTINATION', 'FROM', 'WHY NOT'], ...rows])
    .trimEnd()
    .split('\n');
}

function originText({ kind, name, isDefault }: Origin): string {
  const where = kind === 'project' ? `${name} of the AppProject` : name;
  return isDefault ? `${where} (default triggers)` : where;
}

/** Each condition once, whoever is told. */
function conditionBlocks(subscriptions: readonly SubscriptionFacts[]): string[][] {
  const seen = new Map<string, { trigger: string; condition: ConditionFacts }>();
  for (const { configNamespace, trigger, conditions } of subscriptions)
    for (const condition of conditions) {
      const key = JSON.stringify([configNamespace, trigger, condition.condition.id]);
      if (!seen.has(key)) seen.set(key, { trigger, condition });
    }
  return [...seen.values()].map(({ trigger, condition }) => {
    const lifecycle = Object.entries(lifecycleFields(condition.condition))
      .map(
        ([name, value]) =>
          `${name} ${isObject(value) || Array.isArray(value) ? JSON.stringify(value) : String(value)}`,
      )
      .join(', ');
    return [
      `${trigger}: ${oneLine(condition.condition.when, 200)}`,
      `  ${resultText(condition)}${lifecycle === '' ? '' : ` (${lifecycle})`}`,
      ...partLines(condition.explained),
      ...(condition.alert ? [`  alert ${alertText(condition.alert)}`] : []),
    ];
  });
}

function resultText({ result, unknown }: ConditionFacts): string {
  if (unknown !== undefined) return `not known: ${oneLine(unknown, 200)}`;
  if (result.status === 'failed') return `fails: ${oneLine(result.error, 200)}`;
  return result.status === 'matched' ? 'matches' : 'does not match';
}

function alertText({
  key,
  state,
  since,
  firedAt,
  acknowledged,
}: NonNullable<ConditionFacts['alert']>): string {
  return [
    `${key.slice(0, 12)} ${state} since ${timeText(since)}`,
    ...(firedAt === undefined ? [] : [`fires since ${timeText(firedAt)}`]),
    ...(acknowledged ? [`acknowledged by ${oneLine(acknowledged.by)}`] : []),
  ].join(', ');
}

function partLines(explained: ExplainedPart | undefined): string[] {
  const rows = (explained?.parts ?? []).flatMap((part) => partRows(part, 2));
  return rows.length === 0 ? [] : formatTable(rows).trimEnd().split('\n');
}

function partRows({ text, result, parts }: ExplainedPart, depth: number): string[][] {
  const value = result.ok ? oneLine(result.printed, 200) : `error: ${oneLine(result.error, 200)}`;
  return [
    ['  '.repeat(depth) + oneLine(text, 120), value],
    ...parts.flatMap((inner) => partRows(inner, depth + 1)),
  ];
}

function messageRows(subscriptions: readonly SubscriptionFacts[]): string[][] {
  return subscriptions.flatMap(({ trigger, conditions, ...to }) =>
    conditions.flatMap(({ told }) =>
      told ? [[timeText(told.at), `${trigger} to ${destinationText(to)}`, told.reason ?? '']] : [],
    ),
  );
}

function othersOf({ controllers, written, store, watch }: ExplainFacts): string[] {
  return [
    ...controllers.map((each) => `The controller of argocd-notifications runs: ${each}`),
    ...(written ? [`${written.by} wrote its record on the Application at ${timeText(written.at)}`] : []),
    ...(store.state === 'unknown' ? [`The store is not known: ${store.why}`] : []),
    ...(store.state === 'open' && store.leader
      ? [`Herald on ${store.leader.host || 'this host'} leads`]
      : []),
    ...(watch.trouble === undefined ? [] : [`/readyz: ${watch.trouble}`]),
  ];
}

/** As `-o json` and `-o yaml` have it; times in RFC 3339. */
export function factsView(facts: ExplainFacts): Record<string, unknown> {
  const { application, missing, project, store, controllers, written, configMaps, watch } = facts;
  return {
    application,
    exists: missing === undefined,
    why: causeOf(facts),
    project,
    watch,
    store: store.state === 'open' ? { ...store, leader: store.leader ?? null } : store,
    configMaps,
    otherControllers: controllers,
    ...(written ? { notifiedAnnotation: { by: written.by, at: iso(written.at) } } : {}),
    subscriptions: facts.subscriptions.map((each) =>
      subscriptionView(each, causeOfSubscription(each, facts)),
    ),
    silences: facts.silences.map((each) => ({ ...each, until: iso(each.until) })),
    deliveries: facts.deliveries.map((each) => ({ ...each, at: iso(each.at) })),
    problems: facts.problems,
  };
}

function subscriptionView({ conditions, ...subscription }: SubscriptionFacts, why: Cause) {
  return {
    ...subscription,
    why,
    conditions: conditions.map(({ condition, result, unknown, explained, standing, alert, told }) => ({
      when: condition.when,
      ...(condition.oncePer === undefined ? {} : { oncePer: condition.oncePer }),
      send: condition.send,
      ...lifecycleFields(condition),
      result: unknown === undefined ? result.status : 'unknown',
      ...(result.status === 'failed' ? { error: result.error } : {}),
      ...(explained ? { parts: explained.parts.map(partView) } : {}),
      standing: standingView(standing),
      ...(alert ? { alert: alertView(alert) } : {}),
      ...(told ? { told: { ...told, at: iso(told.at) } } : {}),
    })),
  };
}

function partView({ text, result, parts }: ExplainedPart): Record<string, unknown> {
  return {
    text,
    ...(result.ok ? { value: result.printed } : { error: result.error }),
    ...(parts.length === 0 ? {} : { parts: parts.map(partView) }),
  };
}

function alertView({ key, state, severity, since, firedAt, oncePer }: NonNullable<ConditionFacts['alert']>) {
  return {
    id: key,
    state,
    severity,
    since: iso(since),
    ...(firedAt === undefined ? {} : { firedAt: iso(firedAt) }),
    ...(oncePer === '' ? {} : { oncePer }),
  };
}

const times: ReadonlySet<string> = new Set(['at', 'since', 'firesAt', 'repeatsAt', 'dueAt']);

function standingView(standing: Standing): Record<string, unknown> {
  const view = (value: object): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(value).map(([name, each]: [string, unknown]) => [
        name,
        typeof each === 'number' && times.has(name) ? iso(each) : isObject(each) ? view(each) : each,
      ]),
    );
  return view(standing);
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
