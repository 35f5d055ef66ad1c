import { oncePerValue } from '../alerts/once-per.ts';
import { createRepoEvaluation, type RepoEvaluation } from '../argocd/evaluation.ts';
import type { Lookup } from '../argocd/lookup.ts';
import { renderWithRepo } from '../argocd/rendering.ts';
import { field, parseYaml } from '../go/yaml.ts';
import { isObject } from '../json.ts';
import type { ConditionResult } from '../model.ts';
import { type Scrub, scrubOfSecret } from '../services/secrets.ts';
import { type ExplainedPart, explain } from '../triggers/explain.ts';
import { conditionVars } from '../triggers/schema.ts';
import type { Condition, ConditionVars, Trigger } from '../triggers/trigger.ts';
import type { ConditionSources } from '../triggers/vars.ts';
import { lifecycleFields, lifecycleText, type Prospect, prospectOf } from './alert-facts.ts';
import { withArgocd } from './argocd.ts';
import { formatted } from './formatted.ts';
import { CommandFailure, type CommandIo, exitCode } from './io.ts';
import { configOf, requireNamed } from './loaded-config.ts';
import type { TriggerRunOptions } from './options.ts';
import { metadataOf, openSource, stringsOf } from './source.ts';
import { formatTable, oneLine, printable } from './table.ts';

interface Evaluated {
  condition: Condition;
  result: ConditionResult;
  /** What the condition asks that one look at the Application cannot tell; the result says nothing then. */
  unknown: string | undefined;
  /** The value of each part of a condition that does not match or fails. */
  explained: ExplainedPart | undefined;
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
    const past = createUnknownPast();
    const appProject = (await source.appProject(application)) ?? {};
    const sources = {
      ...past.sources,
      app: application.object,
      context: config.context,
      secrets: loaded.secret ?? {},
      appProject,
      now: io.now(),
    };
    const text = loaded.configMap[`trigger.${options.trigger}`] ?? '';
    const scrub = scrubOfSecret(loaded.secret);
    const prospect = (condition: Condition) =>
      prospectOf({
        trigger: options.trigger,
        condition,
        application,
        projectAnnotations: stringsOf(metadataOf(appProject).annotations),
        rules: config.rules,
        now: io.now(),
      });
    const known = { text, scrub, past, prospect };
    const evaluated = await withArgocd(
      { config, loaded, source, options: options.source },
      io,
      async (argocd) => {
        if (!argocd || kind)
          return conditions.map((condition) => evaluate(condition, conditionVars(sources), known));
        await fetchAnswers(argocd, conditions, sources);
        const repo = createRepoEvaluation(argocd, application.object, () => undefined);
        const vars = conditionVars({ ...sources, repo: repo.provider });
        return conditions.map((condition) => evaluate(condition, vars, known, repo));
      },
    );
    io.stdout(
      options.output === 'wide' ? tableOf(evaluated) : formatted(evaluated.map(factsOf), options.output),
    );
    const hasFailed = evaluated.some(({ result, unknown }) => result.status === 'failed' && !unknown);
    return hasFailed ? exitCode.negative : exitCode.ok;
  } finally {
    await source.close();
  }
}

/** Evaluates for the sake of what the conditions ask, so that it is known when they are evaluated in earnest. */
async function fetchAnswers(
  argocd: Lookup,
  conditions: readonly Condition[],
  sources: ConditionSources,
): Promise<void> {
  await renderWithRepo(argocd, sources.app, (repo) => {
    const vars = conditionVars({ ...sources, repo });
    return conditions.map((condition) => condition.evaluate(vars));
  });
}

/** The past of an Application, which `herald run` remembers and a command does not: asking for it fails, with why. */
function createUnknownPast() {
  let asked: string | undefined;
  function unknown(what: string): never {
    asked = `${what}, which herald run remembers from event to event; a command sees the Application once and cannot know it`;
    throw new Error(asked);
  }
  return {
    sources: {
      changes: () => unknown('changes asks how often a value has changed'),
      operations: {
        note: () => undefined,
        startedAfter: () => unknown('operationStartedAfter asks which operation came after a change'),
      },
    },
    /** What was asked while `run` ran. */
    during<T>(run: () => T): { result: T; asked: string | undefined } {
      asked = undefined;
      const result = run();
      return { result, asked };
    },
  };
}

interface Known {
  /** Of the key. */
  text: string;
  scrub: Scrub;
  past: ReturnType<typeof createUnknownPast>;
  prospect(condition: Condition): Prospect;
}

function evaluate(
  condition: Condition,
  vars: ConditionVars,
  { text, scrub, past, prospect }: Known,
  repo?: RepoEvaluation,
): Evaluated {
  const { result, asked } = past.during(() =>
    repo ? repo.run(() => condition.evaluate(vars)) : condition.evaluate(vars),
  );
  const isClear = result.status === 'matched' || condition.when === '';
  const explained = isClear
    ? undefined
    : explain(condition.when, vars, { safe: isSafe(text, condition.index) });
  return {
    condition,
    result: scrubbedResult(result, scrub),
    unknown: result.status === 'failed' ? asked : undefined,
    explained: explained && scrubbedPart(explained, scrub),
    prospect: result.status === 'matched' ? prospect(condition) : undefined,
  };
}

/** Errors quote what they fail at, which may be of the Secret. */
function scrubbedResult(result: ConditionResult, scrub: Scrub): ConditionResult {
  if (result.status === 'failed') return { ...result, error: scrub(result.error) };
  if (result.status !== 'matched' || result.oncePer.kind !== 'none') return result;
  const { error } = result.oncePer;
  return error === undefined ? result : { ...result, oncePer: { ...result.oncePer, error: scrub(error) } };
}

function scrubbedPart(part: ExplainedPart, scrub: Scrub): ExplainedPart {
  const { result, parts } = part;
  return {
    ...part,
    result: result.ok ? result : { ...result, error: scrub(result.error) },
    parts: parts.map((inner) => scrubbedPart(inner, scrub)),
  };
}

/** Whether the ConfigMap asks for safe access in that condition. */
function isSafe(text: string, index: number): boolean {
  const { value } = parseYaml(text);
  const entry = Array.isArray(value) ? value[index] : undefined;
  return isObject(entry) && field(entry, 'safe') === true;
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
