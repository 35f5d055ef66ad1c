import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromBytes, normalizeBytes, sliceBytes, toBytes, toText } from './bytes.ts';
import { sprint, sprintAll, sprintf } from './format.ts';
import { formatFloat, quote } from './strconv.ts';
import { GoInteger, GoSlice } from './typed.ts';
import { GoBytes, GoFloat, GoInt, GoTypedMap } from './value.ts';

describe('sprint', () => {
  test.each<[unknown, string]>([
    [null, '<nil>'],
    [7, '7'],
    [new GoFloat(100), '100'],
    [new GoFloat(1e6), '1e+06'],
    [new GoFloat(Number.POSITIVE_INFINITY), '+Inf'],
    [0.00001, '1e-05'],
    [[1, 'a', null, [true]], '[1 a <nil> [true]]'],
    [{ b: 1, a: { d: null } }, 'map[a:map[d:<nil>] b:1]'],
    [
      new GoTypedMap(
        'string',
        new Map([
          ['z', 'y'],
          ['a', 'b'],
        ]),
      ),
      'map[a:b z:y]',
    ],
    [new GoBytes(Uint8Array.of(104, 105)), '[104 105]'],
  ])('%o prints as Go prints it', (value, text) => {
    expect(sprint(value)).toBe(text);
  });

  test('sorts keys by bytes, not by UTF-16 units', () => {
    expect(sprint({ '\u{1f600}': 1, '\uffff': 2 })).toBe('map[\uffff:2 \u{1f600}:1]');
  });

  test('puts spaces between operands that are no strings', () => {
    expect(sprintAll([1, 2, 'a', 3, 4])).toBe('1 2a3 4');
  });

  test('refuses a value that contains itself many times over', () => {
    let value: unknown = ['xxxxxxxxxx'];
    for (let level = 0; level < 60; level++) value = [value, value];
    expect(() => sprint(value)).toThrow(RangeError);
  });

  test('refuses a value that contains itself', () => {
    const value: Record<string, unknown> = {};
    value.self = value;
    expect(() => sprint(value)).toThrow(RangeError);
  });
});

describe('sprintf', () => {
  test.each<[string, unknown[], string]>([
    ['%5.2f|%-8s|%05d', [3.14159, 'ab', new GoInt(42)], ' 3.14|ab      |00042'],
    ['%.0f %.0f', [2.5, 3.5], '2 4'],
    ['%d', ['x'], '%!d(string=x)'],
    ['%s', [], '%!s(MISSING)'],
    ['%s', ['a', 1], 'a%!(EXTRA int64=1)'],
    ['%[2]s %[1]s', ['a', 'b'], 'b a'],
    ['%[3]s', ['a'], '%!s(BADINDEX)'],
    ['%z%', [1], '%!z(int64=1)%!(NOVERB)'],
    ['%q %+q %#q', ['a"\n', 'é', 'b'], '"a\\"\\n" "\\u00e9" `b`'],
    ['%x %X %#x', ['hi', new GoBytes(Uint8Array.of(255)), 255], '6869 FF 0xff'],
    ['%T %T %T %T', [1, 1.5, new GoInt(1), [1]], 'int64 float64 int []interface {}'],
    ['%#v', [{ a: [null] }], 'map[string]interface {}{"a":[]interface {}{interface {}(nil)}}'],
    ['%v %d', [new GoSlice('string', ['a', 'b']), [1, 'x']], '[a b] [1 %!d(string=x)]'],
    ['%c %U %q', [new GoInteger('uint8', 65), 128640, 65], "A U+1F680 'A'"],
    ['%6.3v|%*d', ['abcdef', new GoInt(4), 7], '   abc|   7'],
  ])('%s', (format, args, text) => {
    expect(sprintf(format, args)).toBe(text);
  });

  test('never throws and never grows beyond its limit for any format', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.oneof(fc.string(), fc.integer(), fc.double())), (format, args) => {
        expect(typeof sprintf(format, args)).toBe('string');
      }),
    );
  });
});

describe('formatFloat', () => {
  test('the shortest form reads back as the same value', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        for (const verb of ['e', 'f', 'g']) expect(Number(formatFloat(value, verb, -1))).toBe(value);
      }),
    );
  });

  test('a precision rounds halves to even, exactly', () => {
    expect([0.125, 0.375, 2.5, 1e21, 5e-324].map((value) => formatFloat(value, 'f', 2))).toEqual([
      '0.12',
      '0.38',
      '2.50',
      '1000000000000000000000.00',
      '0.00',
    ]);
    expect(formatFloat(5e-324, 'e', 3)).toBe('4.941e-324');
  });
});

describe('byte strings', () => {
  test('bytes survive the way to a string and back', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(toBytes(fromBytes(bytes))).toEqual(bytes);
      }),
    );
  });

  test('a character cut in half is a replacement character for readers, and whole again when joined', () => {
    const [left, right] = [sliceBytes('日本', 0, 2), sliceBytes('日本', 2, 6)];
    expect(toText(left)).toBe('\ufffd\ufffd');
    expect(quote(left)).toBe('"\\xe6\\x97"');
    expect(normalizeBytes(left + right)).toBe('日本');
  });
});
