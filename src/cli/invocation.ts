import { basename } from 'node:path';

/** Names under which Herald is started; upstream's manifests, and charts made for them, start the second. */
const programs: readonly string[] = ['herald', 'argocd-notifications'];

/**
 * The arguments of a command line, whatever it was started as. A leading path of a program is none of them: where the
 * image has an entry point, argocd-notifications' `args` begin with it. As `argocd-notifications` the controller is
 * what runs unless a command is named.
 *
 * @param started the path that was started, as in `process.argv[1]`.
 */
export function readInvocation(started: string, argv: readonly string[]): string[] {
  const [first = ''] = argv;
  if (programs.includes(basename(first))) return readInvocation(first, argv.slice(1));
  const isController = basename(started) === 'argocd-notifications';
  const runs = first === '' || (first.startsWith('-') && !/^(-V|--version)$/.test(first));
  return isController && runs ? ['run', ...argv] : [...argv];
}
