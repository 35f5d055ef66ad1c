import { createPrivateKey } from 'node:crypto';
import { isObject, textsAt } from '../json.ts';
import type { JsonObject, Outcome } from '../model.ts';
import { createApi, type Failure } from './api.ts';
import type { OptionsOf } from './fields.ts';
import { createGitHub } from './github/calls.ts';
import { checkRun } from './github/check-run.ts';
import { pullRequestComment } from './github/comment.ts';
import { commitStatus } from './github/commit-status.ts';
import { type Commit, commitsOf } from './github/commits.ts';
import { deployment } from './github/deployment.ts';
import { repositoryDispatch } from './github/dispatch.ts';
import { BadSection, type Done, type Part } from './github/part.ts';
import type { github } from './github-schema.ts';
import type { Implementation } from './implementation.ts';

/** Seconds: longer than a delivery is tried. */
const rememberedFor = 2 * 24 * 60 * 60;

interface Task {
  part: Part;
  commit: Commit;
  /** By which it is remembered as done. */
  key: string;
}

/**
 * What the section asks for, at the commit of each source: a status, a deployment, comments on pull requests, a check run,
 * an event for workflows. What is done stays done: the attempt after one that failed goes on with the rest, and looks for
 * what an attempt without an answer may have done.
 */
export const githubService: Implementation<OptionsOf<(typeof github)['options']>> = (options, deps) => {
  const { appID = 0, installationID = 0 } = options;
  const base = apiOf(options.enterpriseBaseURL);
  const privateKey = createPrivateKey(options.privateKey);
  const api = createGitHub(deps, { appID, installationID, privateKey, base });
  const { outcome } = createApi({ ...deps, scrub: api.scrub }, { repeatable: true });

  return {
    async send({ message, section = {} }, recipient, context): Promise<Outcome> {
      const answer = (failure: Failure) => outcome({ ok: false, failure }, recipient, context);
      const refuse = (what: string) => {
        const detail = `was not called: ${what}`;
        return answer({ kind: 'rejected', reason: 'invalid_section', detail, scope: 'notification' });
      };
      const parts = partsOf(section, message, appID);
      if (!Array.isArray(parts)) return refuse(parts.what);
      if (parts.length === 0) {
        return refuse(
          'the template has no github section with status, deployment, pullRequestComment, checkRun or repositoryDispatch',
        );
      }
      const found = commitsOf(section, base);
      if (!found.ok) return refuse(found.what);
      const tasks = tasksOf(found.commits, parts);
      const key = `github/${context.deliveryId}`;
      const before = tasks.length > 1 ? textsAt(await deps.state.get(key), 'done') : [];
      const done = new Map<string, Extract<Done, { ok: true }>['how']>(before.map((task) => [task, 'found']));
      const refused: Failure[] = [];
      for (const task of tasks.filter((each) => !done.has(each.key))) {
        const { part, commit } = task;
        const result = await part.perform(commit, api.calls(commit, part, context), context.earlier);
        if (result.ok) {
          done.set(task.key, result.how);
          continue;
        }
        refused.push(result.failure);
        // Nothing else will do better.
        if (result.failure.kind === 'retry' || result.failure.scope === 'service') break;
      }
      const last = refused.at(-1);
      if (last !== undefined) {
        if (done.size > before.length) await deps.state.set(key, { done: [...done.keys()] }, rememberedFor);
        const detail = refused.map((failure) => failure.detail).join('; ');
        return answer({ ...(last.kind === 'retry' ? last : (refused[0] ?? last)), detail });
      }
      return { ...sent([...done.values()], context.earlier !== undefined), ...skipped(found.without) };
    },
  };

  function skipped(without: readonly string[]): { degraded?: string; error?: string } {
    if (without.length === 0) return {};
    const error = `${deps.product} of service ${deps.name} told nothing to ${without.join(', ')}: no revision of it is known`;
    return { degraded: 'no_revision', error };
  }
};

/** In the order in which they are done. */
function partsOf(section: JsonObject, message: string, appID: number): Part[] | { what: string } {
  const makers: Readonly<Record<string, (fields: JsonObject) => Part>> = {
    status: (fields) => commitStatus(fields, message),
    deployment: (fields) => deployment(fields, message),
    pullRequestComment: (fields) => pullRequestComment(fields, appID),
    checkRun: (fields) => checkRun(fields, appID),
    repositoryDispatch,
  };
  try {
    return Object.entries(makers).flatMap(([name, make]) => {
      const fields = Object.hasOwn(section, name) ? section[name] : undefined;
      return isObject(fields) ? [make(fields)] : [];
    });
  } catch (error) {
    if (error instanceof BadSection) return { what: error.message };
    throw error;
  }
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

function sent(
  how: readonly Extract<Done, { ok: true }>['how'][],
  isRepeated: boolean,
): Outcome & { status: 'sent' } {
  if (!isRepeated) return { status: 'sent' };
  if (how.includes('blind')) return { status: 'sent', earlier: 'unreadable' };
  if (how.includes('written')) return { status: 'sent', earlier: 'absent' };
  return how.includes('found') ? { status: 'sent', earlier: 'found' } : { status: 'sent' };
}

/** GitHub Enterprise Server has its API below `/api/v3`, which may be left out. */
function apiOf(enterpriseBaseURL: string): string {
  const url = new URL(enterpriseBaseURL);
  const path = url.pathname.replace(/\/+$/, '');
  const isWhole = path.endsWith('/api/v3') || /^api\.|\.api\./.test(url.hostname);
  return `${url.origin}${path}${isWhole ? '' : '/api/v3'}`;
}
