import { execFile } from 'node:child_process';
import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { repository } from '../shipping/kustomize.ts';
import { temporaryFile, temporaryFolder } from './support.ts';

const run = promisify(execFile);
const main = join(repository, 'bin/herald.cjs');

/** What ends with an exit code other than 0. */
async function failing(
  command: string,
  args: string[],
): Promise<{ code: unknown; stdout: string; stderr: string }> {
  const failed = await run(command, args, { env: { PATH: process.env.PATH, HOME: '/nonexistent' } }).catch(
    (error: unknown) => error,
  );
  const { code, stdout, stderr } = failed as { code: unknown; stdout: string; stderr: string };
  return { code, stdout, stderr };
}

test.each(['bin/herald.cjs', 'demo/start.cjs'])(
  '%s on an old Node.js: one line that says which is needed',
  async (file) => {
    const older = temporaryFile(
      'older.cjs',
      `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } });`,
    );
    expect(await failing(process.execPath, ['--require', older, join(repository, file)])).toEqual({
      code: 1,
      stdout: '',
      stderr: 'herald needs Node.js 24 or newer, and this is 20.20.2: install it, or use the image\n',
    });
  },
);

test('everything that starts Herald or its demo goes through it', () => {
  const { bin, scripts } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as {
    bin: Record<string, string>;
    scripts: Record<string, string>;
  };
  expect(bin).toEqual({ 'argocd-notifications': 'bin/herald.cjs', herald: 'bin/herald.cjs' });
  expect(scripts).toMatchObject({ start: 'node bin/herald.cjs', demo: 'node demo/start.cjs' });
  const dockerfile = readFileSync(join(repository, 'Dockerfile'), 'utf8');
  for (const name of Object.keys(bin))
    expect(dockerfile).toContain(`RUN ln -s ../../../app/bin/herald.cjs /usr/local/bin/${name}\n`);
  expect(dockerfile).toContain('ENTRYPOINT ["/usr/local/bin/herald"]\nCMD ["run"]\n');
});

test('no package runs a script of its own in the image, and its base can be pinned', () => {
  const dockerfile = readFileSync(join(repository, 'Dockerfile'), 'utf8');
  expect(dockerfile).toMatch(/^RUN npm ci .*--ignore-scripts/m);
  expect([...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, base]) => base)).toEqual([
    '${NODE_IMAGE}',
    '${BASE_IMAGE}',
  ]);
});

test.skipIf(process.platform !== 'linux')(
  'where nothing can be written, what the store needs is said in one line',
  async () => {
    const args = [
      'run',
      '--server=http://127.0.0.1:1',
      '--token=x',
      '--namespace=argocd',
      '--metrics-port=0',
    ];
    // Not even root can make a directory there.
    const failed = await run(process.execPath, [main, ...args], {
      env: { PATH: process.env.PATH, XDG_STATE_HOME: '/sys' },
    }).catch((error: unknown) => error);
    const { code, stderr } = failed as { code: unknown; stderr: string };
    expect(code).toBe(1);
    const lines = stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.filter(({ level }) => level === 'fatal')).toEqual([
      expect.objectContaining({
        error: expect.stringMatching(
          /^\/sys\/herald cannot be used: .* Give --queue a directory .*, on a volume .* memory:/,
        ),
      }),
    ]);
  },
);

test('under the name argocd-notifications a flag alone is for the controller', async () => {
  const controller = join(temporaryFolder(), 'argocd-notifications');
  symlinkSync(main, controller);
  const mistake =
    'herald run: --metrics-port "x" is not a whole number from 0 to 65535: use one, such as 9001\n';
  expect(await failing(process.execPath, [controller, '--metrics-port=x'])).toMatchObject({
    code: 2,
    stderr: mistake,
  });
  expect(
    await failing(process.execPath, [main, '/usr/local/bin/argocd-notifications', '--metrics-port=x']),
  ).toMatchObject({ code: 2, stderr: mistake });
});
