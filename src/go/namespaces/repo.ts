/** argo-cd's `repo` namespace. What needs the repo-server comes from a provider that the caller injects. */

import type { JsonObject } from '../../model.ts';
import { sprint } from '../format.ts';
import { functionType, goFunction } from '../function.ts';
import { integerValue } from '../numbers.ts';
import { type GoFunction, GoSlice, goTypeOf } from '../typed.ts';
import { type GoUrl, noUrl, parseUrl, queryEscape, urlText } from '../url.ts';

/** Answers of Argo CD, already fetched: expressions and templates run without I/O. Throw to fail the call. */
export interface RepoProvider {
  /** A Go value with `Message`, `Author`, `Date` and `Tags`. */
  commitMetadata(revision: string): unknown;
  /**
   * Ours: of the first that is known, where a template gives a list (the `revisions` of an Application with several
   * sources) or nothing (its `revision`, which is absent). Without it the function takes a string only, as argo-cd's.
   */
  commitMetadataOf?(revisions: readonly string[]): unknown;
  /**
   * A Go value with `Type`, `Helm`, `Kustomize` and `Directory`; of the source at an index from 0, or of the first that
   * makes manifests.
   */
  appDetails(sourceIndex?: number): unknown;
  /** Ours: resources that are not healthy, with their `health`, as `status.resources` holds them where it does. */
  unhealthyResources?(): readonly JsonObject[];
}

const TRANSPORTS: ReadonlySet<string> = new Set([
  'ssh',
  'git',
  'git+ssh',
  'http',
  'https',
  'ftp',
  'ftps',
  'rsync',
  'file',
]);

const SCP = /^([a-zA-Z0-9\-._~]+@)?([a-zA-Z0-9._-]+):([a-zA-Z0-9./_-]+)(?:\?|)(.*)$/;
const MAX_SCP = 2048;

const blank: GoUrl = { ...noUrl, scheme: 'file' };

/** A repository address as git takes it: a URL of a known transport, `user@host:path`, or else a local path. */
export function parseGitUrl(text: string): GoUrl {
  const url = parseUrl(text);
  if (url !== undefined && TRANSPORTS.has(url.scheme)) return url;
  const scp = text.length > MAX_SCP ? null : SCP.exec(text);
  if (scp === null) return { ...blank, path: text };
  return {
    ...blank,
    scheme: 'ssh',
    host: scp[2] as string,
    path: scp[3] as string,
    rawQuery: scp[4] as string,
  };
}

/** The address as a browser takes it: `https`, without user and password. */
function repoUrlToHttps(text: string): string {
  return urlText({ ...parseGitUrl(text), scheme: 'https', user: undefined });
}

/** `acme/widgets` of any form of the repository's address. */
export function fullNameByRepoUrl(text: string): string {
  const path = parseGitUrl(text).path.replace(/\.git$/, '');
  const parts = path.split('/').filter((part) => part !== '');
  return parts.length >= 2 ? parts.slice(0, 2).join('/') : path;
}

const unavailable = (): never => {
  throw new Error('Argo CD is not configured: the repository cannot be asked');
};

const METADATA = functionType('func(string) interface {}');
const METADATA_OF = functionType('func(interface {}) interface {}');
const DETAILS = functionType('func(...interface {}) interface {}');

/** The functions that need nobody. */
const PURE = {
  RepoURLToHTTPS: goFunction('func(string) string', repoUrlToHttps),
  FullNameByRepoURL: goFunction('func(string) string', fullNameByRepoUrl),
  QueryEscape: goFunction('func(string) string', queryEscape),
};

export function repoNamespace(provider: RepoProvider | undefined): Readonly<Record<string, GoFunction>> {
  return {
    ...PURE,
    GetCommitMetadata: commitMetadata(provider),
    GetAppDetails: goFunction(DETAILS, (...given: unknown[]) => {
      const index = sourceIndexIn(given);
      return provider === undefined ? unavailable() : provider.appDetails(index);
    }),
  };
}

/** The optional argument: any integer from 0. */
function sourceIndexIn(given: readonly unknown[]): number | undefined {
  if (given.length === 0) return undefined;
  const [value] = given;
  const index = integerValue(value);
  if (given.length > 1 || index === undefined || index < 0)
    throw new Error(
      `the index of a source is an integer from 0, not ${given.length > 1 ? 'several' : sprint(value)}`,
    );
  return Number(index);
}

function commitMetadata(provider: RepoProvider | undefined): GoFunction {
  if (provider?.commitMetadataOf !== undefined) {
    return goFunction(METADATA_OF, (revisions: unknown) =>
      provider.commitMetadataOf?.(revisionsIn(revisions)),
    );
  }
  return goFunction(METADATA, (revision: string) =>
    provider === undefined ? unavailable() : provider.commitMetadata(revision),
  );
}

function revisionsIn(value: unknown): string[] {
  const items = value instanceof GoSlice ? value.items : Array.isArray(value) ? value : [value];
  return items
    .map((item) => {
      if (typeof item === 'string' || item === null) return item ?? '';
      throw new Error(`a revision is a string, not ${goTypeOf(item)}`);
    })
    .filter((revision) => revision !== '');
}
