import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadSync, type MethodDefinition } from '@grpc/proto-loader';
import { expect, test } from 'vitest';
import { commitQuestions, detailsQuestions } from '../../src/argocd/questions.ts';
import { requestOf } from '../../src/argocd/repo-server-requests.ts';
import type { ArgocdSettings } from '../../src/argocd/repositories.ts';
import type { JsonObject } from '../../src/model.ts';

// Held against what argo-cd itself sends, message by message: which repository, its credentials, and every field number.

interface Vector extends ArgocdSettings {
  name: string;
  app: JsonObject;
  revision?: string;
  /** Base64 of the message. */
  request?: string;
  fails?: true;
}

const { cases } = JSON.parse(readFileSync(join(import.meta.dirname, 'repo-server-vectors.json'), 'utf8')) as {
  cases: Vector[];
};

const definition = loadSync(join(import.meta.dirname, '../../src/argocd/repo-server.proto'), {
  keepCase: true,
  longs: String,
  defaults: true,
});
const service = definition['repository.RepoServerService'] as Record<
  string,
  MethodDefinition<object, object>
>;

/** Kustomize versions come in any order from there: a map of Go. */
function normalised(message: object): unknown {
  const byName = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name);
  return JSON.parse(JSON.stringify(message), (key, value: unknown) =>
    key === 'versions' && Array.isArray(value) ? value.sort(byName) : value,
  );
}

function asked({ app, revision, secrets, configMap }: Vector) {
  const [question] = revision === undefined ? detailsQuestions(app) : commitQuestions(app, [revision]);
  if (question === undefined) throw new Error('nothing is asked');
  return requestOf(question, { secrets, configMap });
}

test.each(cases.filter(({ fails }) => !fails))('$name', (vector) => {
  const made = asked(vector);
  if (!made.ok) throw new Error(made.error);
  const method = service[vector.revision === undefined ? 'GetAppDetails' : 'GetRevisionMetadata'];
  if (method === undefined) throw new Error('no such method');
  const read = (bytes: Buffer) => normalised(method.requestDeserialize(bytes));
  const recorded = Buffer.from(vector.request ?? '', 'base64');
  expect(read(method.requestSerialize(made.value.message))).toEqual(read(recorded));
});

test.each(cases.filter(({ fails }) => fails))('$name, which is no request', (vector) => {
  expect(asked(vector)).toEqual({
    ok: false,
    error: expect.stringMatching(/^\w+ of the Secret broken, .* is no /) as string,
  });
});
