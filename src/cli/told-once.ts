import { textAt } from '../json.ts';
import type { Alert, Notice, ScopedRow } from '../ledger/rows.ts';
import type { AlertView } from './alert-view.ts';
import type { OpenLedger } from './io.ts';

/**
 * What matches of conditions without an end. What is told once for each oncePer value is an event: whether it still
 * matches is not in the ledger.
 */
export async function readOnce(ledger: Pick<OpenLedger, 'rows'>): Promise<AlertView[]> {
  const found = new Map<string, { uid: string; alert: string; told: ScopedRow<'notice'>[] }>();
  for await (const rows of ledger.rows('notice')) {
    for (const row of rows) {
      const [first] = row.value.alerts;
      if (!first?.unnamed) continue;
      const id = `${row.scope} ${first.key}`;
      const known = found.get(id);
      if (known) known.told.push(row);
      else found.set(id, { uid: row.scope, alert: first.key, told: [row] });
    }
  }
  if (found.size === 0) return [];
  const applications = new Map<string, Alert['application']>();
  const wanted = new Set([...found.values()].map(({ uid }) => uid));
  for await (const rows of ledger.rows('application')) {
    for (const { value } of rows) {
      const { uid, namespace, name, object } = value;
      if (!wanted.has(uid)) continue;
      const project = textAt(object, 'spec', 'project') || 'default';
      applications.set(uid, { uid, namespace, name, project });
    }
  }
  return [...found.values()].flatMap(({ uid, alert, told }) => {
    const application = applications.get(uid);
    return application ? [onceView(alert, application, told)] : [];
  });
}

function onceView(
  key: string,
  application: Alert['application'],
  rows: readonly ScopedRow<'notice'>[],
): AlertView {
  const since = Math.min(...rows.map(({ value }) => sinceOf(value)));
  const [{ configNamespace, of }] = rows.map(({ value }) => value) as [Notice];
  return {
    alert: {
      key,
      application,
      configNamespace,
      trigger: of.trigger,
      condition: of.condition,
      oncePer: '',
      severity: '',
      labels: {},
      state: 'firing',
      since,
      firedAt: since,
      changes: [],
    },
    state: 'firing',
    notices: rows.map(({ key: notice, value }) => ({
      key: notice,
      notice: { configNamespace, destination: value.destination, createdAt: sinceOf(value) },
      told: { at: sinceOf(value), severity: '' },
    })),
    heldBy: [],
    isOnce: true,
  };
}

function sinceOf({ alerts: [first] }: Notice): number {
  return first?.since ?? 0;
}
