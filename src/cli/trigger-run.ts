import type { ConditionResult } from '../model.ts';
import { conditionVars } from '../triggers/schema.ts';
import type { Condition, Trigger } from '../triggers/trigger.ts';
import { formatted } from './formatted.ts';
import { type CommandIo, exitCode } from './io.ts';
import { configOf, requireNamed } from './loaded-config.ts';
import type { TriggerRunOptions } from './options.ts';
import { openSource } from './source.ts';
import { formatTable, oneLine, printable } from './table.ts';

interface Evaluated {
  condition: Condition;
  result: ConditionResult;
}

/**
 * `herald trigger run`: the table of `argocd admin notifications trigger run`, and more of each condition below it.
 * 1 if a condition failed, which in the bridge neither sends nor re-arms.
 */
export async function runTrigger(options: TriggerRunOptions, io: CommandIo): Promise<number> {
  const source = openSource(options.source, io);
  try {
    const loaded = await source.config('given');
    const config = configOf(loaded, options.source.secretName);
    const { conditions } = requireNamed<Trigger>(config, 'trigger', options.trigger, io);
    const application = await source.application(options.application);
    const vars = conditionVars({
      app: application.object,
      context: config.context,
      secrets: loaded.secret ?? {},
      appProject: (await source.appProject(application)) ?? {},
      now: io.now(),
    });
    const evaluated = conditions.map((condition) => ({ condition, result: condition.evaluate(vars) }));
    io.stdout(
      options.output === 'wide' ? tableOf(evaluated) : formatted(evaluated.map(factsOf), options.output),
    );
    return evaluated.some(({ result }) => result.status === 'failed') ? exitCode.negative : exitCode.ok;
  } finally {
    await source.close();
  }
}

function tableOf(evaluated: readonly Evaluated[]): string {
  const rows = evaluated.map(({ condition, result }) => [
    oneLine(printable(condition.when), 200),
    verdictOf(result),
  ]);
  const details = evaluated.map((one) => detailsOf(one)).filter((text) => text !== '');
  return [formatTable([['CONDITION', 'RESULT'], ...rows]), ...details].join('\n');
}

/** `true` and `false` as argocd prints them. */
function verdictOf({ status }: ConditionResult): string {
  if (status === 'failed') return 'failed';
  return String(status === 'matched');
}

function detailsOf({ condition, result }: Evaluated): string {
  const lines = [
    oneLine(printable(condition.when), 200),
    ...explanationOf(condition, result).map((line) => `  ${line}`),
  ];
  return `${lines.map(printable).join('\n')}\n`;
}

function explanationOf(condition: Condition, result: ConditionResult): string[] {
  switch (result.status) {
    case 'failed':
      return [`failed, which neither sends nor re-arms: ${result.error}`];
    case 'matched':
      return [
        ...(condition.oncePer === undefined
          ? []
          : [`once per ${condition.oncePer}, now ${oncePerText(result)}`]),
        condition.send.length === 0 ? 'sends an empty notification' : `sends ${condition.send.join(', ')}`,
      ];
    case 'unmatched':
      return ['does not match'];
  }
}

function oncePerText({ oncePer }: Extract<ConditionResult, { status: 'matched' }>): string {
  return oncePer.kind === 'value' ? JSON.stringify(oncePer.printed) : `without a value (${oncePer.kind})`;
}

function factsOf({ condition, result }: Evaluated): Record<string, unknown> {
  const { when, oncePer, send } = condition;
  return {
    when,
    result: result.status,
    ...(result.status === 'failed' ? { error: result.error } : {}),
    ...(result.status === 'matched' && result.oncePer.kind === 'value'
      ? { oncePer: result.oncePer.printed }
      : {}),
    ...(oncePer === undefined ? {} : { oncePerExpression: oncePer }),
    send,
  };
}
