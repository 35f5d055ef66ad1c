import { type AlertView, isAmong, readAlerts } from './alert-view.ts';
import { applicationOf, cell, destinationOf, factsOf, reasonsOf, shortId, timeCell } from './alert-words.ts';
import { formatted } from './formatted.ts';
import { type CommandIo, exitCode } from './io.ts';
import type { AlertsOptions } from './options.ts';
import { formatTable, timeText } from './table.ts';

/** `herald alerts`: the open ones, the oldest first. */
export async function showAlerts(options: AlertsOptions, io: CommandIo): Promise<number> {
  const ledger = await io.openLedger(options.queue);
  try {
    const { states, about, limit, output } = options;
    const found = (await readAlerts(ledger, io.now())).filter(
      (view) => isAmong(view, states) && (about.length === 0 || about.some((each) => isAbout(view, each))),
    );
    io.stdout(render(found.slice(0, limit), output));
    if (found.length > limit)
      io.stderr(`There are ${found.length}, of which ${limit} are shown: give --limit to see more.\n`);
    return exitCode.ok;
  } finally {
    await ledger.close();
  }
}

/** Whether it is of this Application, or has this id. */
function isAbout({ alert }: AlertView, given: string): boolean {
  const isId = /^[0-9a-f]{4,}$/i.test(given) && alert.key.startsWith(given.toLowerCase());
  return isId || given === alert.application.name || given === applicationOf(alert);
}

function render(views: readonly AlertView[], output: AlertsOptions['output']): string {
  if (output === 'name') return views.map(({ alert }) => `${alert.key}\n`).join('');
  if (output !== 'wide') return formatted(views.map(factsOf), output);
  if (views.length === 0) return 'No alerts.\n';
  const heading = [
    'ID',
    'STATE',
    'SEVERITY',
    'APPLICATION',
    'TRIGGER',
    'SINCE',
    'TOLD',
    'NEXT',
    'HELD BACK BY',
  ];
  return formatTable([heading, ...views.map(rowOf)]);
}

function rowOf(view: AlertView): string[] {
  const { alert, state, notices, nextAt } = view;
  return [
    shortId(alert),
    state,
    alert.severity,
    applicationOf(alert),
    alert.trigger,
    timeText(alert.since),
    notices
      .flatMap(({ notice, told }) => (told ? [`${destinationOf(notice)} ${timeText(told.at)}`] : []))
      .join(', '),
    timeCell(nextAt),
    reasonsOf(view).join(', '),
  ].map((text) => cell(text));
}
