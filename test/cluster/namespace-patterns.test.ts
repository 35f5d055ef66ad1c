import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compileNamespacePatterns } from '../../src/cluster/namespace-patterns.ts';
import { createWatchScope } from '../../src/cluster/scope.ts';

interface Vectors {
  names: string[];
  unsupported: string[];
  patterns: { pattern: string; matches: string[]; invalid?: boolean }[];
}

const vectors = JSON.parse(
  readFileSync(new URL('namespace-patterns.json', import.meta.url), 'utf8'),
) as Vectors;

describe('a namespace pattern', () => {
  it.each(vectors.patterns)('$pattern matches what it does in Argo CD', ({ pattern, matches, invalid }) => {
    const compiled = compileNamespacePatterns([pattern]);
    expect(vectors.names.filter((name) => compiled.matches(name))).toEqual(matches);
    expect(compiled.problems.map((problem) => problem.pattern)).toEqual(invalid ? [pattern] : []);
  });

  it.each(vectors.unsupported)('%s of .NET is refused, not read as something else', (pattern) => {
    const compiled = compileNamespacePatterns([pattern]);
    expect(compiled.problems).toHaveLength(1);
    expect(vectors.names.some((name) => compiled.matches(name))).toBe(false);
  });

  it('that cannot be read leaves the others in force', () => {
    const compiled = compileNamespacePatterns(['/(/', 'team-*', '[']);
    expect(compiled.matches('team-a')).toBe(true);
    expect(compiled.problems.map((problem) => problem.pattern)).toEqual(['/(/', '[']);
  });
});

describe('the scope', () => {
  it('always has the namespace of the controller, and it alone without patterns', () => {
    const own = createWatchScope('argocd', []);
    expect([own.includes('argocd'), own.includes('other'), own.onlyOwn]).toEqual([true, false, true]);
    expect(createWatchScope('argocd', ['argocd']).onlyOwn).toBe(true);
    const wide = createWatchScope('argocd', ['team-*']);
    expect([wide.includes('argocd'), wide.includes('team-a'), wide.includes('other')]).toEqual([
      true,
      true,
      false,
    ]);
    expect(wide.onlyOwn).toBe(false);
  });
});
