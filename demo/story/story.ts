import { generated } from './application-sets.ts';
import { crash } from './crash.ts';
import { deployments } from './deployments.ts';
import { drift } from './drift.ts';
import { failedSyncs } from './failed-syncs.ts';
import { forgotten } from './forgotten.ts';
import { changingHealth } from './health.ts';
import { heldBack, released } from './held-back.ts';
import { clusterAway, repoServerAway } from './outages.ts';
import type { Commit, Step } from './step.ts';

/** The day of a platform team. What takes hours in a cluster either lasts for seconds here or began before the day. */
export function story(commit: Commit): Step[] {
  const revision = commit('Kim <kim@example.com>', 'what runs when the day begins');
  return [
    ...deployments(commit),
    ...failedSyncs(revision),
    ...heldBack(),
    ...changingHealth(),
    ...drift(commit),
    ...repoServerAway(),
    ...clusterAway(),
    ...released(),
    ...forgotten(commit),
    ...generated(),
    ...crash(revision),
  ];
}
