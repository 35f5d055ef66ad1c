/** Silences of the store, each with what it holds back. */
import type { Silence } from '../ledger/rows.ts';
import { type AlertView, readAlerts } from './alert-view.ts';
import { cell } from './alert-words.ts';
import { formatted } from './formatted.ts';
import type { OpenLedger } from './io.ts';
import type { SilenceOutput } from './options.ts';
import { formOf } from './silence-form.ts';
import { formatTable, timeText } from './table.ts';

export interface SilenceView {
  id: string;
  silence: Silence;
  state: 'pending' | 'active' | 'expired';
  /** That it holds back. */
  alerts: AlertView[];
}

/** The one that ends first first. `now`: Unix milliseconds. */
export async function readSilences(ledger: Pick<OpenLedger, 'rows' | 'load'>, now: number) {
  const byId = new Map<string, AlertView[]>();
  for (const view of await readAlerts(ledger, now))
    for (const { by, id } of view.heldBy) if (by === 'silence') add(byId, id, view);
  const views = (await ledger.load('silences', ['silence'])).map(
    ({ key, value }): SilenceView => ({
      id: key,
      silence: value,
      state: stateOf(value, now),
      alerts: byId.get(key) ?? [],
    }),
  );
  return views.toSorted((a, b) => a.silence.endsAt - b.silence.endsAt || (a.id < b.id ? -1 : 1));
}

function add(byId: Map<string, AlertView[]>, id: string, view: AlertView): void {
  const known = byId.get(id);
  if (known) known.push(view);
  else byId.set(id, [view]);
}

/** Its last millisecond belongs to it (check 43). */
function stateOf({ startsAt, endsAt }: Silence, now: number): SilenceView['state'] {
  if (endsAt < now) return 'expired';
  return startsAt > now ? 'pending' : 'active';
}

export function unknownSilence(id: string): string {
  return `there is no silence ${JSON.stringify(id)}: herald silence list shows those that are`;
}

/** One set of matchers is written as it is given; several are alternatives. */
export function matchersText({ matchers }: Silence): string {
  return matchers.map((set) => set.join(' ')).join(' or ');
}

/** As amtool's forms have them, and those of the other commands. */
export function renderSilences(views: readonly SilenceView[], output: SilenceOutput): string {
  if (output === 'name') return views.map(({ id }) => `${id}\n`).join('');
  if (output === 'json' || output === 'yaml') return formatted(views.map(formOf), output);
  if (views.length === 0) return 'No silences.\n';
  const isExtended = output === 'extended';
  const heading = ['ID', 'STATE', 'MATCHERS', ...(isExtended ? ['STARTS', 'ENDS', 'UPDATED'] : ['ENDS'])];
  const rows = views.map(({ id, silence, state, alerts }) => {
    const { startsAt, endsAt, createdBy, comment, updatedAt = startsAt, annotations = {} } = silence;
    const words = Object.entries(annotations).map(([name, value]) => `${name}=${value}`);
    return [
      id,
      state,
      matchersText(silence),
      ...(isExtended ? [timeText(startsAt), timeText(endsAt), timeText(updatedAt)] : [timeText(endsAt)]),
      `${alerts.length}`,
      createdBy,
      ...(isExtended ? [words.join(', ')] : []),
      comment,
    ].map((text) => cell(text));
  });
  const rest = ['ALERTS', 'CREATED BY', ...(isExtended ? ['ANNOTATIONS'] : []), 'COMMENT'];
  return formatTable([[...heading, ...rest], ...rows]);
}
