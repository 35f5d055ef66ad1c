import type { Row } from '../ledger/rows.ts';
import { noticeOf, toldRow } from './decide.ts';
import { alertKey, noticeKey, slotOf } from './keys.ts';
import type { ImportedAlert } from './notified-annotation.ts';

/** What the ledger holds once these are imported, and the keys of its rows that tell of oncePer values. */
export function rowsOfImport(
  uid: string,
  imported: readonly ImportedAlert[],
  now: number,
): { rows: Row<'notice' | 'told'>[]; told: ReadonlySet<string> } {
  const bySlot = Map.groupBy(imported, slotOf);
  const told = imported
    .filter(({ oncePer }) => oncePer !== '')
    .map((alert) => toldRow(noticeKey(uid, slotOf(alert)), alert, now));
  const notices = [...bySlot].flatMap(([slot, alerts]): Row<'notice'>[] => {
    const [first] = alerts;
    if (!first) return [];
    const plain = alerts.find(({ oncePer }) => oncePer === '');
    const open = plain
      ? [{ key: alertKey(uid, plain), oncePer: '', since: plain.since, unnamed: true as const }]
      : [];
    const valued = alerts.some(({ oncePer }) => oncePer !== '') ? (true as const) : undefined;
    return [{ kind: 'notice', key: noticeKey(uid, slot), value: noticeOf(first, open, valued) }];
  });
  return { rows: [...notices, ...told], told: new Set(told.map(({ key }) => key)) };
}
