/** Addresses of repositories as Argo CD compares them. Source of the behaviour: util/git/git.go of argo-cd. */
import { parseUrl, urlText } from '../go/url.ts';

/** One spelling for the same repository: no case, no `.git`, no `ssh://`; '' for what is no URL. */
export function normalizedGitUrl(repoURL: string): string {
  const lower = repoURL.trim().toLowerCase();
  const address = isSsh(lower) && !lower.startsWith('ssh://') ? `ssh://${lower.replace(':', '/')}` : lower;
  const url = parseUrl(address.replace(/\.git$/, ''));
  return url === undefined ? '' : urlText(url).replace(/^ssh:\/\//, '');
}

/** What is no URL is the same as itself. */
export function isSameRepository(one: string, other: string): boolean {
  const left = normalizedGitUrl(one) || one;
  const right = normalizedGitUrl(other) || other;
  return left !== '' && left === right;
}

/** Without user and password, for people. */
export function publicUrl(repoURL: string): string {
  const url = parseUrl(repoURL);
  return url?.user === undefined ? repoURL : urlText({ ...url, user: undefined });
}

function isSsh(address: string): boolean {
  return /^(ssh:\/\/)?[^/:]*?@[^@]+$/.test(address);
}
