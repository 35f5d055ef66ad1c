import { parseRFC3339 } from '../../go/time-parse.ts';
import { objectAt, textAt } from '../../json.ts';
import type { Json, JsonObject } from '../../model.ts';
import { type Calls, idOf, type Read } from './calls.ts';
import { type Commit, escapedPath } from './commits.ts';
import { BadSection, type CheckRun, cut, type Part } from './part.ts';

/** By which runs of argocd-notifications and of Herald are told from others of the App. */
const externalId = 'argocd-notifications';
/** Characters of a summary and of a text that GitHub takes. */
const longestText = 65_535;

const purpose = { noun: 'check run', permission: 'Checks: Read and write' } as const;

/** A run of a check at the commit. `known` are those that were made for the same alert: one of them is not made again. */
export function checkRun(section: JsonObject, appID: number, known: readonly CheckRun[]): Part {
  const fields = fieldsOf(section);
  const { name } = fields;
  return {
    ...purpose,
    async perform(commit, calls, earlier) {
      const { repository, revision } = commit;
      const own = known.find(
        (run) => run.repository === repository && run.revision === revision && run.name === name,
      );
      const last =
        own === undefined && earlier !== undefined ? await lastRun(commit, name, appID, calls) : undefined;
      if (last?.ok === false) return last;
      const isThere = ['status', 'conclusion'].every(
        (field) => textAt(last?.value, field) === textAt(fields, field),
      );
      const id = own?.id ?? (isThere ? idOf(last?.value) : undefined);
      const written = await putRun(commit, fields, calls, id);
      if (!written.ok) return written;
      const how = own !== undefined ? 'same' : id !== undefined ? 'found' : 'written';
      const made = id ?? idOf(written.value);
      return { ok: true, how, ...(made !== undefined && { run: { repository, revision, name, id: made } }) };
    },
  };
}

/**
 * The end of an alert concludes the run that was made for it, whatever the Application's commit is by then. What the
 * section does not say stays: only a conclusion there must be.
 */
export function concludeRun(run: CheckRun, section: JsonObject, endedAt: number): Part {
  const {
    name: _,
    details_url: url,
    ...fields
  } = fieldsOf({
    ...section,
    status: 'completed',
    conclusion: textAt(section, 'conclusion') || 'success',
    completed_at: textAt(section, 'completed_at') || new Date(endedAt).toISOString(),
  });
  const end = { ...fields, ...(url !== '' && { details_url: url }) };
  return {
    ...purpose,
    async perform(commit, calls) {
      const written = await putRun(commit, end, calls, run.id);
      return written.ok ? { ok: true, how: 'same' } : written;
    },
  };
}

/** The last run of this name that the App has made at the commit; null where there is none. */
async function lastRun({ revision }: Commit, name: string, appID: number, calls: Calls): Promise<Read<Json>> {
  const runs = await calls.list(`commits/${escapedPath(revision)}/check-runs`, {
    query: { app_id: String(appID), check_name: name, per_page: '100' },
    field: 'check_runs',
  });
  if (!runs.ok) return runs;
  const own = runs.value.filter(
    (run) => textAt(run, 'external_id') === externalId && textAt(run, 'name') === name,
  );
  const newest = own.toSorted((a, b) => (idOf(b) ?? 0) - (idOf(a) ?? 0))[0];
  return { ok: true, value: newest ?? null };
}

/** Makes a run, or gives the one of this id these fields. */
function putRun(commit: Commit, fields: JsonObject, calls: Calls, id?: number): Promise<Read<Json>> {
  if (id !== undefined) return calls.write('PATCH', `check-runs/${id}`, fields);
  const { name = '', ...rest } = fields;
  return calls.write('POST', 'check-runs', { name, head_sha: commit.revision, ...rest });
}

function fieldsOf(section: JsonObject): JsonObject & { name: string; details_url: string } {
  const conclusion = textAt(section, 'conclusion');
  const [started, completed] = ['started_at', 'completed_at'].map((field) => timeOf(section, field)) as [
    string,
    string,
  ];
  const status = textAt(section, 'status') || (conclusion === '' ? '' : 'completed');
  if (conclusion === '' && (status === 'completed' || completed !== '')) {
    throw new BadSection('checkRun has no conclusion, which a run that is completed must have');
  }
  const output = objectAt(section, 'output');
  const [title, summary, text] = ['title', 'summary', 'text'].map((field) => textAt(output, field)) as [
    string,
    string,
    string,
  ];
  const hasOutput = [title, summary, text].some((part) => part !== '');
  return {
    name: textAt(section, 'name'),
    details_url: textAt(section, 'details_url'),
    external_id: externalId,
    ...(status === '' ? {} : { status }),
    ...(conclusion === '' ? {} : { conclusion }),
    ...(started === '' ? {} : { started_at: started }),
    ...(completed === '' ? {} : { completed_at: completed }),
    ...(hasOutput && { output: { title, summary: cut(summary, longestText), text: cut(text, longestText) } }),
  };
}

/** RFC 3339, as Argo CD writes times; '' where there is none. */
function timeOf(section: JsonObject, field: string): string {
  const text = textAt(section, field);
  if (text === '') return '';
  const parsed = parseRFC3339(text);
  if (!parsed.ok) throw new BadSection(`checkRun.${field} is no time such as 2026-01-31T12:00:00Z`);
  return parsed.time.format('2006-01-02T15:04:05.999999999Z07:00');
}
