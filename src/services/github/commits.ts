import { fullNameByRepoUrl, parseGitUrl } from '../../go/namespaces/repo.ts';
import { textAt } from '../../json.ts';
import type { JsonObject } from '../../model.ts';

/** What is told something: a commit of a repository. */
export interface Commit {
  /** `acme/widgets`. */
  repository: string;
  /** The same, as a part of a path. */
  path: string;
  revision: string;
}

export type Commits =
  /** `without`: repositories of which no revision is known. */
  { ok: true; commits: Commit[]; without: string[] } | { ok: false; what: string };

/**
 * The commits that a section is about: `repoURLPath` has a line for each repository, and `revisionPath` one for each of
 * their revisions. Of several repositories those count that this GitHub has, where it has any.
 */
export function commitsOf(section: JsonObject, base: string): Commits {
  const addresses = linesOf(textAt(section, 'repoURLPath'));
  const revisions = linesOf(textAt(section, 'revisionPath')).map((line) => (isNothing(line) ? '' : line));
  const pairs = paired(addresses, revisions);
  if (pairs === undefined) {
    const counts = `${counted(addresses, 'repository', 'repositories')} and ${counted(revisions, 'revision', 'revisions')}`;
    return {
      ok: false,
      what: `repoURLPath and revisionPath come to ${counts}. Write as many of one as of the other`,
    };
  }
  const known = pairs.flatMap(({ address, revision }) => {
    const repository = repositoryOf(address);
    return repository === undefined ? [] : [{ address, repository, revision }];
  });
  if (known.length === 0) {
    return {
      ok: false,
      what: 'repoURLPath comes to no address of a repository, such as https://github.com/acme/widgets',
    };
  }
  const own = known.filter(({ address }) => hostOf(parseGitUrl(address).host) === hostOf(new URL(base).host));
  const chosen = known.length > 1 && own.length > 0 ? own : known;
  const bad = chosen.find(({ revision }) => revision !== '' && !isRevision(revision));
  if (bad !== undefined) return { ok: false, what: `revisionPath comes to no revision of ${bad.repository}` };
  const commits = new Map<string, Commit>();
  const without = new Set<string>();
  for (const { repository, revision } of chosen) {
    if (revision === '') without.add(repository);
    else commits.set(`${repository}@${revision}`, commitOf(repository, revision));
  }
  if (commits.size === 0) {
    return {
      ok: false,
      what: `no revision of ${[...without].join(', ')} is known: revisionPath comes to nothing`,
    };
  }
  return { ok: true, commits: [...commits.values()], without: [...without] };
}

export function commitOf(repository: string, revision: string): Commit {
  return { repository, path: escapedPath(repository), revision };
}

/** As a part of a path, in which a slash of a branch's name stays. */
export function escapedPath(text: string): string {
  return text.split('/').map(encodeURIComponent).join('/');
}

function linesOf(text: string): string[] {
  return text
    .replace(/\r?\n$/, '')
    .split('\n')
    .map((line) => line.trim());
}

/** What Go's templates print of a field that is not there. */
function isNothing(line: string): boolean {
  return line === '' || line === '<no value>' || line === '<nil>';
}

function paired(
  addresses: string[],
  revisions: string[],
): { address: string; revision: string }[] | undefined {
  const zip = (left: readonly string[], right: readonly string[]) =>
    left.map((address, index) => ({ address, revision: right[index] ?? '' }));
  const [some, known] = [addresses, revisions].map((lines) => lines.filter((line) => line !== '')) as [
    string[],
    string[],
  ];
  if (addresses.length === revisions.length || known.length === 0) return zip(addresses, revisions);
  return some.length === known.length ? zip(some, known) : undefined;
}

function counted(lines: readonly string[], one: string, several: string): string {
  const count = lines.filter((line) => line !== '').length;
  return `${count} ${count === 1 ? one : several}`;
}

function repositoryOf(address: string): string | undefined {
  if (isNothing(address)) return undefined;
  const name = fullNameByRepoUrl(address);
  const parts = name.split('/');
  const isName =
    parts.length === 2 && parts.every((part) => /^[^\s\p{Cc}]+$/u.test(part) && !/^\.+$/.test(part));
  return isName ? name : undefined;
}

/** The host of the repositories for that of the API, and for that of SSH. */
function hostOf(host: string): string {
  const name = host.toLowerCase().replace(/:\d+$/, '');
  return name === 'ssh.github.com' ? 'github.com' : name.replace(/^api\.(?=github\.com$|.*\.ghe\.com$)/, '');
}

/** Nothing that would lead elsewhere as a part of a path. */
function isRevision(text: string): boolean {
  return !/[\s\p{Cc}]|\.\./u.test(text) && !/(?:^|\/)\.?(?:\/|$)/.test(text);
}
