import type { Scenario } from './scenario.ts';
import { alertScenarios } from './scenarios/alerts.ts';
import { apiOutage } from './scenarios/api-outage.ts';
import { clockStep } from './scenarios/clock-step.ts';
import { diskFull } from './scenarios/disk-full.ts';
import { kill } from './scenarios/kill.ts';
import { killBetween } from './scenarios/kill-between.ts';
import {
  pausedReplica,
  replicasKill,
  replicasPartition,
  replicasRolling,
  twoByMistake,
} from './scenarios/replicas.ts';
import { historyQuota, lostAnswers, lostAnswersBlind, slackOutage } from './scenarios/slack.ts';
import { storeAwayAtStart, storeOutage, storeRestart, storeStarved } from './scenarios/store.ts';
import { term } from './scenarios/term.ts';
import { tokenRevoked } from './scenarios/token-revoked.ts';
import { watch410, watchGarbage, watchSilent } from './scenarios/watch.ts';

export const scenarios: readonly Scenario[] = [
  kill,
  killBetween,
  term,
  storeRestart,
  storeOutage,
  storeAwayAtStart,
  storeStarved,
  apiOutage,
  watchSilent,
  watch410,
  watchGarbage,
  slackOutage,
  lostAnswers,
  lostAnswersBlind,
  historyQuota,
  replicasKill,
  replicasRolling,
  replicasPartition,
  pausedReplica,
  twoByMistake,
  clockStep,
  diskFull,
  tokenRevoked,
  ...alertScenarios,
];
