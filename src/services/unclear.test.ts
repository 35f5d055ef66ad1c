import { describe, expect, it } from 'vitest';
import { mayHaveArrived } from './unclear.ts';

describe('a request that failed below HTTP', () => {
  const failed = (code: string, syscall?: string) =>
    new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code, syscall }) });
  it.each([
    [failed('ECONNREFUSED', 'connect'), 'unreachable', false],
    [failed('ENOTFOUND', 'getaddrinfo'), 'unreachable', false],
    [failed('UND_ERR_CONNECT_TIMEOUT'), 'unreachable', false],
    [failed('ETIMEDOUT', 'connect'), 'unreachable', false],
    [new AggregateError([failed('ECONNREFUSED', 'connect')]), 'unreachable', false],
    [failed('DEPTH_ZERO_SELF_SIGNED_CERT'), 'tls', false],
    [failed('ERR_TLS_CERT_ALTNAME_INVALID'), 'tls', false],
    [failed('ERR_SSL_WRONG_VERSION_NUMBER', 'write'), 'tls', false],
    [failed('UND_ERR_CLOSED'), 'connection_lost', false],
    [failed('ETIMEDOUT', 'read'), 'unreachable', true],
    [failed('EHOSTUNREACH', 'write'), 'unreachable', true],
    [failed('ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC'), 'tls', true],
    [failed('ECONNRESET', 'read'), 'connection_lost', true],
    [failed('UND_ERR_SOCKET'), 'connection_lost', true],
    [new DOMException('late', 'TimeoutError'), 'timeout', true],
    [new DOMException('aborted', 'AbortError'), 'aborted', true],
    ['no error at all', 'connection_lost', true],
  ] as const)('%s as %s: %j', (error, reason, expected) => {
    expect(mayHaveArrived(error, reason)).toBe(expected);
  });
});
