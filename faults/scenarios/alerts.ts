import type { Scenario } from '../scenario.ts';
import { kill } from './kill.ts';
import { killBetween } from './kill-between.ts';
import { replicasKill, replicasRolling } from './replicas.ts';
import { storeOutage, storeRestart } from './store.ts';

/**
 * What goes wrong elsewhere, while alerts with an end come and go. `rest`: milliseconds more between two faults, so that
 * some alerts begin, are held back and end while all is well.
 */
function withAlerts(scenario: Scenario, { rest, recovery }: { rest: number; recovery: number }): Scenario {
  return {
    ...scenario,
    name: `alerts-${scenario.name}`,
    about: `alerts with an end, for, keepFiring, repeat, groups, silences, mute times, inhibition and edits of all that; ${scenario.about}`,
    alerts: { recovery },
    // What is too much for one minute is told in the next.
    patience: 75_000,
    run: (context) =>
      scenario.run({ ...context, pause: (least, most) => context.pause(least + rest / 4, most + rest) }),
  };
}

export const alertScenarios: readonly Scenario[] = [
  withAlerts(kill, { rest: 4_000, recovery: 1_000 }),
  withAlerts(killBetween, { rest: 4_000, recovery: 1_000 }),
  withAlerts(storeRestart, { rest: 8_000, recovery: 6_000 }),
  withAlerts(storeOutage, { rest: 0, recovery: 8_000 }),
  // Another replica leads after 8 s.
  withAlerts(replicasKill, { rest: 16_000, recovery: 10_000 }),
  withAlerts(replicasRolling, { rest: 8_000, recovery: 4_000 }),
];
