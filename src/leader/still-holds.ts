import type { Ledger } from '../ledger/ledger.ts';
import type { Delivery } from '../model.ts';

/** Whether what was sent still holds: an alert without oncePer may be over by now, and its mirrored key gone. */
export async function stillHolds(
  ledger: Pick<Ledger, 'read'>,
  { id, notice, ongoing, alerts: [{ key, oncePer, application, lifecycle }] }: Delivery,
): Promise<boolean> {
  if (lifecycle?.state === 'resolved') return false;
  if (oncePer !== '') return true;
  if (ongoing) {
    const [alert] = await ledger.read(application.uid, 'alert', [key]);
    return alert?.value.state === 'firing';
  }
  const [row] = await ledger.read(application.uid, 'notice', [notice]);
  return row?.value.alerts.some(({ delivery }) => delivery === id) ?? false;
}
