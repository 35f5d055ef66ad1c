import type { JsonObject } from '../../src/model.ts';

export const sha = 'a'.repeat(40);
const otherSha = 'b'.repeat(40);

export const commit = {
  author: 'Ana <ana@example.com>',
  date: '2026-11-22T10:39:00Z',
  tags: ['v1', 'stable'],
  message: 'fix "quotes"\n\nand lines',
  signatureInfo: '',
};

const metadata = { name: 'shop', namespace: 'argocd', uid: 'u1' };

export const source = {
  repoURL: 'https://git.example/acme/shop.git',
  path: 'deploy',
  targetRevision: 'HEAD',
};

/** One source. */
export const shop: JsonObject = {
  metadata,
  spec: { project: 'default', source },
  status: { sync: { status: 'Synced', revision: sha } },
};

/** A chart, its values in git, and manifests in git. */
export const several: JsonObject = {
  metadata: { ...metadata, name: 'several', uid: 'u2' },
  spec: {
    project: 'default',
    sources: [
      { repoURL: 'https://charts.example', chart: 'redis', targetRevision: '1.2.3' },
      { repoURL: 'https://git.example/acme/values.git', ref: 'values', targetRevision: 'main' },
      { repoURL: 'https://git.example/acme/shop.git', path: 'deploy', targetRevision: 'main' },
    ],
  },
  status: { sync: { status: 'Synced', revisions: ['1.2.3', sha, otherSha] } },
};
