/**
 * The one place that knows where an Argo CD Application keeps what. All take the object as the API server shows it, and
 * take for absent what is missing or of another type.
 */
import { deletedField, isApplicationSet, isNewbornSet, projectOfSet } from './application-set.ts';
import type { GoTime } from './go/time.ts';
import { parseRFC3339 } from './go/time-parse.ts';
import { at, isObject, objectsAt, textAt, textOf, textsAt } from './json.ts';
import type { Json, JsonObject } from './model.ts';

/** '' for what is not known. */
export interface ApplicationIdentity {
  namespace: string;
  name: string;
  project: string;
}

export function identityOf(app: JsonObject): ApplicationIdentity {
  return {
    namespace: textAt(app, 'metadata', 'namespace'),
    name: textAt(app, 'metadata', 'name'),
    project: projectOf(app),
  };
}

/** A project that is not named is `default`, as in Argo CD; of an ApplicationSet that of its Applications. */
export function projectOf(app: JsonObject): string {
  if (isApplicationSet(app)) return projectOfSet(app);
  return textAt(app, 'spec', 'project') || 'default';
}

/** Of the operation that runs or ran last; '' for what is not known, all of it before the first operation. */
export interface Operation {
  phase: string;
  isRunning: boolean;
  isOver: boolean;
  startedAt: string;
  finishedAt: string;
  /** Who started it: a user's name, `automated sync`, or ''. */
  initiator: string;
}

const operationPath = ['status', 'operationState'] as const;

export function operationOf(app: JsonObject): Operation {
  const state = at(app, ...operationPath);
  const phase = textAt(state, 'phase');
  const by = at(state, 'operation', 'initiatedBy');
  return {
    phase,
    isRunning: phase === 'Running' || phase === 'Terminating',
    isOver: phase === 'Succeeded' || phase === 'Failed' || phase === 'Error',
    startedAt: textAt(state, 'startedAt'),
    finishedAt: textAt(state, 'finishedAt'),
    initiator: textAt(by, 'username') || (at(by, 'automated') === true ? 'automated sync' : ''),
  };
}

/** Resources and hooks of the sync that runs or ran last, in the order of phase and wave. */
export function syncedResources(app: JsonObject): JsonObject[] {
  return objectsAt(app, ...operationPath, 'syncResult', 'resources');
}

/** The resources that the last sync was asked for, as a self-heal asks for those that are out of sync; none: all. */
export function syncTargets(app: JsonObject): JsonObject[] {
  return objectsAt(app, ...operationPath, 'operation', 'sync', 'resources');
}

/** An hour, within which one deployment follows another. */
const rowGap = 3_600_000;

/** The deployments that followed one another within an hour each, the last one included, as far as Argo CD remembers. */
export function deploymentsInARow(app: JsonObject): number {
  const times = objectsAt(app, 'status', 'history').map((entry) => timeOf(textAt(entry, 'deployedAt')));
  let count = 0;
  for (let index = times.length - 1; index >= 0; index -= 1) {
    const [time, next] = [times[index], times[index + 1]];
    if (time === undefined || (count > 0 && (next === undefined || next - time > rowGap))) break;
    count += 1;
  }
  return count;
}

/** `info` of the sync operation that is asked for or runs, or else of the last one. */
export function operationInfo(app: unknown): Json | undefined {
  return at(app, 'operation', 'info') ?? at(app, ...operationPath, 'operation', 'info');
}

/** Sync and health status read `Unknown` where they are missing, as in `argocd_app_info`. */
export interface Status {
  sync: string;
  health: string;
  /** When Argo CD last compared all of the Application; '' before. */
  reconciledAt: string;
}

export function statusOf(app: JsonObject): Status {
  return {
    sync: textAt(app, 'status', 'sync', 'status') || 'Unknown',
    health: textAt(app, 'status', 'health', 'status') || 'Unknown',
    reconciledAt: textAt(app, 'status', 'reconciledAt'),
  };
}

/** Synced and healthy, and no operation is under way or has failed. */
export function isWell(app: JsonObject): boolean {
  const { sync, health } = statusOf(app);
  const { phase } = operationOf(app);
  return sync === 'Synced' && health === 'Healthy' && (phase === '' || phase === 'Succeeded');
}

/** When Argo CD compared the Application, as far as its status tells. */
export function comparisons(app: JsonObject): GoTime[] {
  return [textAt(app, 'status', 'reconciledAt'), textAt(app, 'status', 'observedAt')]
    .map(readTime)
    .filter((time) => time !== undefined);
}

/** A time of the status; undefined for '' and for what is no time. */
export function readTime(text: string): GoTime | undefined {
  // Most that are missing: no error is to be made of them.
  if (text === '') return undefined;
  const parsed = parseRFC3339(text);
  return parsed.ok ? parsed.time : undefined;
}

/**
 * When what stands at a path last came to be as it is, Unix milliseconds; `unknown` where Argo CD does not note it;
 * undefined where nothing is there, and for what rarely changes and says nothing of how the Application fares (names,
 * labels, the spec). `types`: of the conditions that are meant; all where it names none that is there.
 */
export function changedAt(
  app: JsonObject,
  path: readonly string[],
  types: ReadonlySet<string>,
): number | 'unknown' | undefined {
  const [head = '', member = '', field = ''] = path;
  const isTime = ['creationTimestamp', 'deletionTimestamp', 'reconciledAt', 'observedAt'].includes(member);
  if (isTime) return timeOf(textAt(app, head, member));
  if (head === deletedField) return newestOf(objectsAt(app, head), 'deletedAt');
  if (head !== 'status') return head === 'operation' ? 'unknown' : undefined;
  if (at(app, head, member) === undefined) return undefined;
  switch (member) {
    case 'health':
      return timeOf(textAt(app, head, member, 'lastTransitionTime')) ?? 'unknown';
    case 'operationState': {
      const { isRunning, startedAt, finishedAt } = operationOf(app);
      // While a retry is waited for, an operation that runs has a time at which its last attempt has finished.
      const isOfStart = isRunning || field === 'startedAt' || finishedAt === '';
      return timeOf(isOfStart ? startedAt : finishedAt) ?? 'unknown';
    }
    case 'conditions': {
      const all = objectsAt(app, head, member);
      const meant = all.filter((condition) => types.has(textAt(condition, 'type')));
      return newestOf(meant.length > 0 ? meant : all, 'lastTransitionTime');
    }
    case 'history':
      return newestOf(objectsAt(app, head, member), 'deployedAt');
    case 'applicationStatus':
      return newestOf(objectsAt(app, head, member), 'lastTransitionTime');
    default:
      return 'unknown';
  }
}

function timeOf(text: string): number | undefined {
  const time = readTime(text);
  return time && time.seconds * 1_000 + Math.floor(time.nanosecond / 1e6);
}

function newestOf(objects: readonly JsonObject[], field: string): number | 'unknown' | undefined {
  const times = objects.map((object) => timeOf(textAt(object, field)));
  if (times.length === 0) return undefined;
  return times.every((time) => time !== undefined) ? Math.max(...times) : 'unknown';
}

/**
 * Argo CD has not looked at the Application yet: it is born without a status or, by Argo CD's own clients, with one whose
 * fields are empty. Conditions that read the status fail then, which is no mistake of theirs.
 */
export function isNewborn(app: JsonObject): boolean {
  if (isApplicationSet(app)) return isNewbornSet(app);
  const { status } = app;
  if (!isObject(status)) return true;
  const isEmpty = isObject(status.sync) && status.sync.status === '';
  return isEmpty && status.reconciledAt === undefined && status.operationState === undefined;
}

/** The resources that the Application consists of; absent where Argo CD keeps them elsewhere. */
export function resourcesOf(app: JsonObject): JsonObject[] {
  return objectsAt(app, 'status', 'resources');
}

/** The images that run, sorted, each once. */
export function runningImages(app: JsonObject): string[] {
  return sorted(textsAt(app, 'status', 'summary', 'images'));
}

/** The images of resources that a sync lists, sorted, each once. */
export function imagesOf(resources: readonly JsonObject[]): string[] {
  return sorted(resources.flatMap((resource) => textsAt(resource, 'images')));
}

/** An image without its tag and digest, and these; a colon before a slash belongs to a port. */
export function imageParts(image: string): { repository: string; version: string } {
  const [, repository = image, version = ''] = /^(.*?)(?:[:@]([^/]*))?$/.exec(image) ?? [];
  return { repository, version };
}

function sorted(images: readonly string[]): string[] {
  return [...new Set(images)].sort();
}

export function hasSeveralSources(app: JsonObject): boolean {
  return Array.isArray(at(app, 'spec', 'sources'));
}

/** In Argo CD's order of precedence: hydrated, several, one. */
export function sourcesOf(app: JsonObject): JsonObject[] {
  const hydrator = at(app, 'spec', 'sourceHydrator');
  if (isObject(hydrator)) {
    return [
      {
        repoURL: textAt(hydrator, 'drySource', 'repoURL'),
        targetRevision: textAt(hydrator, 'syncSource', 'targetBranch'),
        path: textAt(hydrator, 'syncSource', 'path'),
      },
    ];
  }
  const several = at(app, 'spec', 'sources');
  if (Array.isArray(several)) return several.map((source) => (isObject(source) ? source : {}));
  const source = at(app, 'spec', 'source');
  return isObject(source) ? [source] : [];
}

/** By source: of the last sync, or where there was none, those compared with. */
export function syncedRevisions(app: JsonObject): string[] {
  for (const place of [at(app, ...operationPath, 'syncResult'), at(app, 'status', 'sync')]) {
    const several = at(place, 'revisions');
    if (Array.isArray(several) && several.length > 0) return several.map(textOf);
    const revision = textAt(place, 'revision');
    if (revision !== '') return [revision];
  }
  return [];
}

/**
 * What stands for the `revision` at a path in an Application with several sources, which has `revisions` beside it. What
 * an operation has synced is known when it has ended; where none is recorded, what was compared last.
 */
export function revisionsFor(app: JsonObject, path: readonly string[]): string[] {
  const parent = path.slice(0, -1);
  const beside = textsAt(app, ...parent, 'revisions');
  const isOfSync = parent.join('.') === [...operationPath, 'syncResult'].join('.');
  if (beside.length > 0 || !isOfSync || operationOf(app).isRunning) return beside;
  return textsAt(app, 'status', 'sync', 'revisions');
}

/** Where an Application is deployed to; '' for what is not said, as of an ApplicationSet. */
export function clusterOf(app: JsonObject): { server: string; name: string; namespace: string } {
  const destination = at(app, 'spec', 'destination');
  return {
    server: textAt(destination, 'server'),
    name: textAt(destination, 'name'),
    namespace: textAt(destination, 'namespace'),
  };
}

/** The repositories of its sources, each once. */
export function repositoriesOf(app: JsonObject): string[] {
  return [...new Set(sourcesOf(app).map((source) => textAt(source, 'repoURL')))].filter((url) => url !== '');
}
