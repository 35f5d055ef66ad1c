import { expect, test } from 'vitest';
import { decodeJson, decodeJsonFloats, encodeJson } from './json.ts';
import { goFloat, goInt } from './numbers.ts';
import { timeFromMillis } from './time.ts';
import { goTypeOf } from './typed.ts';
import { GoBytes } from './value.ts';

test('numbers decode as Kubernetes decodes them', () => {
  const decoded = decodeJson('[1, 1.0, 1.5, 1e3, 9007199254740993, 9223372036854775808, -0]') as unknown[];
  expect(decoded.map(goTypeOf)).toEqual([
    'int64',
    'float64',
    'float64',
    'float64',
    'int64',
    'float64',
    'int64',
  ]);
  expect((decodeJsonFloats('[1, 1.5]') as unknown[]).map(goTypeOf)).toEqual(['float64', 'float64']);
  expect(() => decodeJsonFloats('1e999')).toThrow(SyntaxError);
});

test('a key that means something to JavaScript is a plain key', () => {
  const decoded = decodeJson('{"__proto__": {"x": 1}}') as object;
  expect(Object.keys(decoded)).toEqual(['__proto__']);
  expect((decoded as { x?: unknown }).x).toBeUndefined();
});

test('encodes as encoding/json', () => {
  const value = {
    b: [goInt(1), 1.5, null, '<&>\u2028"\n'],
    a: { z: true, bytes: new GoBytes(Uint8Array.of(1, 2)) },
    c: [],
    d: {},
  };
  expect(encodeJson(value)).toBe(
    '{"a":{"bytes":"AQI=","z":true},"b":[1,1.5,null,"\\u003c\\u0026\\u003e\\u2028\\"\\n"],"c":[],"d":{}}',
  );
  expect(encodeJson([[1], {}], { indent: '  ' })).toBe('[\n  [\n    1\n  ],\n  {}\n]');
  expect(encodeJson('<', { escapeHtml: false })).toBe('"<"');
  expect(encodeJson([goFloat(1e21), 1e-7, goFloat(1e20)])).toBe('[1e+21,1e-7,100000000000000000000]');
  expect(encodeJson(timeFromMillis(1500))).toBe('"1970-01-01T00:00:01.5Z"');
  expect(() => encodeJson(() => 1)).toThrow('unsupported type');
});
