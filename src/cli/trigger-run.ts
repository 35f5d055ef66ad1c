import { oncePerValue } from '../alerts/once-per.ts';
import type { ConditionResult } from '../model.ts';
import { scrubOfSecret } from '../services/secrets.ts';
import type { ExplainedPart } from '../triggers/explain.ts';
import type { Condition, Trigger } from '../triggers/trigger.ts';
import { lifecycleFields, lifecycleText, type Prospect, prospectOf } from './alert-facts.ts';
import { withArgocd } from './argocd.ts';
import { type EvaluatedCondition, evaluateConditions } from './evaluated.ts';
import { formatted } from './formatted.ts';
import { CommandFailure, type CommandIo, exitCode } from './io.ts';
import { configOf, requireNamed } from './loaded-config.ts';
import { metadataOf, stringsOf } from './object-values.ts';
import type { TriggerRunOptions } from './options.ts';
import { openSource } from './source.ts';
import { formatTable, oneLine, printable } from './table.ts';

interface Evaluated extends EvaluatedCondition {
  /** Of one that matches. */
  prospect: Prospect | undefined;
}

/**
 * `herald trigger run`: the table of `argocd admin notifications trigger run`, and more of each condition below it.
 * 1 if a condition failed, which in the bridge neither sends nor re-arms. One that asks about the past is `unknown`.
 */
export async function runTrigger(options: TriggerRunOptions, io: CommandIo): Promise<number> {
  const source = openSource(options.source, io);
  try {
    const loaded = await source.config('given');
    const config = configOf(loaded, options.source.secretName);
    const { conditions, kind } = requireNamed<Trigger>(config, 'trigger', options.trigger, io);
    const application = await source.application(options.application, kind);
    if (application.kind !== kind)
      throw new CommandFailure(
        `trigger ${options.trigger} is evaluated for ${kind ?? 'Application'}s, and ${options.application} is an ${application.kind ?? 'Application'}`,
      );
    const appProject = (await source.appProject(application)) ?? {};
    const now = io.now();
    const evaluatedConditions = await withArgocd(
      { config, loaded, source, options: options.source },
      io,
      (argocd) =>
        evaluateConditions(conditions, {
          app: application.object,
          context: config.context,
          secrets: loaded.secret ?? {},
          appProject,
          now,
          // Its functions ask about the sources of an Application, which an ApplicationSet has not.
          argocd: kind ? undefined : argocd,
          scrub: scrubOfSecret(loaded.secret),
        }),
    );
    const projectAnnotations = stringsOf(metadataOf(appProject).annotations);
    const about = { trigger: options.trigger, application, projectAnnotations, rules: config.rules, now };
    const evaluated = evaluatedConditions.map((one) => ({
      ...one,
      prospect:
        one.result.status === 'matched' ? prospectOf({ ...about, condition: one.condition }) : undefined,
    }));
    io.stdout(
      options.output === 'wide' ? tableOf(evaluated) : formatted(evaluated.map(factsOf), options.output),
    );
    const hasFailed = evaluated.some(({ result, unknown }) => result.status === 'failed' && !unknown);
    return hasFailed ? exitCode.negative : exitCode.ok;
  } finally {
    await source.close();
  }
}

function tableOf(evaluated: readonly Evaluated[]): string {
  const rows = evaluated.map(({ condition, result, unknown }) => [
    oneLine(printable(condition.when), 200),
    unknown === undefined ? verdictOf(result) : 'unknown',
  ]);
  const details = evaluated.map((one) => detailsOf(one)).filter((text) => text !== '');
  return [formatTable([['CONDITION', 'RESULT'], ...rows]), ...details].join('\n');
}

/** `true` and `false` as argocd prints them. */
function verdictOf({ status }: ConditionResult): string {
  if (status === 'failed') return 'failed';
  return String(status === 'matched');
}

function detailsOf(evaluated: Evaluated): string {
  const { condition } = evaluated;
  const lines = explanationOf(evaluated).map((line) => `  ${line}`);
  return printable(`${[oneLine(condition.when, 200), ...lines].join('\n')}\n`);
}

function explanationOf({ condition, result, unknown, explained, prospect }: Evaluated): string[] {
  if (unknown !== undefined) return [`not known: ${unknown}`, ...partLines(explained)];
  switch (result.status) {
    case 'failed':
      return [`failed, which neither sends nor re-arms: ${result.error}`, ...partLines(explained)];
    case 'matched':
      return [
        ...(condition.oncePer === undefined
          ? []
          : [`once per ${oneLine(condition.oncePer, 200)}, now ${oncePerText(result)}`]),
        condition.send.length === 0 ? 'sends an empty notification' : `sends ${condition.send.join(', ')}`,
        ...(prospect ? prospectLines(condition, prospect) : []),
      ];
    case 'unmatched':
      return [unmatchedText(explained), ...partLines(explained)];
  }
}

function prospectLines(condition: Condition, { since, firesAt, heldBy, group }: Prospect): string[] {
  const text = lifecycleText(condition);
  return [
    ...(condition.lifecycle ? [`has an end: ${text}`] : []),
    ...(since === undefined ? [] : [`matches since ${since}`]),
    ...(firesAt === undefined ? [] : [`fires at ${firesAt}, if it goes on to match`]),
    ...(group === undefined ? [] : [`told in a group: ${group}`]),
    ...heldBy.map((what) => `held back: ${what}`),
  ].map((line) => oneLine(line, 200));
}

/** Only a real `true` matches, which surprises where an expression answers something else. */
function unmatchedText(explained: ExplainedPart | undefined): string {
  const value = explained?.result.ok ? explained.result.printed : 'false';
  return value === 'false'
    ? 'does not match'
    : `does not match: it is ${oneLine(value)}, and only true matches`;
}

function partLines(explained: ExplainedPart | undefined): string[] {
  const rows = (explained?.parts ?? []).flatMap((part) => partRows(part, 1));
  return rows.length === 0 ? [] : formatTable(rows).trimEnd().split('\n');
}

function partRows(part: ExplainedPart, depth: number): string[][] {
  const { text, result, parts } = part;
  const value = result.ok ? oneLine(result.printed, 200) : `error: ${oneLine(result.error, 200)}`;
  return [
    ['  '.repeat(depth) + oneLine(text, 120), value],
    ...parts.flatMap((inner) => partRows(inner, depth + 1)),
  ];
}

/** What tells the matches apart in the bridge, or why nothing does. */
function oncePerText(result: Extract<ConditionResult, { status: 'matched' }>): string {
  const { oncePer } = result;
  if (oncePer.kind === 'none') {
    const reason = oncePer.error === undefined ? 'it is empty' : `it fails: ${oncePer.error}`;
    return `without a value (${reason}), as if there were no oncePer`;
  }
  const value = JSON.stringify(oncePerValue(result));
  return oncePer.kind === 'nil' ? `${value}: it is nil, which never varies` : value;
}

function factsOf({ condition, result, unknown, explained, prospect }: Evaluated): Record<string, unknown> {
  const { when, oncePer, send } = condition;
  return {
    when,
    result: unknown === undefined ? result.status : 'unknown',
    ...(result.status === 'failed' ? { error: result.error } : {}),
    ...(result.status === 'matched' ? oncePerFacts(result) : {}),
    ...(oncePer === undefined ? {} : { oncePerExpression: oncePer }),
    send,
    ...lifecycleFields(condition),
    ...(prospect && (condition.lifecycle || prospect.heldBy.length > 0 || prospect.group)
      ? { alert: prospect }
      : {}),
    ...(explained ? { parts: explained.parts.map(partFacts) } : {}),
  };
}

function oncePerFacts(result: Extract<ConditionResult, { status: 'matched' }>): Record<string, unknown> {
  const { oncePer } = result;
  if (oncePer.kind === 'none') return oncePer.error === undefined ? {} : { oncePerError: oncePer.error };
  return { oncePer: oncePerValue(result) };
}

function partFacts({ text, result, parts }: ExplainedPart): Record<string, unknown> {
  return {
    text,
    ...(result.ok ? { value: result.printed } : { error: result.error }),
    ...(parts.length === 0 ? {} : { parts: parts.map(partFacts) }),
  };
}
