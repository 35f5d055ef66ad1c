import { parseCommandLine } from './cli/command-line.ts';
import { readInvocation } from './cli/invocation.ts';
import { processIo } from './cli/process-io.ts';
import { runCommand } from './cli/run-command.ts';

const [, started = '', ...given] = process.argv;
const line = parseCommandLine(readInvocation(started, given), process.env, process.stdout.columns);
if ('exit' in line) {
  process.stdout.write(line.stdout);
  process.stderr.write(line.stderr);
  process.exitCode = line.exit;
} else if (line.command === 'run') {
  // Help and the small commands need nothing of the bridge, whose packages take a second to load.
  const { run } = await import('./run.ts');
  process.exit(await run(line.options));
} else {
  process.exitCode = await runCommand(line, processIo());
}
