import { expect, test } from 'vitest';
import { readInvocation } from './invocation.ts';

const upstream = ['--metrics-port=9001', '--namespace=argocd'];
const controller = '/usr/local/bin/argocd-notifications';

test.each([
  ['/usr/local/bin/herald', ['run', '--queue=memory:'], ['run', '--queue=memory:']],
  ['/usr/local/bin/herald', [], []],
  // As upstream's manifests have it: `args` behind the image's entry point, or as the `command`.
  ['/usr/local/bin/herald', [controller, ...upstream], ['run', ...upstream]],
  ['/usr/local/bin/herald', [controller], ['run']],
  [controller, upstream, ['run', ...upstream]],
  [controller, [], ['run']],
  [controller, ['--help'], ['run', '--help']],
  [controller, ['--version'], ['--version']],
  [controller, ['config', 'check', '-'], ['config', 'check', '-']],
  ['/usr/local/bin/herald', ['/usr/local/bin/herald', 'run'], ['run']],
  ['/app/bin/herald.mjs', ['trigger', 'get'], ['trigger', 'get']],
])('%s %j', (started, argv, expected) => {
  expect(readInvocation(started, argv)).toEqual(expected);
});
