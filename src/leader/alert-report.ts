import type { Mute } from '../alerts/mutes.ts';
import type { Alert } from '../ledger/rows.ts';
import type { Logger } from '../log.ts';
import type { OngoingState } from '../metrics/alert-series.ts';
import type { Metrics } from '../metrics/interface.ts';
import type { Application, Delivery } from '../model.ts';

/** Log and metrics of alerts that have an end. */
export interface AlertReport {
  /** What has become of an Application's alerts, by key. */
  transitions(before: ReadonlyMap<string, Alert>, after: ReadonlyMap<string, Alert>): void;
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
  /** `into`: its new state, or why it has ended. */
  function transition({ trigger }: Alert, into: string): void {
    metrics.alertTransitions.inc({ trigger, into });
  }

  return {
    transitions(before, after) {
      for (const [key, alert] of after)
        if (before.get(key)?.state !== alert.state) transition(alert, alert.ended?.why ?? alert.state);
      for (const [key, alert] of before)
        if (alert.state === 'pending' && !after.has(key)) transition(alert, 'cancelled');
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
