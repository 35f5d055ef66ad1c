import type { DeliveredLifecycle, Delivery, DeliveryAlert, JsonObject, OngoingMessage } from '../model.ts';

export interface ToldAlert extends Partial<DeliveredLifecycle> {
  name?: string;
  trigger?: string;
}

/** An alert as a delivery tells of it: `shop` has been degraded since an hour before `now`. */
function toldAlert(
  now: number,
  { name = 'shop', trigger = 'on-degraded', ...life }: ToldAlert = {},
): DeliveryAlert {
  return {
    key: `key-${name}`,
    trigger,
    condition: 'condition-0',
    oncePer: '',
    application: { uid: `uid-${name}`, namespace: 'argocd', name, project: 'retail' },
    lifecycle: {
      state: 'firing',
      severity: 'critical',
      labels: { team: 'payments' },
      since: now - 3_600_000,
      firedAt: now - 3_540_000,
      changes: [],
      ...life,
    },
  };
}

export interface ToldParts extends Partial<Pick<Delivery, 'id' | 'reason' | 'templates' | 'destination'>> {
  ongoing?: Partial<OngoingMessage>;
  alerts?: readonly ToldAlert[];
  status?: JsonObject;
}

/** A delivery of an ongoing notice: its first message, unless said. */
export function toldDelivery(now: number, parts: ToldParts = {}): Delivery {
  const { id = 'root', reason = 'first', templates = [], status = {}, ongoing } = parts;
  const { destination = { service: 'console', recipient: 'ops' } } = parts;
  const alerts = (parts.alerts ?? [{}]).map((each) => toldAlert(now, each));
  const count = (state: string) => alerts.filter(({ lifecycle }) => lifecycle?.state === state).length;
  const snapshots = alerts.map(
    ({ application: { name, namespace } }): JsonObject => ({
      metadata: { name, namespace },
      status,
    }),
  );
  const [first] = alerts;
  const [snapshot] = snapshots;
  if (!first || !snapshot) throw new Error('A delivery tells of an alert');
  return {
    id,
    lane: 'lane',
    notice: 'notice',
    reason,
    ongoing: {
      root: 'root',
      state: count('firing') > 0 ? 'firing' : 'resolved',
      isSilent: false,
      firing: count('firing'),
      resolved: count('resolved'),
      ...ongoing,
    },
    alerts: [first, ...alerts.slice(1)],
    snapshots: [snapshot, ...snapshots.slice(1)],
    destination,
    templates,
    configNamespace: 'argocd',
    observedAt: now,
  };
}
