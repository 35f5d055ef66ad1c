import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../src/model.ts';
import { renderNotification } from '../../src/templates/render.ts';
import { compileTemplate } from '../../src/templates/schema.ts';
import { SPRIG_LIBRARY } from '../../src/templates/sprig/functions.ts';
import { templateVars } from '../../src/templates/vars.ts';
import { compileTrigger, conditionVars } from '../../src/triggers/schema.ts';
import { runs } from '../runs.ts';
import { nastyJson, nastyText, nested } from './arbitraries.ts';
import { unless } from './unless.ts';

const now = Date.UTC(2026, 10, 22, 12);
const functions = [...SPRIG_LIBRARY.functions.keys()];
const builtins = (
  'all none any one filter map count find findIndex findLast findLastIndex groupBy countBy sortBy sum reduce len type ' +
  'abs ceil floor round int float string trim trimPrefix trimSuffix upper lower split splitAfter replace repeat join ' +
  'indexOf lastIndexOf hasPrefix hasSuffix max min mean median toJSON fromJSON toBase64 fromBase64 now duration date ' +
  'timezone first last get take keys values toPairs fromPairs reverse uniq concat flatten sort bitand bitor bitxor ' +
  'bitnand bitshl bitshr bitushr bitnot time.Parse changes strings.ReplaceAll repo.FullNameByRepoURL'
).split(' ');
const argument = fc.oneof(
  fc.constantFrom(
    '.app.a',
    '.app.b',
    '.app.deep',
    '.app',
    '.',
    '$',
    'nil',
    '-1',
    '0',
    '9223372036854775807',
    '1e308',
    '""',
    '(list 1 2)',
    '(dict "a" 1)',
    'true',
    'now',
    '.app.missing',
  ),
  nastyText.map((text) => JSON.stringify(text.slice(0, 40).replaceAll(/[\u0000-\u001f\\]/g, ''))),
);
const call = fc
  .tuple(fc.constantFrom(...functions), fc.array(argument, { maxLength: 4 }))
  .map(([name, given]) => `{{ ${[name, ...given].join(' ')} }}`);

const operand = fc.oneof(
  fc.constantFrom(
    'app.a',
    'app.b',
    'app.deep',
    'app',
    'app.missing',
    'nil',
    '-1',
    '0',
    '9223372036854775807',
    '1e308',
    '""',
    '[1, 2]',
    '{a: 1}',
    'true',
    'now()',
    '#',
    '{# != nil}',
    '{#.a}',
    '.a',
    '1..5',
    'app.a.b.c',
    'app?.a?.b',
  ),
  nastyText.map((text) => JSON.stringify(text.slice(0, 40))),
);
const condition = fc.oneof(
  fc
    .tuple(fc.constantFrom(...builtins), fc.array(operand, { maxLength: 4 }))
    .map(([name, given]) => `${name}(${given.join(', ')})`),
  fc
    .tuple(
      operand,
      fc.constantFrom(
        '==',
        '<',
        'in',
        'matches',
        'contains',
        '+',
        '*',
        '**',
        '%',
        '??',
        '|',
        '..',
        'and',
        '?:',
      ),
      operand,
    )
    .map((parts) => parts.join(' ')),
  fc.tuple(operand, operand).map(([of, at]) => `${of}[${at}]`),
);

function faultsOfCondition(when: string, app: JsonObject): string[] {
  const { trigger, problems } = compileTrigger(
    'a',
    JSON.stringify([{ when: `(${when}) == true`, oncePer: when, send: ['a'] }]),
  );
  if (!trigger)
    return unless(
      problems.some(({ what, fix }) => what !== '' && fix !== ''),
      `no problem: ${when}`,
    );
  const vars = conditionVars({ app, context: {}, secrets: {}, appProject: {}, now, changes: () => 0 });
  return trigger.conditions.flatMap((each) => {
    const result = each.evaluate(vars);
    return unless(result.status !== 'failed' || result.error !== '', `no reason: ${when}`);
  });
}

function appOf(a: Json, b: Json): JsonObject {
  return { metadata: { name: 'a' }, a, b, deep: nested(400) };
}

function faultsOfTemplate(text: string, app: JsonObject): string[] {
  const { template, problems } = compileTemplate('a', JSON.stringify({ message: text }));
  if (!template)
    return unless(
      problems.some(({ what, fix }) => what !== '' && fix !== ''),
      `no problem: ${text}`,
    );
  const vars = templateVars({ app, appProject: {}, context: {}, serviceType: 'slack', recipient: 'a', now });
  const result = renderNotification([template], vars, { serviceType: 'slack', jsonFields: [] });
  return unless(result.ok || result.error !== '', `neither text nor error: ${text}`);
}

describe('functions with arguments of any kind', () => {
  it('of templates print, or fail with an error', () => {
    fc.assert(
      fc.property(call, nastyJson, nastyJson, (text, a, b) => {
        expect(faultsOfTemplate(text, appOf(a, b))).toEqual([]);
      }),
      runs(3_000),
    );
  });

  it('of conditions match, do not, or fail with an error', () => {
    fc.assert(
      fc.property(condition, nastyJson, nastyJson, (when, a, b) => {
        expect(faultsOfCondition(when, appOf(a, b))).toEqual([]);
      }),
      runs(3_000),
    );
  });
});
