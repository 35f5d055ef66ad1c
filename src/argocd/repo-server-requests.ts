import { textAt } from '../json.ts';
import type { DetailsQuestion, RepoQuestion } from './questions.ts';
import {
  type ArgocdSettings,
  helmOptions,
  helmRepositories,
  kustomizeOptions,
  type Repository,
  repositoryOf,
} from './repositories.ts';
import { sourceMessage } from './source-message.ts';

/** A message of repo-server.proto, by field. Not for logs. */
export interface RepoServerRequest {
  message: object;
  /** What in it is secret. */
  secrets: readonly string[];
}

type Made<T> = { ok: true; value: T } | { ok: false; error: string };

/** An error is for people and holds no secret. Source: util/notification/argocd/service.go of argo-cd. */
export function requestOf(question: RepoQuestion, settings: ArgocdSettings): Made<RepoServerRequest> {
  const { project } = question.application;
  const repoURL = question.kind === 'commit' ? question.repoURL : question.source.repoURL;
  const found = repositoryOf(settings, repoURL, project);
  if (!found.ok) return found;
  const repo = found.repository;
  if (question.kind === 'commit')
    return {
      ok: true,
      value: { message: { repo, revision: question.revision }, secrets: secretsOf([repo]) },
    };
  const source = sourceMessage(question.source);
  if (!source.ok) return source;
  const refSources = refSourcesOf(question, settings);
  if (!refSources.ok) return refSources;
  const repos = helmRepositories(settings);
  return {
    ok: true,
    value: {
      message: {
        repo,
        source: source.message,
        repos,
        kustomizeOptions: kustomizeOptions(settings),
        helmOptions: helmOptions(settings),
        appName: question.application.name,
        ...(Object.keys(refSources.value).length === 0 ? {} : { refSources: refSources.value }),
      },
      secrets: secretsOf([
        { repo: question.source.repoURL },
        repo,
        ...repos,
        ...Object.values(refSources.value).map((target) => target.repo),
      ]),
    },
  };
}

interface RefTarget {
  repo: Repository;
  targetRevision: string;
  chart: string;
}

/** What `$ref/…` in value files means. argocd-notifications leaves it out, so that such charts have no details there. */
function refSourcesOf(
  { refs, application }: DetailsQuestion,
  settings: ArgocdSettings,
): Made<Record<string, RefTarget>> {
  const targets: Record<string, RefTarget> = {};
  for (const source of refs ?? []) {
    const found = repositoryOf(settings, textAt(source, 'repoURL'), application.project);
    if (!found.ok) return found;
    targets[`$${textAt(source, 'ref')}`] = {
      repo: found.repository,
      targetRevision: textAt(source, 'targetRevision'),
      chart: textAt(source, 'chart'),
    };
  }
  return { ok: true, value: targets };
}

/** Everything that a Secret may hold but what is no secret in any of them. */
const harmless: ReadonlySet<string> = new Set(['name', 'project', 'type', 'depth', 'noProxy']);

function secretsOf(repositories: readonly Repository[]): string[] {
  const values = repositories.flatMap((repository) =>
    Object.entries(repository).flatMap(([key, value]) => {
      if (typeof value !== 'string' || harmless.has(key)) return [];
      return key === 'repo' || key === 'proxy' || key === 'githubAppEnterpriseBaseUrl'
        ? userInfoOf(value)
        : [value];
    }),
  );
  return [...new Set(values)];
}

function userInfoOf(url: string): string[] {
  const [, user] = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)@/i.exec(url) ?? [];
  return user === undefined ? [] : [user, ...user.split(':')];
}
