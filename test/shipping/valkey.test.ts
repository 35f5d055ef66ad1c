import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import { freePort } from '../../simulator/free-port.ts';
import { tools } from '../tools.ts';
import { combined, find, hasKubectl } from './kustomize.ts';

const available = hasKubectl && tools['redis-server'] !== undefined;

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

describe.skipIf(!available)('the component valkey', () => {
  it('starts with its arguments, and is what Herald asks of a store', async () => {
    const { spec } = find(await combined(['valkey']), 'Deployment', 'herald').spec.template;
    const args: string[] = [...spec.initContainers[0].args];
    const folder = await mkdtemp(join(tmpdir(), 'herald-queue-'));
    cleanups.push(() => rm(folder, { recursive: true }));
    expect(args[args.indexOf('--dir') + 1]).toBe('/data');
    args[args.indexOf('--dir') + 1] = folder;
    const port = await freePort();

    // Redis takes the same arguments as Valkey.
    const server = spawn('redis-server', [...args, '--port', String(port)], { stdio: 'ignore' });
    cleanups.push(async () => {
      server.kill();
      if (server.exitCode === null) await once(server, 'exit');
    });
    const client = new Redis({ port, host: '127.0.0.1', maxRetriesPerRequest: null });
    client.on('error', () => {});
    cleanups.push(async () => client.disconnect());

    await client.set('key', 'value');
    const setting = async (name: string) => ((await client.config('GET', name)) as string[])[1];
    expect(await setting('maxmemory-policy')).toBe('noeviction');
    expect(await setting('maxmemory')).toBe(String(384 * 1024 * 1024));
    expect(await setting('appendonly')).toBe('yes');
    expect(await setting('appendfsync')).toBe('always');
    expect(await setting('save')).toBe('');
    expect(await readdir(folder)).toContain('appendonlydir');
  });
});
