import { resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseQueueUrl } from './queue-url.ts';

describe('parseQueueUrl', () => {
  it.each([
    [
      'sqlite:/var/lib/herald',
      { kind: 'sqlite', directory: '/var/lib/herald', name: 'sqlite:/var/lib/herald' },
    ],
    ['sqlite:data', { kind: 'sqlite', directory: resolve('data'), name: `sqlite:${resolve('data')}` }],
    ['memory:', { kind: 'sqlite', directory: undefined, name: 'memory:' }],
    ['redis://cache', { kind: 'redis', url: 'redis://cache', name: 'redis://cache' }],
    [
      ' rediss://u:p%40ss@cache:6380/2 ',
      { kind: 'redis', url: 'rediss://u:p%40ss@cache:6380/2', name: 'rediss://u@cache:6380/2' },
    ],
    [
      'postgres://u:secret@db/herald?password=other',
      {
        kind: 'postgres',
        url: 'postgres://u:secret@db/herald?password=other',
        name: 'postgres://u@db/herald',
      },
    ],
    [
      'postgresql:///herald?host=/run/postgresql',
      { kind: 'postgres', url: 'postgresql:///herald?host=/run/postgresql', name: 'postgresql:///herald' },
    ],
  ])('reads %s', (text, value) => {
    expect(parseQueueUrl(text)).toEqual({ ok: true, value });
  });

  it.each([
    ['', /is empty.*sqlite:DIRECTORY/],
    ['/var/lib/herald', /no scheme.*sqlite:DIRECTORY/],
    ['mysql://db', /unknown scheme "mysql:".*postgres:/],
    ['sqlite:', /names no directory.*sqlite:\/var\/lib\/herald/],
    ['sqlite:///var/lib/herald', /sqlite:\/var\/lib\/herald$/],
    ['memory:/data', /memory: takes nothing after it/],
    ['pglite:/data', /was the embedded store of a development version\. Use sqlite:DIRECTORY/],
    ['redis:', /names no host/],
    ['redis://cache/zero', /database that is no number: "zero"/],
    ['postgres:///herald', /names no host/],
    ['redis://u:p#w@cache', /percent-encode/],
    [
      'redis://:geheim%zz@cache',
      /^The password of the queue URL has a % that stands for no character(?!.*geheim)/,
    ],
    ['postgres://u%2:geheim@db/herald', /^The user name of the queue URL has a %(?!.*geheim)/],
    ['postgres://u:geheim@db/x%zz', /^The database of the queue URL has a %(?!.*geheim)/],
  ])('says what is wrong with %j', (text, error) => {
    expect(parseQueueUrl(text)).toEqual({ ok: false, error: expect.stringMatching(error) });
  });

  it('never shows a password and never throws', () => {
    const password = 'S3cr3tS3cr3t';
    const scheme = fc.constantFrom('redis', 'rediss', 'postgres', 'postgresql', 'mysql', '');
    const part = fc.string({ unit: fc.constantFrom('/', '?', '#', '@', ':', '%', 'a', '1', '\\') });
    fc.assert(
      fc.property(scheme, part, part, (name, before, after) => {
        const parsed = parseQueueUrl(`${name}://u${before}:${password}@${after}`);
        expect(parsed.ok ? parsed.value.name : parsed.error).not.toContain(password);
      }),
      { numRuns: 2_000 },
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        parseQueueUrl(text);
      }),
    );
  });
});
