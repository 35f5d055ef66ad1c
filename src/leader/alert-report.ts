import type { Mute } from '../alerts/mutes.ts';
import type { Alert } from '../ledger/rows.ts';
import type { Logger } from '../log.ts';
import type { OngoingState } from '../metrics/alert-series.ts';
import type { Metrics } from '../metrics/interface.ts';
import type { Application, Delivery } from '../model.ts';

/** Log and metrics of alerts that have an end. */
export interface AlertReport {
  /** `into`: its new state, or why it has ended. */
  transition(alert: Alert, into: string): void;
  /** The alerts of an Application, and what holds each back. */
  states(application: Application, alerts: Iterable<Alert>, muteOf: (alert: Alert) => Mute | undefined): void;
  message(delivery: Delivery): void;
}

interface Deps {
  metrics: Pick<Metrics, 'setOngoingAlerts' | 'alertTransitions' | 'notices' | 'noticeSize'>;
  log: Logger;
}

const heldStates = { silence: 'silenced', mute: 'muted', inhibit: 'inhibited' } as const;

export function createAlertReport({ metrics, log }: Deps): AlertReport {
  return {
    transition({ trigger }, into) {
      metrics.alertTransitions.inc({ trigger, into });
    },
    states(application, alerts, muteOf) {
      const stateOf = (alert: Alert): OngoingState => {
        if (alert.state === 'pending') return 'pending';
        const mute = muteOf(alert);
        if (mute) return heldStates[mute.by];
        return alert.acknowledged ? 'acknowledged' : 'firing';
      };
      const open = [...alerts].filter(({ state }) => state !== 'resolved');
      metrics.setOngoingAlerts(
        application,
        open.map((alert) => ({ trigger: alert.trigger, severity: alert.severity, state: stateOf(alert) })),
      );
    },
    message({ id, notice, reason, ongoing, alerts, destination }) {
      const [first] = alerts;
      const { firing = 0, resolved = 0, groupLabels } = ongoing ?? {};
      const { service, recipient } = destination;
      metrics.notices.inc({ reason, service });
      metrics.noticeSize.observe(firing + resolved);
      log.info(
        {
          delivery: id,
          notice,
          reason,
          service,
          recipient,
          firing,
          resolved,
          ...(groupLabels
            ? { group: groupLabels }
            : {
                trigger: first.trigger,
                application: `${first.application.namespace}/${first.application.name}`,
                alert: first.key,
              }),
        },
        'To be told',
      );
    },
  };
}
