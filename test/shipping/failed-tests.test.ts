import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';

const script = join(import.meta.dirname, '../../scripts/failed-tests.ts');

test('the end of what .ci/run prints names what failed, and why', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'herald-reports-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const report = join(folder, 'tests.json');
  const message =
    'AssertionError: expected 1 to be 2\n    at a.test.ts:3:1\n    at run (file:///x/node_modules/vitest/dist/run.js:1:1)';
  await writeFile(
    report,
    JSON.stringify({
      testResults: [
        {
          name: join(process.cwd(), 'test/a.test.ts'),
          status: 'failed',
          assertionResults: [
            { status: 'passed', fullName: 'works', failureMessages: [] },
            { status: 'failed', fullName: 'sends once', failureMessages: [message] },
          ],
        },
        {
          name: join(process.cwd(), 'test/b.test.ts'),
          status: 'failed',
          message: 'No module c',
          assertionResults: [],
        },
      ],
    }),
  );
  const { stdout } = await promisify(execFile)(process.execPath, [script, report, join(folder, 'long.json')]);
  expect(stdout.split('\n')).toEqual([
    'Failed test: test/a.test.ts > sends once',
    '    AssertionError: expected 1 to be 2',
    '        at a.test.ts:3:1',
    'Failed test: test/b.test.ts',
    '    No module c',
    expect.stringContaining('No report of tests: ENOENT'),
    '',
  ]);
});
