import { execFile } from 'node:child_process';
import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
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

describe('what a start loads', () => {
  /** Modules that are loaded after `script`, of packages and of Node.js itself; what it prints is in `printed`. */
  async function loadedBy(script: string): Promise<{ files: string[]; own: string[]; printed: string }> {
    const program = `
      import { registerHooks } from 'node:module';
      const files = [];
      registerHooks({ load: (url, context, next) => { files.push(url); return next(url, context); } });
      const { pathToFileURL } = await import('node:url');
      const from = (path) => import(pathToFileURL(${JSON.stringify(`${repository}/`)} + path));
      await from('src/spared.ts');
      let printed = '';
      ${script}
      console.log(JSON.stringify({ files, own: process.moduleLoadList, printed }));
      process.exit();`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program]);
    return JSON.parse(stdout) as Awaited<ReturnType<typeof loadedBy>>;
  }

  test('no store but the one that is used, no second undici, and nothing that is spared', async () => {
    const { files, own } = await loadedBy("await from('src/run.ts');");
    const packages = files.flatMap((url) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? []);
    const unneeded = [
      'ioredis',
      'pg',
      'luxon',
      'cron-parser',
      '@opentelemetry/api',
      'openid-client',
      'js-yaml',
    ];
    expect(unneeded.filter((name) => packages.includes(name))).toEqual([]);
    expect(packages).toContain('bullmq');
    expect(own.filter((name) => name.includes('deps/undici'))).toEqual([]);
    const parts =
      /\/(?:undici\/lib\/(?:mock|web\/fetch)|zod\/v4\/locales\/de|bullmq\/dist\/cjs\/(?:scripts|postgres\/sql-scripts))/;
    expect(files.filter((url) => url.startsWith('file:') && parts.test(url))).toEqual([]);
  });

  test('a message to Slack takes no second undici, and a queue on SQLite nothing of Redis', async () => {
    const { files, own, printed } = await loadedBy(`
      const answer = JSON.stringify({ ok: true, ts: '1.2' });
      const { createServer } = process.getBuiltinModule('node:http');
      const server = createServer((_, response) => response.end(answer));
      await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { createSlackCall } = await from('src/services/slack/client.ts');
      const { Agent } = await import(${JSON.stringify(join(repository, 'node_modules/undici/index.js'))});
      const apiURL = 'http://127.0.0.1:' + server.address().port + '/api/';
      const call = createSlackCall({ token: 'x', apiURL }, { dispatcher: new Agent(), timeout: 60_000, now: Date.now });
      const { ts } = await call('chat.postMessage', { text: 'x' }, new AbortController().signal);

      const { systemClock } = await from('src/clock.ts');
      const { openSqlite } = await from('src/store/open-sqlite.ts');
      const log = { child: () => log, debug() {}, info() {}, warn() {}, error() {} };
      const store = openSqlite({ directory: undefined, name: 'memory', log, isGuest: false });
      const { createBullmqQueue } = await from('src/delivery/bullmq-queue.ts');
      const queue = createBullmqQueue(store, { log, concurrency: 1, clock: systemClock });
      printed = [ts, await queue.oldestDueAge()].join(' ');`);
    expect(printed).toBe('1.2 0');
    expect(own.filter((name) => name.includes('deps/undici'))).toEqual([]);
    const ofRedis = /\/(?:bullmq\/dist\/cjs\/classes\/redis-|msgpackr\/)/;
    expect(files.filter((url) => url.startsWith('file:') && ofRedis.test(url))).toEqual([]);
  });

  test('what is spared is there when it is used', async () => {
    const { printed } = await loadedBy(`
      const { MockAgent, EventSource, Headers } = await import(${JSON.stringify(join(repository, 'node_modules/undici/index.js'))});
      const { Summary } = await import(${JSON.stringify(join(repository, 'node_modules/prom-client/index.js'))});
      const agent = new MockAgent();
      const summary = new Summary({ name: 'size', help: 'h', percentiles: [0.5] });
      summary.observe(3);
      const isHeaders = [{} instanceof Headers, new Headers({ a: 'b' }) instanceof Headers];
      printed = [agent.isMockActive, EventSource.OPEN, (await summary.get()).values.at(-1).value, isHeaders].join(' ');`);
    expect(printed).toBe('true 1 1 false,true');
  });
});
