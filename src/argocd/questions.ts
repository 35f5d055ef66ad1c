/** What to ask Argo CD about an Application, for a call of `repo.GetCommitMetadata` or `repo.GetAppDetails`. */
import {
  type ApplicationIdentity,
  hasSeveralSources,
  identityOf,
  operationOf,
  sourcesOf,
  statusOf,
  syncedRevisions,
} from '../application.ts';
import { textAt } from '../json.ts';
import type { JsonObject } from '../model.ts';

interface Asked {
  application: ApplicationIdentity;
  /** Of an Application with several sources. */
  sourceIndex?: number;
}

export type CommitQuestion = Asked & { kind: 'commit'; repoURL: string; revision: string };
export type DetailsQuestion = Asked & {
  kind: 'details';
  source: JsonObject & { repoURL: string };
  /** What is deployed: a source such as HEAD gives other details after each sync. */
  revision: string;
  /** Sources of the Application that give others their value files, by the name in `ref`. Absent: none. */
  refs?: JsonObject[];
};
/** Which resources are not healthy. */
export type HealthQuestion = Asked & {
  kind: 'health';
  /** The Application's own, and since when: another health is another question. */
  health: string;
  revision: string;
};
/** What the repo-server can be asked. */
export type RepoQuestion = CommitQuestion | DetailsQuestion;
export type Question = RepoQuestion | HealthQuestion;

/** Of one call; sources beyond are not asked. */
const mostQuestions = 10;

/**
 * One question for each source that may know a revision, the likeliest first; the first answer counts.
 * argo-cd takes one string and fails for an Application with several sources. Here a list is paired with the
 * sources, and without a revision those of the last sync are meant.
 */
export function commitQuestions(app: JsonObject, revisions: readonly string[]): CommitQuestion[] {
  const application = identityOf(app);
  const sources = sourcesOf(app);
  const synced = syncedRevisions(app);
  const wanted = revisions.length > 0 ? revisions : synced;
  const isMulti = hasSeveralSources(app);
  const questions: CommitQuestion[] = [];
  const ask = (revision: string, sourceIndex: number): void => {
    const source = sources[sourceIndex];
    // A dot would lead elsewhere in the path of a URL.
    if (source === undefined || /^\.{0,2}$/.test(revision) || !isGit(source)) return;
    const repoURL = textAt(source, 'repoURL');
    questions.push({ kind: 'commit', application, repoURL, revision, ...(isMulti ? { sourceIndex } : {}) });
  };
  if (wanted.length > 1 && wanted.length === sources.length) wanted.forEach(ask);
  else {
    for (const revision of wanted) {
      const known = synced.indexOf(revision);
      if (known >= 0) ask(revision, known);
      for (const index of sources.keys()) if (index !== known) ask(revision, index);
    }
  }
  return questions.slice(0, mostQuestions);
}

/**
 * One question for each source that makes manifests, or one for the source of an index, whatever it makes. Source of the
 * first: argo-cd's `GetAppDetails`.
 */
export function detailsQuestions(app: JsonObject, wanted?: number): DetailsQuestion[] {
  const application = identityOf(app);
  const isMulti = hasSeveralSources(app);
  const revisions = syncedRevisions(app);
  const sources = sourcesOf(app);
  const refs = isMulti ? refsOf(sources) : [];
  return sources
    .map((source, sourceIndex) => ({ source, sourceIndex }))
    .filter(({ source }) => !/^\.{0,2}$/.test(textAt(source, 'repoURL')))
    .filter(({ sourceIndex }) => wanted === undefined || sourceIndex === wanted)
    .filter(
      ({ source }) =>
        wanted !== undefined || !isMulti || textAt(source, 'path') !== '' || textAt(source, 'chart') !== '',
    )
    .slice(0, mostQuestions)
    .map(({ source, sourceIndex }) => ({
      kind: 'details',
      application,
      source: { ...source, repoURL: textAt(source, 'repoURL') },
      revision: revisions[sourceIndex] ?? '',
      ...(isMulti ? { sourceIndex } : {}),
      ...(refs.length > 0 ? { refs } : {}),
    }));
}

/** None of an Application that is healthy: so are its resources, or their health does not matter. */
export function healthQuestions(app: JsonObject): HealthQuestion[] {
  const { health } = statusOf(app);
  if (health === 'Healthy') return [];
  const revision = [textAt(app, 'status', 'health', 'lastTransitionTime'), operationOf(app).finishedAt];
  return [{ kind: 'health', application: identityOf(app), health, revision: revision.join(' ') }];
}

/** In `spec.sources`, with the names that Argo CD allows. */
function refsOf(sources: readonly JsonObject[]): JsonObject[] {
  return sources.filter(
    (source) => /^[\w-]+$/.test(textAt(source, 'ref')) && textAt(source, 'repoURL') !== '',
  );
}

/** Charts and OCI images have versions, and no commits. */
function isGit(source: JsonObject): boolean {
  const repoURL = textAt(source, 'repoURL');
  return repoURL !== '' && textAt(source, 'chart') === '' && !repoURL.startsWith('oci://');
}
