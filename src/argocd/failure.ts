import { untrustedDetail } from '../net/host-certificates.ts';

/** Why nothing was answered, for people: the root of the chain of causes. Errors of the network hold no header. */
export function describeFailure(error: unknown): string {
  let root = error;
  for (let depth = 0; depth < 10; depth += 1) {
    if (root instanceof AggregateError && root.errors.length > 0) root = root.errors[0];
    else if (root instanceof Error && root.cause !== undefined) root = root.cause;
    else break;
  }
  if (isTimeout(error) || isTimeout(root)) return 'no answer in time';
  if (!(root instanceof Error)) return String(root);
  const untrusted = untrustedDetail(root);
  if (untrusted !== undefined) return untrusted;
  const code = 'code' in root && typeof root.code === 'string' ? root.code : '';
  return root.message || code || root.name;
}

function isTimeout(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? error.code : undefined;
  return error.name === 'TimeoutError' || (typeof code === 'string' && /^UND_ERR_\w*TIMEOUT$/.test(code));
}
