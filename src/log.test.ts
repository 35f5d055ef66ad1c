import { describe, expect, test, vi } from 'vitest';
import { createLog, type LogOptions } from './log.ts';

function written(options: Omit<LogOptions, 'level'>): string {
  const lines: string[] = [];
  const log = createLog({ level: 'info', ...options }, { write: (line) => void lines.push(line) });
  log.info({ application: 'argocd/shop', error: 'a "b" c' }, 'Sent');
  log.warn('Late');
  return lines.join('');
}

describe('the time', () => {
  test('is that of ISO 8601 unless a layout is given', () => {
    expect(written({ format: 'json' })).toMatch(/"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"/);
  });

  test.each([
    ['2006-01-02T15:04:05.000Z07:00', /"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(Z|[+-]\d\d:\d\d)"/],
    ['Jan _2 15:04:05', /"time":"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d"/],
    ['02/01/06 "15h"', /"time":"\d\d\/\d\d\/\d\d \\"\d\dh\\""/],
  ])('in the layout %s of Go', (timeLayout, expected) => {
    expect(written({ format: 'json', timeLayout })).toMatch(expected);
    for (const line of written({ format: 'json', timeLayout }).trim().split('\n')) JSON.parse(line);
  });

  test('in a layout, in text', () => {
    expect(written({ format: 'text', timeLayout: '2006-01-02 15:04' })).toMatch(
      /^level=info time="\d{4}-\d\d-\d\d \d\d:\d\d" application=argocd\/shop error="a \\"b\\" c" msg=Sent\n/,
    );
  });
});

describe('colours', () => {
  test('are those of the level, in text, where they are asked for', () => {
    const [info = '', warn = ''] = written({ format: 'text', colors: true }).split('\n');
    expect(info).toContain('\u001b[36mlevel\u001b[0m=\u001b[36minfo\u001b[0m');
    expect(info).toContain('\u001b[36mmsg\u001b[0m=Sent');
    expect(warn).toContain('\u001b[33mwarn\u001b[0m');
    expect(written({ format: 'text' })).not.toContain('\u001b');
    expect(written({ format: 'json', colors: true })).not.toContain('\u001b');
  });
});

describe('standard error', () => {
  test('takes the lines of one turn at once, and a warning with what came before it without waiting', async () => {
    const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const messages = () =>
      write.mock.calls.map(([text]) => [...String(text).matchAll(/msg=(\w+)/g)].map(([, m]) => m));
    try {
      const log = createLog({ level: 'info', format: 'text' });
      log.info('first');
      log.info('second');
      expect(messages()).toEqual([]);
      log.warn('third');
      expect(messages()).toEqual([['first', 'second', 'third']]);
      log.info('fourth');
      await new Promise((resolve) => setImmediate(resolve));
      expect(messages().slice(1)).toEqual([['fourth']]);
    } finally {
      write.mockRestore();
    }
  });
});
