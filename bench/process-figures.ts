import { readFileSync } from 'node:fs';

/** Seconds of user and system time, of all threads (proc(5)): a tick is a hundredth everywhere that Node.js runs. */
export function cpuOf(pid = 0): number {
  // The name in parentheses may hold anything.
  const [, rest = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(/\) (?!.*\) )/s);
  const fields = rest.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** MiB. */
export function memoryOf(pid = 0): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1024;
}
