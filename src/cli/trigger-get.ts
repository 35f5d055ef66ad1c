import type { Trigger } from '../triggers/trigger.ts';
import { lifecycleFields, lifecycleText } from './alert-facts.ts';
import { formatted } from './formatted.ts';
import { type CommandIo, exitCode } from './io.ts';
import { configOf, requireNamed } from './loaded-config.ts';
import type { GetOptions } from './options.ts';
import { openSource } from './source.ts';
import { formatTable, oneLine, printable } from './table.ts';

/** `herald trigger get`: as `argocd admin notifications trigger get` prints them. */
export async function getTriggers(options: GetOptions, io: CommandIo): Promise<number> {
  const source = openSource(options.source, io);
  try {
    const config = configOf(await source.config('given'), options.source.secretName);
    const { name } = options;
    const triggers =
      name === undefined
        ? [...config.triggers.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
        : [requireNamed<Trigger>(config, 'trigger', name, io)];
    io.stdout(render(triggers, options.output));
    return exitCode.ok;
  } finally {
    await source.close();
  }
}

function render(triggers: readonly Trigger[], output: GetOptions['output']): string {
  if (output === 'name') return triggers.map(({ name }) => `${name}\n`).join('');
  if (output !== 'wide')
    return formatted(Object.fromEntries(triggers.map((trigger) => [trigger.name, facts(trigger)])), output);
  const hasLives = triggers.some(({ conditions }) => conditions.some(({ lifecycle }) => lifecycle));
  const rows = triggers.flatMap(({ name, conditions }) =>
    conditions.map((condition, i) => [
      i === 0 ? name : '',
      condition.send.join(', '),
      // A column that argocd does not have.
      ...(hasLives ? [oneLine(printable(lifecycleText(condition)), 200)] : []),
      oneLine(printable(condition.when), 200),
    ]),
  );
  return formatTable([['NAME', 'TEMPLATE', ...(hasLives ? ['ALERT'] : []), 'CONDITION'], ...rows]);
}

/** The fields of the ConfigMap, those without a value left out. */
function facts({ conditions }: Trigger): Record<string, unknown>[] {
  return conditions.map((condition) => {
    const { when, oncePer, description, send } = condition;
    return {
      ...(oncePer === undefined ? {} : { oncePer }),
      when,
      ...(description === undefined ? {} : { description }),
      ...(send.length === 0 ? {} : { send }),
      ...lifecycleFields(condition),
    };
  });
}
