/** Seconds of CPU that this thread spends on it, whatever else the machine does. */
export function cpuSeconds(run: () => unknown): number {
  const before = process.threadCpuUsage();
  run();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1_000_000;
}
