import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');

/** Counts the modules of gRPC that a process has loaded, which are all CommonJS, before and after a question. */
const script = `
  import { createRequire } from 'node:module';
  const { cache } = createRequire(import.meta.url);
  const loaded = () => Object.keys(cache).filter((file) => /@grpc|protobufjs/.test(file)).length;
  await import(${JSON.stringify(join(root, 'src/run.ts'))});
  const before = loaded();
  const { createArgocd } = await import(${JSON.stringify(join(root, 'src/argocd/argocd.ts'))});
  const log = { info() {}, warn() {} };
  const readSettings = async () => ({ secrets: [], configMap: {} });
  const argocd = createArgocd(
    { log, readSettings, excerptOf: (text) => text, now: Date.now },
    { namespace: 'argocd', repoServer: { address: '127.0.0.1:1', plaintext: true } },
  );
  const application = { namespace: 'argocd', name: 'a', project: 'p' };
  await argocd.lookup(undefined).ask({ kind: 'commit', application, repoURL: 'https://git.example/a', revision: 'b' });
  await argocd.close();
  console.log(JSON.stringify([before, loaded() > 0]));
`;

test('the packages of gRPC are loaded with the first question', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    cwd: root,
  });
  expect(JSON.parse(stdout)).toEqual([0, true]);
});
