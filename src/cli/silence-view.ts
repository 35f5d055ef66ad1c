/** Silences of the store, each with what it holds back. */
import type { Silence } from '../ledger/rows.ts';
import { type AlertView, readAlerts } from './alert-view.ts';
import type { OpenLedger } from './io.ts';

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
    for (const { by, id } of view.heldBy) if (by === 'silence') byId.set(id, [...(byId.get(id) ?? []), view]);
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
