import { describe, expect, test } from 'vitest';
import { sprint } from '../../go/format.ts';
import { compileExpression } from './compile.ts';

function program(source: string) {
  const compiled = compileExpression(source);
  if (!compiled.ok) throw new Error(compiled.error.message);
  return compiled.program;
}

const run = (source: string, values: Record<string, unknown> = {}) => program(source).run({ values, now: 0 });
const printed = (source: string, values: Record<string, unknown> = {}): string => {
  const result = run(source, values);
  return result.ok ? sprint(result.value) : `failed: ${result.error}`;
};

describe('what expr-eval is given', () => {
  test.each([
    ['app.status.phase', 'v0'],
    ['app["a.b/c"]?.d[0]', 'v0'],
    ["app.a == 'x'", '(v0 == "x")'],
    ["app.a != '\"\\\\'", '(v0 != "\\u0022\\u005c")'],
    ["app.a in ['x', 'y']", '(u0 (v0))'],
    ["app.a == 'x' and app.b == 'y' and app.c == 'z'", '((v0 == "x") and (v1 == "y") and (v2 == "z"))'],
    ['app.a or app.b == 1', '((u0 (v0)) or (v1 == c2))'],
    ['!app.a', '(u0 (v0))'],
    ['app.a ? 1 : 2', '((u0 (v2)) ? c0 : c1)'],
  ])('%s', (source, lowered) => {
    expect(program(source).lowered).toBe(lowered);
  });
});

describe('the other side is not evaluated', () => {
  test.each([
    ['false and nope.x.y', 'false'],
    ['b and nope.x.y', 'false'],
    ['not b or nope.x.y', 'true'],
    ['b ? nope.x.y : 1', '1'],
    ['not b ? 1 : nope.x.y', '1'],
    ['1 ?? nope.x.y', '1'],
    ['s ?? nope.x.y', 'x'],
    ['nope?.[nope.x.y]', '<nil>'],
    ['let a = b; a and nope.x.y', 'false'],
    ['any([1, 2], # == 1 or nope.x.y)', 'true'],
    ['all([1, 2], # == 2 and nope.x.y)', 'false'],
    ['b and 1 % z == 0', 'false'],
  ])('%s', (source, answer) => {
    expect(printed(source, { b: false, s: 'x', z: 0 })).toBe(answer);
  });
});

describe('scopes', () => {
  test.each([
    ['let a = 1; let b = a + 1; map([1, 2], {let c = # + b; c * a})', '[3 4]'],
    ['map([1, 2], map([10, 20], # + 1))', '[[11 21] [11 21]]'],
    ['map([[1, 2], [3]], {let row = #; map(row, [#, len(row)])})', '[[[1 2] [2 2]] [[3 1]]]'],
    ['reduce([1, 2, 3], #acc + # * #index, 100)', '108'],
    ['map(["a", "b"], # + string(#index))', '[a0 b1]'],
    ['let x = [1, 2, 3]; filter(x, # > 1) | map(# * len(x))', '[6 9]'],
    ['sum([{"n": 1}, {"n": 2}], .n)', '3'],
    ['1; let a = 2; a; a + 1', '3'],
  ])('%s', (source, answer) => {
    expect(printed(source)).toBe(answer);
  });

  test('a let that is not used is evaluated all the same', () => {
    expect(run('let a = nope.x; 1').ok).toBe(false);
  });
});

describe('failures say what was nil and where', () => {
  test.each([
    ['app.status.operationState.phase == 1', 'app.status is nil: it has no operationState (column 12)'],
    ['app["a.b"].c', 'app["a.b"] is nil: it has no c (column 12)'],
    ['map(list, .x.y)', '#.x is nil: it has no y (column 14)'],
    ['1 < app', 'cannot order int and map[string]interface {} (column 3)'],
    ['foo(1)', 'there is no function foo (column 1)'],
    ['app.list[7]', 'app.list is nil'],
    ['true and\n  app.x.y', 'app.x is nil: it has no y (line 2, column 9)'],
    ['app and true and app', 'true or false is needed here, not map[string]interface {} (column 1)'],
  ])('%s', (source, message) => {
    expect(printed(source, { app: {}, list: [{}] })).toContain(message);
  });
});

test('a program may be run again after a failure', () => {
  const { run: again } = program('any(list, # > 2)');
  expect(again({ values: { list: ['x'] }, now: 0 }).ok).toBe(false);
  expect(again({ values: { list: [3] }, now: 0 })).toEqual({ ok: true, value: true });
});
