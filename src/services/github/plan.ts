import { isObject } from '../../json.ts';
import type { JsonObject } from '../../model.ts';
import type { SendContext } from '../service.ts';
import { checkRun, concludeRun } from './check-run.ts';
import { pullRequestComment } from './comment.ts';
import { commitStatus } from './commit-status.ts';
import { type Commit, commitOf, commitsOf } from './commits.ts';
import { deployment } from './deployment.ts';
import { repositoryDispatch } from './dispatch.ts';
import { BadSection, type CheckRun, type Part } from './part.ts';

export interface Task {
  part: Part;
  commit: Commit;
  /** By which it is remembered as done. */
  key: string;
}

export interface PlanOptions {
  appID: number;
  /** Of the API. */
  base: string;
  /** What was made for the same alert. */
  runs: readonly CheckRun[];
  alert: SendContext['alert'];
  /** Unix milliseconds. */
  now: number;
}

/** `without`: repositories of which no revision is known. */
export type Plan = { ok: true; tasks: Task[]; without: string[] } | { ok: false; what: string };

/** In the order in which they are done. */
const makers: Readonly<Record<string, (fields: JsonObject, message: string, options: PlanOptions) => Part>> =
  {
    status: commitStatus,
    deployment,
    pullRequestComment: (fields, _, { appID }) => pullRequestComment(fields, appID),
    checkRun: (fields, _, { appID, runs }) => checkRun(fields, appID, runs),
    repositoryDispatch,
  };

/** Everything that a section asks for at each of its commits, and the end of check runs that were made for the alert. */
export function planOf(section: JsonObject, message: string, options: PlanOptions): Plan {
  const { base, runs, alert, now } = options;
  const ending = alert?.state === 'resolved' ? runs : [];
  const { checkRun: run, ...others } = section;
  try {
    const ends = ending.map((each): Task => {
      const part = concludeRun(each, isObject(run) ? run : {}, alert?.endedAt ?? now);
      return { part, commit: commitOf(each.repository, each.revision), key: `end of check run ${each.id}` };
    });
    const parts = partsOf(ending.length === 0 ? section : others, message, options);
    if (parts.length === 0 && ends.length > 0) return { ok: true, tasks: ends, without: [] };
    if (parts.length === 0) {
      const names = Object.keys(makers).join(', ');
      return { ok: false, what: `the template has no github section with any of ${names}` };
    }
    const found = commitsOf(section, base);
    if (!found.ok) return found;
    return { ok: true, tasks: [...tasksOf(found.commits, parts), ...ends], without: found.without };
  } catch (error) {
    if (error instanceof BadSection) return { ok: false, what: error.message };
    throw error;
  }
}

function partsOf(section: JsonObject, message: string, options: PlanOptions): Part[] {
  return Object.entries(makers).flatMap(([name, make]) => {
    const fields = Object.hasOwn(section, name) ? section[name] : undefined;
    return isObject(fields) ? [make(fields, message, options)] : [];
  });
}

function tasksOf(commits: readonly Commit[], parts: readonly Part[]): Task[] {
  const tasks = new Map<string, Task>();
  for (const commit of commits) {
    for (const part of parts) {
      const key = `${part.noun} ${commit.repository}${part.isOfRepository ? '' : `@${commit.revision}`}`;
      if (!tasks.has(key)) tasks.set(key, { part, commit, key });
    }
  }
  return [...tasks.values()];
}
