import { describe, expect, test } from 'vitest';
import { add, divide, goPow, modulo, multiply, negate, subtract } from './arithmetic.ts';
import { GoAnyMap } from './collections.ts';
import { deepEqual, equal, order } from './compare.ts';
import { sprint } from './format.ts';
import { GoNilPointer, GoNilSlice } from './nil.ts';
import { goFloat, goInt, goInt64 } from './numbers.ts';
import { GoInteger, GoSlice, goTypeOf } from './typed.ts';
import { NIL_BYTES } from './value.ts';

const typed = (value: unknown): string => `${goTypeOf(value)} ${sprint(value)}`;
const MAX = 2n ** 63n - 1n;

describe('equal', () => {
  test.each([
    [goInt(1), 1, true],
    [goFloat(1), 1, true],
    [goInt64(2n ** 53n + 1n), goFloat(2 ** 53), true],
    [goInt64(2n ** 53n + 1n), goInt64(2n ** 53n), false],
    [[goInt(1), 'a'], [goFloat(1), 'a'], true],
    [new GoSlice('string', ['a']), ['a'], true],
    [new GoSlice('[2]interface {}', []), [], false],
    [{ a: 1 }, { a: goInt(1) }, false],
    [{ a: 1, b: [1] }, { b: [1], a: 1 }, true],
    [{ a: null }, {}, false],
    [null, NIL_BYTES, true],
    [new GoNilPointer('*a.B'), null, true],
    [new GoNilSlice('string'), new GoNilSlice('int'), true],
    [null, {}, false],
    [goFloat(Number.NaN), goFloat(Number.NaN), false],
    ['1', 1, false],
    [true, 1, false],
    [new GoInteger('uint8', 97), 97, true],
  ])('%o and %o', (left, right, same) => {
    expect(equal(left, right)).toBe(same);
    expect(equal(right, left)).toBe(same);
  });

  test('deeply, keys of any type included', () => {
    const map = (key: unknown) => new GoAnyMap('interface {}', new Map([['k', [key, 1]]]));
    expect(deepEqual(map(goInt(1)), map(goInt(1)))).toBe(true);
    expect(deepEqual(map(goInt(1)), map(1))).toBe(false);
  });
});

test('order', () => {
  expect(order(1, goFloat(1.5))).toBeLessThan(0);
  expect(order(goInt64(MAX), goInt64(MAX - 1n))).toBeGreaterThan(0);
  // By bytes: U+FF5E is before U+1F680, which UTF-16 has the other way round.
  expect(order('～', '🚀')).toBeLessThan(0);
  expect(order(1, goFloat(Number.NaN))).toBeNaN();
  expect(order(1, 'a')).toBeUndefined();
  expect(order(true, false)).toBeUndefined();
});

describe('arithmetic', () => {
  test.each([
    [add(1, 2), 'int 3'],
    [add(goInt64(MAX), 1), `int ${-(2n ** 63n)}`],
    [multiply(goInt64(MAX), 2), 'int -2'],
    [multiply(94906267, 94906267), 'int 9007199515875289'],
    [add(1, 0.5), 'float64 1.5'],
    [subtract(goFloat(0.5), 0.5), 'float64 0'],
    [divide(4, 2), 'float64 2'],
    [divide(1, 0), 'float64 +Inf'],
    [modulo(-7, 3), 'int -1'],
    [negate(new GoInteger('uint8', 1)), 'uint8 255'],
    [negate(5), 'int64 -5'],
    [negate(goFloat(0)), 'float64 -0'],
  ])('%#', (value, shown) => {
    expect(typed(value)).toBe(shown);
  });

  test('errors name the types', () => {
    expect(() => add('a', 1)).toThrow('string + int64');
    expect(() => modulo(1, 0)).toThrow('divide by zero');
    expect(() => divide(null, 1)).toThrow('<nil> / int64');
  });

  test('powers as Go rounds them', () => {
    expect(goPow(2 ** 53, 2.5)).toBe(7.699711013376141e39);
    expect([goPow(2, 10), goPow(2, -2), goPow(0, 0), goPow(-8, 1 / 3), goPow(1, Number.NaN)]).toEqual([
      1024,
      0.25,
      1,
      Number.NaN,
      1,
    ]);
    expect([goPow(2, 1024), goPow(2, -1074), goPow(2, -1080)]).toEqual([Infinity, 5e-324, 0]);
  });
});
