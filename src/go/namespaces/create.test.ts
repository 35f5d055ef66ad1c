import { describe, expect, test } from 'vitest';
import { callFunction } from '../call.ts';
import { sprint } from '../format.ts';
import { UTC } from '../location.ts';
import type { GoFunction } from '../typed.ts';
import { createNamespaces, type Namespaces } from './create.ts';

const namespaces = createNamespaces({ now: () => Date.UTC(2026, 10, 22, 12), local: () => UTC });

const call = (namespace: keyof Namespaces, name: string, ...args: unknown[]): string =>
  sprint(callFunction(namespaces[namespace][name] as GoFunction, args));

/** Conformance `expr.json`, helpers-repo. */
describe('repository addresses', () => {
  test.each([
    ['git@github.com:acme/widgets.git', 'https://github.com/acme/widgets.git', 'acme/widgets'],
    [
      'ssh://git@github.com:2222/acme/widgets.git',
      'https://github.com:2222/acme/widgets.git',
      'acme/widgets',
    ],
    ['https://user:secret@gitlab.com/a/b/c.git', 'https://gitlab.com/a/b/c.git', 'a/b'],
    ['oci://registry.example/charts', 'https://oci//registry.example/charts', 'registry.example/charts'],
    ['/srv/git/a.git', 'https:///srv/git/a.git', 'srv/git'],
    ['https://github.com/a%20b/c%2Fd', 'https://github.com/a%20b/c%2Fd', 'a b/c'],
    ['https://[::1]:8080/a/b?x=1#f', 'https://[::1]:8080/a/b?x=1#f', 'a/b'],
    ['', 'https:', ''],
  ])('%s', (address, https, name) => {
    expect(call('repo', 'RepoURLToHTTPS', address)).toBe(https);
    expect(call('repo', 'FullNameByRepoURL', address)).toBe(name);
  });
});

test('functions check their arguments as reflection does', () => {
  expect(call('repo', 'QueryEscape', "a b'()*~")).toBe('a+b%27%28%29%2A~');
  expect(call('strings', 'ToUpper', null)).toBe('');
  expect(() => call('time', 'Parse', 5)).toThrow('argument 1 is int64, want string');
  expect(() => call('time', 'Parse')).toThrow('too few');
  expect(() => call('time', 'Now', 1)).toThrow('too many');
});

test('sync.GetInfoItem looks into the operation that runs, then into the last one', () => {
  const info = (value: string) => ({
    info: [
      { name: 'other', value: 'x' },
      { name: 'author', value },
    ],
  });
  const last = { status: { operationState: { operation: info('last') } } };
  expect(call('sync', 'GetInfoItem', last, 'author')).toBe('last');
  expect(call('sync', 'GetInfoItem', { ...last, operation: info('now') }, 'author')).toBe('now');
  expect(() => call('sync', 'GetInfoItem', last, 'nope')).toThrow('no info item "nope"');
});

test('without Argo CD its functions fail', () => {
  expect(() => call('repo', 'GetCommitMetadata', 'abc')).toThrow('not configured');
});
