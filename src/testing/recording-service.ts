import type { Notification, Outcome } from '../model.ts';
import type { SendContext, Service } from '../services/service.ts';

export interface Sent {
  recipient: string;
  notification: Notification;
  deliveryId: string;
}

export interface RecordingService extends Service {
  readonly sent: Sent[];
  /** Of each attempt: what it was told of earlier ones. */
  readonly asked: SendContext['earlier'][];
  /** Of each attempt: the alert that it was told of. */
  readonly alerts: SendContext['alert'][];
  readonly closed: boolean;
  /** What the next attempts come to, in order; then each is sent. */
  outcomes: (Outcome | Promise<Outcome>)[];
}

/** Remembers what it accepted, so that it knows of an earlier attempt, and whether it was closed. */
export function createRecordingService(type: string, shape: Partial<Service> = {}): RecordingService {
  const sent: Sent[] = [];
  const asked: SendContext['earlier'][] = [];
  const alerts: SendContext['alert'][] = [];
  let closed = false;
  const service: RecordingService = {
    type,
    jsonFields: [],
    ...shape,
    sent,
    asked,
    alerts,
    outcomes: [],
    get closed() {
      return closed;
    },
    async send(notification: Notification, recipient: string, { deliveryId, earlier, alert }: SendContext) {
      asked.push(earlier);
      alerts.push(alert);
      if (earlier && sent.some((each) => each.deliveryId === deliveryId)) {
        return { status: 'sent', earlier: 'found' };
      }
      const outcome = (await service.outcomes.shift()) ?? { status: 'sent' };
      if (outcome.status === 'sent') sent.push({ recipient, notification, deliveryId });
      return outcome;
    },
    async close() {
      closed = true;
    },
  };
  return service;
}
