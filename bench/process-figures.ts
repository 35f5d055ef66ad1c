import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** Seconds of user and system time, of all threads (proc(5)): a tick is a hundredth everywhere that Node.js runs. */
export function cpuOf(pid = 0): number {
  // The name in parentheses may hold anything.
  const [, rest = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(/\) (?!.*\) )/s);
  const fields = rest.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** MiB that are resident. */
export function memoryOf(pid = 0): number {
  return mebibytes(pid, 'VmRSS');
}

/** MiB that were resident at most. */
export function mostMemoryOf(pid = 0): number {
  return mebibytes(pid, 'VmHWM');
}

function mebibytes(pid: number, name: string): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024;
}

/** Until it has used less than a tenth of a processor for three seconds. */
export async function untilIdle(pid: number | undefined): Promise<void> {
  for (let quiet = 0, before = cpuOf(pid); quiet < 3; ) {
    await delay(1_000);
    const now = cpuOf(pid);
    quiet = now - before < 0.1 ? quiet + 1 : 0;
    before = now;
  }
}
