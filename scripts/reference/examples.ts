/** Examples as data, and what every evaluation of one is given: the sample Application, at one moment, in UTC. */
import { sampleApplication } from '../../src/config/sample-application.ts';
import { UTC } from '../../src/go/location.ts';
import type { RepoProvider } from '../../src/go/namespaces/repo.ts';
import { appDetailsValue, commitMetadataValue } from '../../src/go/namespaces/repo-values.ts';
import { timeFromMillis } from '../../src/go/time.ts';

export interface ExampleGroup {
  title: string;
  /** By the name of the function. */
  examples: Readonly<Record<string, string>>;
}

export const now = Date.parse('2026-01-06T10:16:30Z');

export const app = {
  ...sampleApplication,
  metadata: {
    ...(sampleApplication.metadata as object),
    annotations: { version: '1.4.2', 'notifications.argoproj.io/subscribe.on-sync-failed.slack': 'deploys' },
  },
};

export const context = { argocdUrl: 'https://argocd.example.com' };

/** What a repo-server answers. */
export const repo: RepoProvider = {
  commitMetadata: () => commit,
  commitMetadataOf: () => commit,
  appDetails: () =>
    appDetailsValue({
      type: 'Helm',
      helm: {
        name: 'guestbook',
        valueFiles: ['values.yaml'],
        parameters: [{ name: 'image.tag', value: '1.4.2' }],
        values: '',
        fileParameters: [],
        overrides: [],
      },
      kustomize: undefined,
      directory: false,
    }),
};

const commit = commitMetadataValue({
  message: 'Release 1.4.2',
  author: 'Ana <ana@example.com>',
  date: timeFromMillis(Date.parse('2026-01-06T09:30:00Z'), UTC),
  tags: ['1.4.2'],
});

/** Every function has one example, and there is no example of anything else. */
export function checkComplete(
  what: string,
  names: Iterable<string>,
  groups: readonly ExampleGroup[],
): readonly ExampleGroup[] {
  const wanted = new Set(names);
  const given = groups.flatMap(({ examples }) => Object.keys(examples));
  const missing = [...wanted].filter((name) => !given.includes(name));
  const unknown = given.filter((name) => !wanted.has(name));
  if (missing.length > 0) throw new Error(`${what} without an example: ${missing.join(', ')}`);
  if (unknown.length > 0) throw new Error(`examples of ${what} that do not exist: ${unknown.join(', ')}`);
  const strangers = groups.flatMap(({ examples }) =>
    Object.entries(examples).filter(
      ([name, text]) => !new RegExp(`(?<![\\w.])${name.replaceAll('.', '\\.')}\\b`).test(text),
    ),
  );
  if (strangers.length > 0)
    throw new Error(`examples that do not use their function: ${strangers.join('; ')}`);
  return groups;
}
