import { briefOf } from '../application-brief.ts';
import type { Alert, HeldBy, OngoingNotice } from '../ledger/rows.ts';
import {
  type DeliveredLifecycle,
  type Delivery,
  type DeliveryAlert,
  type JsonObject,
  mostAlertsShown,
} from '../model.ts';
import type { Message } from './notice.ts';

/** An alert that is told of, and its Application as it is or was last. */
export interface Shown {
  readonly alert: Alert;
  readonly object: JsonObject;
}

interface About {
  /** Of the delivery, of its lane, and of the notice. */
  id: string;
  lane: string;
  key: string;
  /** As it was before. */
  notice: OngoingNotice;
  message: Message;
  templates: readonly string[];
  /** Unix milliseconds; an event that had to wait for something is decided later. */
  observedAt: number;
  decidedAt: number;
  shown(alert: string): Shown | undefined;
}

/** What an ongoing notice says, as a delivery: firing first, then resolved, and of many alerts the first. */
export function deliveryOfMessage(about: About): Delivery {
  const { id, lane, key, notice, message, templates, observedAt, decidedAt } = about;
  const { configNamespace, destination, groupLabels, told } = notice;
  const { reason, firing, resolved, isSilent, isEnd } = message;
  const shown = [...firing, ...resolved]
    .slice(0, mostAlertsShown)
    .flatMap((alert) => about.shown(alert) ?? []);
  const [first, ...others] = shown;
  if (!first) throw new Error('A message names no alert that is known');
  const isFollowUp = told !== undefined && Object.keys(told.firing).length > 0;
  const snapshotOf = ({ object }: Shown): JsonObject => (groupLabels ? briefOf(object) : object);
  return {
    id,
    lane,
    notice: key,
    reason,
    ongoing: {
      root: isFollowUp ? told.root : id,
      state: isEnd ? 'resolved' : 'firing',
      isSilent,
      ...(groupLabels ? { groupLabels } : {}),
      firing: firing.length,
      resolved: resolved.length,
      ...(decidedAt === observedAt ? {} : { decidedAt }),
    },
    alerts: [toldOf(first, notice), ...others.map((each) => toldOf(each, notice))],
    destination,
    templates: [...templates],
    configNamespace,
    observedAt,
    snapshots: [snapshotOf(first), ...others.map(snapshotOf)],
  };
}

function toldOf({ alert }: Shown, { held = {} }: OngoingNotice): DeliveryAlert {
  const { key, trigger, condition, oncePer, application, lastWell } = alert;
  const lifecycle = lifecycleOf(alert, held[key]);
  const known = lastWell ? { lastWell } : {};
  return { key, trigger, condition, oncePer, application, lifecycle, ...known };
}

/** `held`: what has held it back until now. */
function lifecycleOf(alert: Alert, held: HeldBy | undefined): DeliveredLifecycle {
  const { state, severity, labels, since, firedAt = since, ended, changes, acknowledged } = alert;
  return {
    state: state === 'resolved' ? 'resolved' : 'firing',
    severity,
    labels,
    since,
    firedAt,
    ...(ended ? { endedAt: ended.at, why: ended.why } : {}),
    changes,
    ...(acknowledged ? { acknowledged } : {}),
    ...(held ? { silencedBy: [held.id] } : {}),
  };
}
