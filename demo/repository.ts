import { randomBytes } from 'node:crypto';
import { createRepoServerSimulator, type RepoServerSimulator } from '../simulator/repo-server.ts';
import type { Commit } from './story/step.ts';

/** The Git repository of the team, as a simulated repo-server knows it. */
export function createRepository(): { server: RepoServerSimulator; commit: Commit } {
  const server = createRepoServerSimulator();
  return {
    server,
    commit(author, message) {
      const revision = randomBytes(20).toString('hex');
      server.commits[revision] = { author, message, date: { seconds: Math.floor(Date.now() / 1000) } };
      return revision;
    },
  };
}
