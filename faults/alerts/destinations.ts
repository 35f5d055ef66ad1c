/** Where an Application of the story is told, and by which trigger. */
import { bounds, grouping } from './configuration.ts';
import type { Kind, Listener } from './owed.ts';

const none = { least: 0, most: 0 };
export const kinds = {
  own: { trigger: 'on-alert', wait: bounds.wait, isImmediate: true, needs: 2_500, repeats: false },
  storm: {
    trigger: 'on-alert',
    wait: bounds.wait,
    isImmediate: false,
    needs: grouping.wait + grouping.mostInterval + 2_500,
    repeats: false,
  },
  again: { trigger: 'on-repeat', wait: none, isImmediate: true, needs: 2_500, repeats: true },
  outage: { trigger: 'on-outage', wait: none, isImmediate: true, needs: 2_500, repeats: false },
  /** A source of inhibition is waited for. */
  warned: { trigger: 'on-warning', wait: none, isImmediate: false, needs: 32_500, repeats: false },
  /** What is too much for one minute is told in the next ones. */
  capped: { trigger: 'on-capped', wait: none, isImmediate: false, needs: 125_000, repeats: false },
} as const satisfies Record<string, Kind>;

/** Of Applications in turn: `night` is muted, `quiet` silenced and `inhibited` inhibited from time to time. */
export const projects = ['loud', 'loud', 'quiet', 'night', 'inhibited'] as const;
/** The source of inhibition. */
export const hub = 'hub';

interface Subscriber {
  /** `app-` and a number, or the hub. */
  name: string;
  project: string;
  life: string;
}

/** `isLong`: there is time for what takes minutes to be told. */
export function listenersOf({ name, project, life }: Subscriber, isLong: boolean): Listener[] {
  const at = (channel: string, kind: Kind): Listener => ({ life, project, channel, kind });
  if (name === hub) return [at(hub, kinds.outage)];
  if (project === 'inhibited') return [at(`${name}-warned`, kinds.warned)];
  const index = Number(name.slice('app-'.length));
  return [
    at(name, kinds.own),
    at('storms', kinds.storm),
    ...(index % 4 === 0 ? [at(`${name}-again`, kinds.again)] : []),
    ...(isLong && index % 7 === 0 ? [at('capped', kinds.capped)] : []),
  ];
}

/** The annotations that subscribe them. */
export function annotationsOf(listeners: readonly Listener[]): Record<string, string> {
  const byTrigger = Map.groupBy(listeners, ({ kind }) => kind.trigger);
  return Object.fromEntries(
    [...byTrigger].map(([trigger, each]) => [
      `notifications.argoproj.io/subscribe.${trigger}.slack`,
      each.map(({ channel }) => channel).join(';'),
    ]),
  );
}
