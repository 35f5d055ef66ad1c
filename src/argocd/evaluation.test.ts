import { describe, expect, it } from 'vitest';
import { commitMetadataValue } from '../go/namespaces/repo-values.ts';
import type { JsonObject } from '../model.ts';
import { compileTrigger, conditionVars } from '../triggers/schema.ts';
import type { Answer } from './client.ts';
import { createRepoEvaluation } from './evaluation.ts';
import type { Lookup } from './lookup.ts';

const app: JsonObject = {
  metadata: { name: 'shop', namespace: 'argocd' },
  spec: { project: 'default', source: { repoURL: 'https://git/a', path: 'x' } },
  status: { sync: { revision: 'r1' } },
};
const author = 'repo.GetCommitMetadata(app.status.sync.revision).Author';

function start(answer: Answer) {
  let known: Answer | undefined;
  let arrived = 0;
  const asked = Promise.withResolvers<void>();
  const lookup: Lookup = {
    known: () => known,
    ask() {
      known = answer;
      return Promise.resolve(answer);
    },
  };
  const onAnswer = () => {
    arrived += 1;
    asked.resolve();
  };
  return {
    evaluate(yaml: string, object = app) {
      const condition = compileTrigger('t', yaml).trigger?.conditions[0];
      if (condition === undefined) throw new Error('does not compile');
      const repo = createRepoEvaluation(lookup, object, onAnswer);
      const vars = conditionVars({ app: object, context: {}, now: 0, repo: repo.provider });
      return { result: repo.run(() => condition.evaluate(vars)), unanswered: repo.unanswered() };
    },
    asked: asked.promise,
    arrived: () => arrived,
    lookup,
  };
}

const ana: Answer = {
  ok: true,
  value: commitMetadataValue({ message: 'm', author: 'Ana', date: undefined, tags: [] }),
};

describe('conditions with repo functions', () => {
  it('fail until the answer is there, and say so when it is', async () => {
    const { evaluate, asked, arrived } = start(ana);
    const yaml = `- {when: ${author} == 'Ana', send: [x]}`;
    expect(evaluate(yaml)).toEqual({
      result: {
        status: 'failed',
        error: expect.stringContaining('repo.GetCommitMetadata: Argo CD is being asked'),
      },
      unanswered: true,
    });
    await asked;
    expect(arrived()).toBe(1);
    expect(evaluate(yaml)).toEqual({
      result: { status: 'matched', oncePer: { kind: 'none' } },
      unanswered: false,
    });
    expect(arrived()).toBe(1);
  });

  it('fail with the reason where nobody knows, and are tried again', async () => {
    const { evaluate, asked } = start({ ok: false, reason: 'refused', detail: 'answered HTTP 403' });
    const yaml = `- {when: ${author} == 'Ana', send: [x]}`;
    evaluate(yaml);
    await asked;
    expect(evaluate(yaml)).toEqual({
      result: { status: 'failed', error: expect.stringContaining('Argo CD answered HTTP 403') },
      unanswered: true,
    });
    const chart = { ...app, spec: { source: { repoURL: 'https://charts', chart: 'redis' } } };
    expect(evaluate(yaml, chart).result).toMatchObject({
      error: expect.stringContaining('no source in git'),
    });
  });

  it('do not go on without their oncePer', async () => {
    const { evaluate, asked } = start(ana);
    const yaml = `- {when: 'true', oncePer: ${author}, send: [x]}`;
    expect(evaluate(yaml).result).toMatchObject({ status: 'failed' });
    await asked;
    expect(evaluate(yaml).result).toEqual({ status: 'matched', oncePer: { kind: 'value', printed: 'Ana' } });
  });

  it('do not take an unknown for nil under safe', () => {
    const { evaluate } = start(ana);
    expect(evaluate(`- {when: ${author} != 'Bo', safe: true, send: [x]}`).result).toMatchObject({
      status: 'failed',
    });
  });

  it('are asking while the answer is on its way, and not when nobody knows it', async () => {
    const { lookup, asked, evaluate } = start({ ok: false, reason: 'refused', detail: 'answered HTTP 403' });
    const yaml = `- {when: ${author} == 'Ana', send: [x]}`;
    const condition = compileTrigger('t', yaml).trigger?.conditions[0];
    const isAsking = () => {
      const repo = createRepoEvaluation(lookup, app, () => undefined);
      const vars = conditionVars({ app, context: {}, now: 0, repo: repo.provider });
      expect(repo.run(() => condition?.evaluate(vars) ?? { status: 'unmatched' }).status).toBe('failed');
      return repo.isAsking();
    };
    evaluate(yaml);
    expect(isAsking()).toBe(false);
    await asked;
    expect(isAsking()).toBe(false);
    const fresh: Lookup = { known: () => undefined, ask: lookup.ask };
    const repo = createRepoEvaluation(fresh, app, () => undefined);
    const vars = conditionVars({ app, context: {}, now: 0, repo: repo.provider });
    repo.run(() => condition?.evaluate(vars) ?? { status: 'unmatched' });
    expect(repo.isAsking()).toBe(true);
    repo.run(() => ({ status: 'unmatched' }));
    expect(repo.isAsking()).toBe(false);
  });

  it('ask for nothing that they do not reach', () => {
    const { evaluate, arrived } = start(ana);
    expect(evaluate(`- {when: "false && ${author} == 'Ana'", send: [x]}`)).toEqual({
      result: { status: 'unmatched' },
      unanswered: false,
    });
    expect(arrived()).toBe(0);
  });
});
