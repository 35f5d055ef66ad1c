import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Volume } from './scenario.ts';

const size = '64m';
const chunk = Buffer.alloc(1024 * 1024);

/** A small file system in memory; a text says why it cannot be had. */
export function mountVolume(): Volume | string {
  const root = mkdtempSync(join(tmpdir(), 'herald-volume-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', root], {
    encoding: 'utf8',
  });
  if (mounted.status !== 0) {
    rmSync(root, { recursive: true });
    return `no file system can be mounted: ${(mounted.stderr || String(mounted.error)).trim()}`;
  }
  const filler = join(root, 'filler');
  return {
    directory: join(root, 'sqlite'),
    fill() {
      for (;;) {
        const { bavail, bsize } = statfsSync(root);
        const left = Math.min(chunk.length, bavail * bsize);
        if (left === 0) return;
        try {
          writeFileSync(filler, chunk.subarray(0, left), { flag: 'a' });
        } catch (error) {
          // Herald has taken what was left.
          if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
        }
      }
    },
    free: () => rmSync(filler, { force: true }),
    remove() {
      spawnSync('umount', ['-l', root]);
      rmSync(root, { recursive: true, force: true });
    },
  };
}
