import { describe, expect, it } from 'vitest';
import { networkFailure, pauseOf, retryAfterOf } from './http.ts';
import { createScrub } from './secrets.ts';

describe('Retry-After', () => {
  const now = Date.parse('2026-11-22T12:00:00Z');
  it.each([
    ['7', 7_000],
    [' 0 ', 0],
    ['1.5', 1_500],
    ['Sun, 22 Nov 2026 12:00:30 GMT', 30_000],
    ['Sun, 22 Nov 2026 11:00:00 GMT', 0],
    ['soon', undefined],
    ['-5', undefined],
    ['3600', 3_600_000],
    ['3601', 3_600_000],
    ['99999999999999999999', 3_600_000],
    ['9'.repeat(400), undefined],
    ['1e400', undefined],
    ['Sun, 22 Nov 2099 12:00:00 GMT', 3_600_000],
    ['Sun, 99 Xxx 2026 99:99:99 GMT', undefined],
    ['', undefined],
    [null, undefined],
  ])('%j is %j milliseconds', (header, expected) => {
    expect(retryAfterOf(header, now)).toBe(expected);
  });

  it.each([
    [2, 2_000],
    [1e300, 3_600_000],
    [-1, undefined],
    [Number.NaN, undefined],
    [Number.POSITIVE_INFINITY, undefined],
    ['2', undefined],
    [null, undefined],
  ])('of %j seconds in an answer is %j milliseconds', (seconds, expected) => {
    expect(pauseOf(seconds)).toBe(expected);
  });
});

describe('network failures', () => {
  const never = new AbortController().signal;
  const withCode = (code: string, message = code) => Object.assign(new Error(message), { code });
  it.each([
    [new TypeError('fetch failed', { cause: withCode('ECONNREFUSED') }), 'unreachable'],
    [new AggregateError([withCode('ENOTFOUND')]), 'unreachable'],
    [withCode('UND_ERR_CONNECT_TIMEOUT'), 'unreachable'],
    [withCode('DEPTH_ZERO_SELF_SIGNED_CERT'), 'tls'],
    [withCode('ERR_TLS_CERT_ALTNAME_INVALID'), 'tls'],
    [new DOMException('late', 'TimeoutError'), 'timeout'],
    [withCode('UND_ERR_HEADERS_TIMEOUT'), 'timeout'],
    [withCode('ECONNRESET'), 'connection_lost'],
    [new Error('other side closed'), 'connection_lost'],
    ['no error at all', 'connection_lost'],
  ])('%s is %s', (error, reason) => {
    expect(networkFailure(error, never).reason).toBe(reason);
  });

  it('are an abort when the attempt was aborted', () => {
    expect(networkFailure(new Error('x'), AbortSignal.abort()).reason).toBe('aborted');
  });
});

describe('scrubbing', () => {
  it('takes out a secret in every form, the longest first', () => {
    const scrub = createScrub(['abc/def', 'abc/def/ghi\n', undefined, 'no']);
    expect(scrub('abc/def/ghi and abc%2Fdef, no')).toBe('*** and ***, no');
  });
});
