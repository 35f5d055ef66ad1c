import type { Config } from '../config/config.ts';
import type { Delivery, DeliveryAlert } from '../model.ts';
import type { SendContext } from '../services/service.ts';
import { worstSeverity } from '../severities.ts';

/** Whether the delivery goes on from a message that was made before. */
export function isFollowUp({ id, ongoing }: Delivery): boolean {
  return ongoing !== undefined && ongoing.root !== id;
}

/** What a service is told of the alert; `isFirst`: nothing was sent of it before. */
export function alertContext(delivery: Delivery, isFirst: boolean): Pick<SendContext, 'alert'> {
  const { ongoing, reason, alerts, observedAt } = delivery;
  if (ongoing === undefined) return {};
  const { root, state, isSilent } = ongoing;
  const lives = alerts.flatMap(({ lifecycle }) => (lifecycle ? [lifecycle] : []));
  const ends = state === 'resolved' ? lives.flatMap(({ endedAt }) => endedAt ?? []) : [];
  return {
    alert: {
      key: root,
      state,
      reason,
      severity: worstSeverity(lives.map(({ severity }) => severity)),
      since: Math.min(...lives.map(({ since }) => since), observedAt),
      ...(ends.length > 0 ? { endedAt: Math.max(...ends) } : {}),
      isFollowUp: !isFirst && isFollowUp(delivery),
      isSilent,
    },
  };
}

/** The alerts as templates see them: also those without an end have the severity and the labels of their condition. */
export function withLives(
  { alerts, observedAt }: Delivery,
  triggers: Config['triggers'],
): [DeliveryAlert, ...DeliveryAlert[]] {
  const [first, ...others] = alerts;
  const filled = (alert: DeliveryAlert): DeliveryAlert => {
    if (alert.lifecycle) return alert;
    const conditions = triggers.get(alert.trigger)?.conditions ?? [];
    const condition = conditions.find(({ id }) => id === alert.condition);
    const { severity = '', labels = {} } = condition ?? {};
    const times = { since: observedAt, firedAt: observedAt, changes: [] };
    return { ...alert, lifecycle: { state: 'firing', severity, labels, ...times } };
  };
  return [filled(first), ...others.map(filled)];
}
