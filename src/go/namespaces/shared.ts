/**
 * `shared`: what users ask for most about an Application, as plain values that conditions, Go templates and mustache
 * read alike (`shared.initiator`, `{{ .shared.initiator }}`,
 * `{{#shared.failedResources}}{{kind}}/{{name}}{{/shared.failedResources}}`). Ours, not argo-cd's. Everything is nil-safe: what is not known is empty.
 */

import {
  deploymentsInARow,
  identityOf,
  imageParts,
  imagesOf,
  operationOf,
  readTime,
  resourcesOf,
  runningImages,
  syncedResources,
  syncTargets,
} from '../../application.ts';
import { isApplicationSet } from '../../application-set.ts';
import { textAt, textOf } from '../../json.ts';
import type { JsonObject } from '../../model.ts';
import { GoDuration } from '../duration.ts';
import { functionType, goFunction } from '../function.ts';
import { goInt } from '../numbers.ts';
import { GoStruct } from '../struct.ts';
import { subtractTimes } from '../time.ts';
import type { RepoProvider } from './repo.ts';

export interface SharedResource {
  group: string;
  kind: string;
  namespace: string;
  name: string;
  message: string;
  /** `PreSync`, `Sync`, `PostSync` …; empty for a resource outside the sync. */
  syncPhase: string;
  /** Type of the hook, empty for what is none. */
  hook: string;
  wave: number;
  /** `Degraded`, `Progressing` …; empty where it is not what is asked for. */
  health: string;
}

const identity = (resource: JsonObject): string =>
  JSON.stringify(['group', 'kind', 'namespace', 'name'].map((key) => textAt(resource, key)));

/** Sync waves stand with the resources of the status, not with the results of the sync. */
function waves(app: JsonObject): Map<string, number> {
  const found = new Map<string, number>();
  for (const resource of resourcesOf(app)) {
    if (typeof resource.syncWave === 'number') found.set(identity(resource), resource.syncWave);
  }
  return found;
}

function shown(resource: JsonObject, message: string, wave: number): SharedResource {
  return {
    group: textAt(resource, 'group'),
    kind: textAt(resource, 'kind'),
    namespace: textAt(resource, 'namespace'),
    name: textAt(resource, 'name'),
    message,
    syncPhase: textAt(resource, 'syncPhase'),
    hook: textAt(resource, 'hookType'),
    wave,
    health: textAt(resource, 'health', 'status'),
  };
}

/** Resources and hooks that failed in the last sync, in order of phase and wave as the sync lists them. */
export function failedResources(app: JsonObject): SharedResource[] {
  const waveOf = waves(app);
  return syncedResources(app)
    .filter(
      ({ status, hookPhase }) => status === 'SyncFailed' || hookPhase === 'Failed' || hookPhase === 'Error',
    )
    .map((resource) => shown(resource, textAt(resource, 'message'), waveOf.get(identity(resource)) ?? 0));
}

/**
 * Resources that are not healthy, where the Application records that; else as Argo CD answers, which in a condition
 * throws until it has.
 */
export function unhealthyResources(app: JsonObject, repo?: RepoProvider): SharedResource[] {
  const recorded = resourcesOf(app).filter((resource) => textAt(resource, 'health', 'status') !== '');
  const known = recorded.length > 0 ? recorded : (repo?.unhealthyResources?.() ?? []);
  const waveOf = waves(app);
  return known
    .filter((resource) => !['Healthy', ''].includes(textAt(resource, 'health', 'status')))
    .map((resource) =>
      shown(resource, textAt(resource, 'health', 'message'), waveOf.get(identity(resource)) ?? 0),
    );
}

/**
 * What the last sync was to set right: the resources that it was asked for, as of a self-heal; else those that it has
 * changed; else those that are out of sync.
 */
export function driftingResources(app: JsonObject): SharedResource[] {
  const asked = syncTargets(app);
  const synced = syncedResources(app);
  const changed = synced.filter(
    (resource) =>
      textAt(resource, 'hookType') === '' &&
      /\b(?:configured|created|serverside-applied)\b/.test(textAt(resource, 'message')),
  );
  const outOfSync = resourcesOf(app).filter((resource) => textAt(resource, 'status') === 'OutOfSync');
  const found = [asked, changed, outOfSync].find((some) => some.length > 0) ?? [];
  const waveOf = waves(app);
  return found.map((resource) =>
    shown(resource, textAt(resource, 'message'), waveOf.get(identity(resource)) ?? 0),
  );
}

/** Images of the resources that the last sync changed; those that it left `unchanged` do not count. */
export function changedImages(app: JsonObject): string[] {
  return imagesOf(
    syncedResources(app).filter(
      (resource) =>
        textAt(resource, 'status') === 'Synced' && !/\bunchanged\b/.test(textAt(resource, 'message')),
    ),
  );
}

const repositoryOf = (image: string): string => imageParts(image).repository;

/**
 * The images that run, sorted; null while a rollout is under way: a changed image does not run yet, or runs beside
 * another version that the last sync does not have. Where Argo CD records no images of a sync, those that run.
 */
function settledImages(app: JsonObject): string[] | null {
  const running = runningImages(app);
  const synced = imagesOf(syncedResources(app));
  const changed = changedImages(app);
  const repositories = new Set(changed.map(repositoryOf));
  const isOld = (image: string): boolean => repositories.has(repositoryOf(image)) && !synced.includes(image);
  const isUnderWay = running.some(isOld) || changed.some((image) => !running.includes(image));
  return isUnderWay ? null : running;
}

/** How long the last operation took; undefined while it runs and where none is recorded. */
function operationDuration(app: JsonObject): GoDuration | undefined {
  const { startedAt, finishedAt } = operationOf(app);
  const [started, finished] = [readTime(startedAt), readTime(finishedAt)];
  return started && finished ? subtractTimes(finished, started) : undefined;
}

/** The Application in Argo CD's UI; empty without `argocdUrl` in the context, and for an ApplicationSet. */
export function link(app: JsonObject, argocdUrl: string): string {
  // Not every release of Argo CD has a page of it.
  if (isApplicationSet(app)) return '';
  const { namespace, name } = identityOf(app);
  if (argocdUrl === '' || name === '') return '';
  const path = namespace === '' ? [name] : [namespace, name];
  return `${argocdUrl.replace(/\/+$/, '')}/applications/${path.map(encodeURIComponent).join('/')}`;
}

/** The address at the end of `Ana <ana@example.com>`, of characters that need no escape in JSON or in Slack's text. */
const ADDRESS = /(?:^|[\s<])([\w.!#$%'*+/=?^`{|}~-]+@[a-z\d-]+(?:\.[a-z\d-]+)+)>?\s*$/i;

/**
 * A mention of the author of a commit, made by `mention` of the e-mail address; without it the address. A text
 * without an address is returned as it is.
 */
export function slackMention(author: string, mention: (address: string) => string = String): string {
  const address = ADDRESS.exec(author)?.[1];
  return address === undefined ? author : mention(address);
}

/**
 * The author of the commit that the last sync brought, of the first source in git that knows it; '' where nobody tells.
 * In a condition it throws until the answer is there.
 */
export function authorOf(repo: RepoProvider | undefined): string {
  const commit = repo?.commitMetadataOf?.([]);
  return commit instanceof GoStruct ? textOf(commit.members.get('Author')) : '';
}

const ofText = functionType('func(string) string');

export interface SharedSources {
  app: JsonObject;
  context: Readonly<Record<string, string>>;
  /** What `syncWindows` is. */
  syncWindows(): unknown;
  repo?: RepoProvider | undefined;
  /** Makes a mention of an e-mail address; without it the address stands for itself. */
  mention?: ((address: string) => string) | undefined;
}

/** The variable `shared`. Each value is worked out when a template reads it. */
export function sharedValues(sources: SharedSources): Record<string, unknown> {
  const { app, context, syncWindows, repo, mention } = sources;
  const argocdUrl = Object.hasOwn(context, 'argocdUrl') ? (context.argocdUrl as string) : '';
  return {
    get failedResources() {
      return failedResources(app);
    },
    get unhealthyResources() {
      return unhealthyResources(app, repo);
    },
    get degradedResources() {
      return unhealthyResources(app, repo).filter(({ health }) => ['Degraded', 'Missing'].includes(health));
    },
    get driftingResources() {
      return driftingResources(app);
    },
    get changedImages() {
      return changedImages(app);
    },
    get settledImages() {
      return settledImages(app);
    },
    get syncWindows() {
      return syncWindows();
    },
    get initiator() {
      return operationOf(app).initiator;
    },
    get author() {
      return authorOf(repo);
    },
    get deploymentsInARow() {
      return goInt(deploymentsInARow(app));
    },
    get duration() {
      return operationDuration(app) ?? '';
    },
    get link() {
      return link(app, argocdUrl);
    },
    SlackMention: goFunction(ofText, (author: string) => slackMention(author, mention)),
  };
}
