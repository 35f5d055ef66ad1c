import type { Failure } from '../api.ts';
import { codePoints, cutText } from '../cut.ts';
import type { Calls, Purpose } from './calls.ts';
import type { Commit } from './commits.ts';

/**
 * What became of a part. Of an earlier attempt that may have arrived: `found`, it has; `written`, it has not; `blind`,
 * nobody could look, so that it may be there twice; `same`, to write again changed nothing.
 */
export type Done =
  | { ok: true; how: 'found' | 'written' | 'blind' | 'same'; run?: CheckRun }
  | { ok: false; failure: Failure };

/** A check run that was made, by which what follows of the same alert finds it. */
export interface CheckRun {
  repository: string;
  revision: string;
  name: string;
  id: number;
}

/** When the earlier attempts may have arrived, Unix milliseconds. */
export interface Earlier {
  since: number;
}

/** One of the things that a section asks for, read and checked: nothing but GitHub can refuse it. */
export interface Part extends Purpose {
  /** Of the repository, and not of a commit: of several commits of one it is done once. */
  isOfRepository?: true;
  /** With `earlier` it looks first whether that has arrived. */
  perform(commit: Commit, calls: Calls, earlier: Earlier | undefined): Promise<Done>;
}

/** Why a section cannot be sent; goes on from the name of the template's field. */
export class BadSection extends Error {
  override name = 'BadSection';
}

/** As argocd-notifications cuts: the sign is three dots. */
export function cut(text: string, limit: number): string {
  return cutText(text.toWellFormed(), limit, codePoints, '...');
}

/** Milliseconds by which GitHub's clock may be behind. */
const skew = 300_000;

/** Made since the earlier attempt began. */
export function isSince(time: string, { since }: Earlier): boolean {
  return Date.parse(time) >= since - skew;
}

export function sinceText({ since }: Earlier): string {
  return new Date(since - skew).toISOString();
}
