import { Parser } from 'expr-eval';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sprint } from '../../go/format.ts';
import { conditionVars } from '../vars.ts';
import { compileExpression } from './compile.ts';
import { LIMITS } from './limits.ts';

/** An Application that a hostile tenant wrote. */
const app = JSON.parse(`{
  "type": "IEXPREVAL", "value": "x", "goType": "time.Time", "goMember": "x", "list": [1, 2],
  "__proto__": {"polluted": "own"}, "constructor": {"prototype": {"x": "own"}}, "toString": "own"
}`) as Record<string, never>;
const vars = conditionVars({ app, context: {}, now: 0 });

function run(source: string): { value?: unknown; error?: string } {
  const compiled = compileExpression(source);
  if (!compiled.ok) return { error: `compile: ${compiled.error.message}` };
  const result = compiled.program.run(vars);
  return result.ok ? { value: result.value } : { error: result.error };
}

describe('prototypes, constructors and globals are out of reach', () => {
  test.each([
    ['constructor'],
    ['__proto__'],
    ['toString'],
    ['globalThis'],
    ['process'],
    ['$env.constructor'],
    ['$env["__proto__"]'],
    ['get($env, "hasOwnProperty")'],
    ['app.hasOwnProperty'],
    ['{"a": 1}.constructor'],
    ['{"a": 1}["__proto__"]'],
    ['get({"a": 1}, "valueOf")'],
    ['fromJSON("{}").constructor'],
    ['fromPairs([["a", 1]])["constructor"]'],
    ['groupBy([1], #)["__proto__"]'],
    ['context["__proto__"] == "" ? nil : 1'],
  ])('%s is nil', (source) => {
    expect(sprint(run(source).value)).toMatch(/^(<nil>|\[\])$/);
  });

  test.each([
    ['"".constructor'],
    ['app.list.constructor'],
    ['app.list["constructor"]'],
    ['time.Now.constructor("return 1")'],
    ['time.Now().constructor'],
    ['time.Hour["constructor"]'],
    ['time.Now["call"]'],
    ['(1..2).map'],
    ['constructor.constructor("return process")()'],
    ['toString()'],
  ])('%s fails', (source) => {
    expect(run(source).error).toBeDefined();
  });

  test('keys that mean something to JavaScript are plain keys', () => {
    expect(run('app.__proto__.polluted').value).toBe('own');
    expect(run('app.constructor.prototype.x').value).toBe('own');
    expect(run('app["toString"]').value).toBe('own');
    expect(run('{"__proto__": {"x": 1}}.x').value).toBeNull();
    expect(sprint(run('{"__proto__": {"x": 1}}').value)).toBe('map[__proto__:map[x:1]]');
    expect(sprint(run('toPairs(fromJSON("{\\"__proto__\\": 1}"))').value)).toBe('[[__proto__ 1]]');
    expect(sprint(run('keys({"constructor": 1})').value)).toBe('[constructor]');
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test('an object that looks like a value of the evaluator is an object', () => {
    for (const source of ['app', 'app ?? 1', 'true ? app : 1', '(app)', '[app][0]', 'first([app])']) {
      expect(run(source).value, source).toBe(app);
    }
    expect(run('app == app and app != nil and app.type == "IEXPREVAL"').value).toBe(true);
    expect(run('type(app)').value).toBe('map');
    expect(run('app.Format').value).toBeNull();
    expect(run('get(app, "Format")').value).toBeNull();
  });
});

describe('published exploits of expr-eval', () => {
  /** CVE-2025-12735: a function among the variables is called with code of the attacker. */
  test('functions among the variables are not callable unless they are ours', () => {
    let called = false;
    const evil = (): void => {
      called = true;
    };
    const hostile = { now: 0, values: { evil, o: { evil }, f: Function, g: fetch } };
    for (const source of [
      'evil()',
      'o.evil()',
      'f("return 1")()',
      'g("http://x")',
      '[1] | map(evil(#))',
      'evil | len()',
    ]) {
      const compiled = compileExpression(source);
      if (compiled.ok) compiled.program.run(hostile);
    }
    expect(called).toBe(false);
  });

  /** CVE-2025-13204 and CVE-2025-12735: assignments and function definitions inside the expression. */
  test.each([
    ['__proto__.x = 1'],
    ['f(x) = x'],
    ['x = 1; x'],
    ['constructor.prototype.x = 1'],
    ['a.__proto__["x"] = 1'],
    ['(f(x) = constructor); f(1)'],
    ['toString = 1'],
  ])('%s does not compile', (source) => {
    expect(run(source).error).toMatch(/^compile/);
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });

  test("none of expr-eval's own operators, functions or constants can be reached", () => {
    const { functions, unaryOps, consts } = new Parser() as unknown as Record<
      string,
      Record<string, unknown>
    >;
    const ours = new Set([
      'min',
      'max',
      'sum',
      'indexOf',
      'join',
      'map',
      'filter',
      'fold',
      'if',
      'true',
      'false',
    ]);
    for (const name of Object.keys({ ...functions, ...consts }).filter((each) => !ours.has(each))) {
      expect(run(name).value ?? null, name).toBeNull();
      expect(run(`${name}(1)`).error, name).toBeDefined();
    }
    for (const name of Object.keys(unaryOps ?? {}).filter((each) => /^[a-z]+$/i.test(each))) {
      expect(
        ['abs', 'ceil', 'floor', 'round', 'not'].includes(name) || run(`${name} 1`).error !== undefined,
        name,
      ).toBe(true);
    }
    expect(run('"a" || "b"').error).toMatch(/^compile/);
    expect(run('5!').error).toMatch(/^compile/);
  });
});

const lets = (
  count: number,
  grow: (name: string) => string,
  first: string,
  end: (name: string) => string,
): string => {
  let text = `let a0 = ${first}; `;
  for (let at = 1; at < count; at++) text += `let a${at} = ${grow(`a${at - 1}`)}; `;
  return text + end(`a${count - 1}`);
};
const pair = (name: string): string => `[${name}, ${name}]`;

describe('what grows exponentially goes over the budget', () => {
  test.each([
    ['print', lets(60, pair, 'app.list', (name) => `string(${name})`)],
    ['JSON', lets(60, pair, 'app.list', (name) => `toJSON(${name})`)],
    ['flatten', lets(60, pair, 'app.list', (name) => `flatten(${name})`)],
    ['compare', lets(60, pair, 'app.list', (name) => `${name} == map([${name}], #)[0]`)],
    ['max', lets(60, pair, 'app.list', (name) => `max(${name})`)],
    ['mean', lets(60, pair, 'app.list', (name) => `mean(${name})`)],
    [
      'text',
      lets(
        60,
        (name) => `${name} + ${name}`,
        'app.value',
        (name) => name,
      ),
    ],
    [
      'lists',
      lets(
        60,
        (name) => `concat(${name}, ${name})`,
        'app.list',
        (name) => name,
      ),
    ],
    ['repeat', 'repeat(repeat("a", 9999), 9999)'],
    ['many repeats', 'map(1..9999, repeat("a", 9999))'],
    ['replace', 'replace(repeat("a", 900000), "", repeat("b", 90000))'],
    ['join', 'let t = repeat("a", 900000); join([t, t, t, t])'],
    ['nested map', 'map(1..900, map(1..900, map(1..900, #)))'],
    ['nested any', 'any(1..9999, any(1..9999, # < 0))'],
    ['long texts', 'let t = repeat("ab", 400000); any(1..99999, upper(t) == "")'],
    ['range', '1..999999999999'],
    ['slices', 'let l = 1..99999; any(1..99999, len(l[1:]) < 0)'],
    ['long texts ordered', 'let t = repeat("ab", 400000); any(1..99999, t < t)'],
    ['patterns', 'any(1..99999, "a" matches ("a{1,900}" + string(#)))'],
    ['a large pattern', 'repeat("a", 900000) matches "([a-z]?){300}[0-9]"'],
  ])('%s', (_, source) => {
    expect(run(source).error).toMatch(/over its budget/);
  });
});

describe('nesting', () => {
  test.each([
    ['parentheses', `${'('.repeat(5000)}1${')'.repeat(5000)}`],
    ['negations', `${'!'.repeat(5000)}true`],
    ['lists', '['.repeat(5000) + ']'.repeat(5000)],
    ['maps', '{"a": '.repeat(5000) + '}'.repeat(5000)],
    ['closures', `${'map([1], '.repeat(5000)}1${')'.repeat(5000)}`],
    ['conditionals', `${'true ? '.repeat(3000)}1${' : 2'.repeat(3000)}`],
    ['indexes', `app${'[app]'.repeat(3000)}`],
    ['sums', Array.from({ length: 3000 }, () => 'app.x').join(' + ')],
    ['size', 'a or '.repeat(LIMITS.source)],
  ])('%s do not compile', (_, source) => {
    expect(run(source).error).toMatch(/^compile: (nested too deeply|more than|longer than)/);
  });

  test('a chain of a thousand terms is not nested', () => {
    expect(run(`${'app.nope == 1 or '.repeat(1000)}true`).value).toBe(true);
  });

  test('values nested too deeply fail when they are read', () => {
    const nested = 'fromJSON(repeat("[", 9000) + repeat("]", 9000))';
    for (const source of [
      `string(${nested})`,
      `flatten(${nested})`,
      `toJSON(${nested})`,
      `let a = ${nested}; a == [a][0]`,
    ]) {
      expect(run(source).error, source).toBeDefined();
    }
  });
});

describe('regular expressions', () => {
  test.each([
    ['repeat("a", 5000) matches "^(a+)+$"', true],
    ['(repeat("a", 5000) + "b") matches "^(a+)+$"', false],
    ['(repeat("a", 5000) + "b") matches "^(a|a?)+$"', false],
    ['(repeat("x", 5000)) matches "(.*)(.*)(.*)(.*)(.*)y"', false],
  ])('%s is linear', (source, answer) => {
    expect(run(source).value).toBe(answer);
  });

  test('what RE2 refuses does not compile, and fails where it is not constant', () => {
    expect(run('"a" matches "(?=a)"').error).toMatch(/^compile: bad regular expression/);
    expect(run('"a" matches "((a{50}){50}){50}"').error).toMatch(/^compile: bad regular expression/);
    expect(run('app.value matches ("(" + app.value)').error).toMatch(/bad regular expression/);
  });
});

test('whatever the text, compiling and running answer with a value', () => {
  const words = [
    'app',
    '.',
    '?.',
    '[',
    ']',
    '(',
    ')',
    '#',
    '"a"',
    '1',
    ' ',
    'or',
    '|',
    'map',
    '{',
    '}',
    ',',
    ':',
    ';',
    'let',
    '=',
    '`',
    '\\',
  ];
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 3 })), { maxLength: 20 }),
      (parts) => {
        const { value, error } = run(parts.join(''));
        expect(value === undefined).not.toBe(error === undefined);
      },
    ),
    { numRuns: 500 },
  );
});
