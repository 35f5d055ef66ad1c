import { causes, type NetworkFailure } from './http.ts';

/** Codes of handshakes that failed: nothing was written on that connection. */
const HANDSHAKE = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|WRONG_VERSION|UNSUPPORTED_PROTOCOL|HANDSHAKE/;

/**
 * Whether a request that failed below HTTP may have been received all the same. `reason` is what `networkFailure`
 * made of it. In doubt it may: a look whether it has costs less than a second message.
 */
export function mayHaveArrived(error: unknown, reason: NetworkFailure['reason']): boolean {
  const chain = causes(error);
  // A connection of ours that is closed takes no request any more.
  if (chain.some((cause) => field(cause, 'code') === 'UND_ERR_CLOSED')) return false;
  if (reason === 'too_late') return false;
  if (reason === 'tls') return !chain.some((cause) => HANDSHAKE.test(field(cause, 'code')));
  if (reason !== 'unreachable') return true;
  // ETIMEDOUT and EHOSTUNREACH also end connections that stood, and that a request was written on.
  return chain.some((cause) => /^(?:read|write)/.test(field(cause, 'syscall')));
}

function field(error: unknown, name: 'code' | 'syscall'): string {
  const value: unknown = error instanceof Error ? Reflect.get(error, name) : undefined;
  return typeof value === 'string' ? value : '';
}
