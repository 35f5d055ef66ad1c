import { createPrivateKey } from 'node:crypto';
import { objectsAt, textAt, textsAt } from '../json.ts';
import type { JsonObject, Outcome } from '../model.ts';
import { createAlertRefs } from './alert-refs.ts';
import { createApi, type Failure, unusable } from './api.ts';
import type { OptionsOf } from './fields.ts';
import { createGitHub, idOf } from './github/calls.ts';
import type { CheckRun, Done } from './github/part.ts';
import { planOf } from './github/plan.ts';
import type { github } from './github-schema.ts';
import type { Implementation } from './implementation.ts';

/** Seconds: longer than a delivery is tried. */
const rememberedFor = 2 * 24 * 60 * 60;

/**
 * What the section asks for, at the commit of each source: a status, a deployment, comments on pull requests, a check run,
 * an event for workflows. What is done stays done: the attempt after one that failed goes on with the rest, and looks for
 * what an attempt without an answer may have done. The end of an alert concludes the check runs that were made for it.
 */
export const githubService: Implementation<OptionsOf<(typeof github)['options']>> = (options, deps) => {
  const { appID = 0, installationID = 0 } = options;
  const base = apiOf(options.enterpriseBaseURL);
  const privateKey = createPrivateKey(options.privateKey);
  const api = createGitHub(deps, { appID, installationID, privateKey, base });
  const { outcome } = createApi({ ...deps, scrub: api.scrub }, { repeatable: true });
  const refs = createAlertRefs(deps, 'github');

  return {
    async send({ message, section = {} }, recipient, context): Promise<Outcome> {
      const answer = (failure: Failure) => outcome({ ok: false, failure }, recipient, context);
      const refuse = (what: string) => {
        const detail = `was not called: ${what}`;
        return answer(unusable(detail));
      };
      const { alert } = context;
      const runs = runsIn(await refs.find(recipient, alert));
      const planned = planOf(section, message, { appID, base, runs, alert, now: deps.now() });
      if (!planned.ok) return refuse(planned.what);
      const { tasks, without } = planned;
      const key = `github/${context.deliveryId}`;
      const kept = tasks.length > 1 ? await deps.state.get(key) : undefined;
      const before = textsAt(kept, 'done');
      const done = new Map<string, Extract<Done, { ok: true }>['how']>(before.map((task) => [task, 'found']));
      const refused: Failure[] = [];
      const made = runsIn(kept);
      for (const task of tasks.filter((each) => !done.has(each.key))) {
        const { part, commit } = task;
        const result = await part.perform(commit, api.calls(commit, part, context), context.earlier);
        if (result.ok) {
          done.set(task.key, result.how);
          if (result.run !== undefined) made.push(result.run);
          continue;
        }
        refused.push(result.failure);
        // Nothing else will do better.
        if (result.failure.kind === 'retry' || result.failure.scope === 'service') break;
      }
      if (made.length > 0) await refs.remember(recipient, alert, { runs: together(runs, made) });
      const last = refused.at(-1);
      if (last !== undefined) {
        if (done.size > before.length) {
          const progress = { done: [...done.keys()], runs: together([], made) };
          await deps.state.set(key, progress, rememberedFor);
        }
        const detail = refused.map((failure) => failure.detail).join('; ');
        return answer({ ...(last.kind === 'retry' ? last : (refused[0] ?? last)), detail });
      }
      return { ...sent([...done.values()], context.earlier !== undefined), ...skipped(without) };
    },
  };

  function skipped(without: readonly string[]): { degraded?: string; error?: string } {
    if (without.length === 0) return {};
    const error = `${deps.product} of service ${deps.name} told nothing to ${without.join(', ')}: no revision of it is known`;
    return { degraded: 'no_revision', error };
  }
};

function runsIn(ref: JsonObject | undefined): CheckRun[] {
  return objectsAt(ref, 'runs').flatMap((run) => {
    const [repository, revision, name] = ['repository', 'revision', 'name'].map((field) =>
      textAt(run, field),
    );
    const id = idOf(run);
    return id !== undefined && repository && revision && name !== undefined
      ? [{ repository, revision, name, id }]
      : [];
  });
}

/** Each once, as what can be kept. */
function together(before: readonly CheckRun[], made: readonly CheckRun[]): JsonObject[] {
  return [...new Map([...before, ...made].map((run) => [run.id, { ...run }])).values()];
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
