import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../model.ts';
import { commitQuestions, detailsQuestions } from './questions.ts';

const metadata = { name: 'shop', namespace: 'team' };
const identity = { namespace: 'team', name: 'shop', project: 'p' };
const git = (name: string): JsonObject => ({ repoURL: `https://git/${name}`, path: 'deploy' });
const chart: JsonObject = { repoURL: 'https://charts', chart: 'redis', targetRevision: '1.2.3' };

function single(source: JsonObject, status: JsonObject = {}): JsonObject {
  return { metadata, spec: { project: 'p', source }, status };
}
function multi(sources: JsonObject[], revisions: string[]): JsonObject {
  return { metadata, spec: { project: 'p', sources }, status: { sync: { revisions } } };
}
const asked = (app: JsonObject, revisions: string[]) =>
  commitQuestions(app, revisions).map(({ revision, sourceIndex }) => [revision, sourceIndex]);

describe('which commits are asked for', () => {
  it('one source: the revision', () => {
    expect(commitQuestions(single(git('a')), ['r1'])).toEqual([
      { kind: 'commit', application: identity, repoURL: 'https://git/a', revision: 'r1' },
    ]);
  });

  it('several sources: a list is paired with them, charts have no commits', () => {
    const app = multi([chart, git('a'), git('b')], ['1.2.3', 'r1', 'r2']);
    expect(asked(app, ['1.2.3', 'r1', 'r2'])).toEqual([
      ['r1', 1],
      ['r2', 2],
    ]);
  });

  it('several sources: one revision is asked of the source that has it first, then of the others', () => {
    const app = multi([git('a'), chart, git('b')], ['r1', '1.2.3', 'r2']);
    expect(asked(app, ['r2'])).toEqual([
      ['r2', 2],
      ['r2', 0],
    ]);
    expect(asked(app, ['unheard'])).toEqual([
      ['unheard', 0],
      ['unheard', 2],
    ]);
  });

  it('no revision: those of the last sync, or else those compared with', () => {
    const app = multi([chart, git('a')], ['1.2.3', 'r1']);
    expect(asked(app, [])).toEqual([['r1', 1]]);
    const operationState = { syncResult: { revision: 'r9' } };
    expect(asked(single(git('a'), { operationState, sync: { revision: 'r1' } }), [])).toEqual([
      ['r9', undefined],
    ]);
    expect(asked(single(git('a'), { sync: { revision: 'r1' } }), [])).toEqual([['r1', undefined]]);
    expect(asked(single(git('a')), [])).toEqual([]);
  });

  it('nothing that has no commits', () => {
    expect(asked(single(chart), ['1.2.3'])).toEqual([]);
    expect(asked(single({ repoURL: 'oci://registry/app', path: '.' }), ['sha256:1'])).toEqual([]);
    expect(asked({}, ['r1'])).toEqual([]);
    expect(asked({ spec: { source: 'nonsense', sources: 7 }, status: { sync: [] } }, ['r1'])).toEqual([]);
  });

  it('a bounded number', () => {
    const sources = Array.from({ length: 50 }, (_, i) => git(String(i)));
    expect(asked(multi(sources, []), ['r1'])).toHaveLength(10);
  });
});

describe('whose details are asked for', () => {
  it('of the source, with what is deployed', () => {
    expect(detailsQuestions(single(chart, { sync: { revision: '1.2.3' } }))).toEqual([
      { kind: 'details', application: identity, source: chart, revision: '1.2.3' },
    ]);
  });

  it('of the sources that make manifests', () => {
    const values: JsonObject = { repoURL: 'https://git/values', ref: 'values' };
    const app = multi([values, chart, git('a')], ['r1', '1.2.3', 'r2']);
    expect(
      detailsQuestions(app).map(({ source, sourceIndex, revision }) => [source, sourceIndex, revision]),
    ).toEqual([
      [chart, 1, '1.2.3'],
      [git('a'), 2, 'r2'],
    ]);
  });

  it('of the hydrated source', () => {
    const sourceHydrator = {
      drySource: { repoURL: 'https://git/dry', path: 'dry', targetRevision: 'HEAD' },
      syncSource: { targetBranch: 'env/prod', path: 'prod' },
    };
    const [question] = detailsQuestions({ metadata, spec: { project: 'p', sourceHydrator } });
    expect(question?.source).toEqual({
      repoURL: 'https://git/dry',
      targetRevision: 'env/prod',
      path: 'prod',
    });
  });
});
