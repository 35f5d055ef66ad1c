import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../model.ts';
import { oncePerValue } from './once-per.ts';

describe('oncePerValue of an Application with several sources', () => {
  const app: JsonObject = {
    status: { sync: { revisions: ['a', 'b'] }, operationState: { syncResult: { revisions: ['x', 'y'] } } },
  };
  const nil = { status: 'matched', oncePer: { kind: 'nil' } } as const;
  const empty = { status: 'matched', oncePer: { kind: 'none' } } as const;

  test.each([
    ['app.status.sync.revision', nil, '[a b]'],
    ['app.status.operationState.syncResult.revision', empty, '[x y]'],
    ['app.metadata.annotations["who"]', empty, ''],
    ['app.metadata.annotations["who"]', nil, '<nil>'],
    [undefined, empty, ''],
  ])('%s', (expression, result, expected) => {
    expect(oncePerValue(result, expression, app)).toBe(expected);
  });

  test('an expression that answers a value keeps it', () => {
    const value = { status: 'matched', oncePer: { kind: 'value', printed: '[1 2]' } } as const;
    expect(oncePerValue(value, 'app.status.sync.revisions', app)).toBe('[1 2]');
  });
});
