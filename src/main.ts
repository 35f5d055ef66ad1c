import './spared.ts';
import { parseCommandLine } from './cli/command-line.ts';
import { readInvocation } from './cli/invocation.ts';
import { isOffline, runOffline } from './cli/offline.ts';

const [, started = '', ...given] = process.argv;
const line = parseCommandLine(readInvocation(started, given), process.env, process.stdout.columns);
// What a command does not need is not loaded: the packages of the bridge, and those of the cluster, take a second each.
if ('exit' in line) {
  process.stdout.write(line.stdout);
  process.stderr.write(line.stderr);
  process.exitCode = line.exit;
} else if (line.command === 'run') {
  const { run } = await import('./run.ts');
  process.exit(await run(line.options));
} else if (isOffline(line)) {
  process.exitCode = await runOffline(line, { stdout: (text) => void process.stdout.write(text) });
} else {
  const [{ runCommand }, { processIo }] = await Promise.all([
    import('./cli/run-command.ts'),
    import('./cli/process-io.ts'),
  ]);
  process.exitCode = await runCommand(line, processIo());
}
