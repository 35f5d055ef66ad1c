import { at, textAt, textOf } from '../../json.ts';
import type { JsonObject } from '../../model.ts';
import { unreadable } from '../api.ts';
import { type Calls, idOf, type Read } from './calls.ts';
import { isShownAs, longestDescription } from './commit-status.ts';
import type { Commit } from './commits.ts';
import { cut, type Earlier, isSince, type Part } from './part.ts';

/** A status of the deployment of the commit to an environment, and the deployment itself where there is none yet. */
export function deployment(section: JsonObject, message: string): Part {
  const environment = textAt(section, 'environment');
  const reference = textAt(section, 'reference');
  const status = {
    state: textAt(section, 'state'),
    log_url: textAt(section, 'logURL'),
    description: cut(message, longestDescription),
    environment,
    environment_url: textAt(section, 'environmentURL'),
  };
  const contexts = at(section, 'requiredContexts');
  const settings = {
    auto_merge: at(section, 'autoMerge') !== false,
    ...(Array.isArray(contexts) ? { required_contexts: contexts.map(textOf) } : {}),
    environment,
    transient_environment: at(section, 'transientEnvironment') === true,
  };

  /** The newest comes first. */
  function deploymentsOf(ref: string, calls: Calls): Promise<Read<JsonObject[]>> {
    const query = { ...(environment === '' ? {} : { environment }), ref };
    return calls.list('deployments', { query, isEnough: (found) => found.length > 0 });
  }

  async function idFor(
    { revision }: Commit,
    calls: Calls,
    earlier: Earlier | undefined,
  ): Promise<Read<number>> {
    const known = await deploymentsOf(revision, calls);
    if (!known.ok) return known;
    const id = idOf(known.value[0]);
    if (id !== undefined) return { ok: true, value: id };
    const ref = reference || revision;
    // GitHub knows it by the reference that it was made for.
    if (earlier !== undefined && ref !== revision) {
      const others = await deploymentsOf(ref, calls);
      if (!others.ok) return others;
      const own = others.value.find((other) => isSince(textAt(other, 'created_at'), earlier));
      const ownId = idOf(own);
      if (ownId !== undefined) return { ok: true, value: ownId };
    }
    const made = await calls.write('POST', 'deployments', { ref, ...settings });
    if (!made.ok) return made;
    const madeId = idOf(made.value);
    if (madeId !== undefined) return { ok: true, value: madeId };
    const failure = unreadable();
    return { ok: false, failure: { ...failure, detail: `deployment: ${failure.detail}` } };
  }

  return {
    noun: 'deployment',
    permission: 'Deployments: Read and write',
    async perform(commit, calls, earlier) {
      const id = await idFor(commit, calls, earlier);
      if (!id.ok) return id;
      const path = `deployments/${id.value}/statuses`;
      if (earlier !== undefined) {
        const statuses = await calls.list(path, { isEnough: (found) => found.length > 0 });
        if (!statuses.ok) return statuses;
        const [last] = statuses.value;
        if (last !== undefined && isShownAs(last, status)) return { ok: true, how: 'found' };
      }
      const written = await calls.write('POST', path, status);
      return written.ok ? { ok: true, how: 'written' } : written;
    },
  };
}
