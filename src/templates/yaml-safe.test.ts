import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseYaml } from '../go/yaml.ts';
import { renderYaml } from './yaml-safe.ts';

/** A template with one value in it. */
const rendered = (before: string, value: string, after = '\n') =>
  renderYaml((filter) => {
    const printed = filter?.(value, { preceding: before, isForeign: () => true }) ?? value;
    return before + printed + after;
  }, undefined);

const texts = [
  'a: b',
  'fix #12',
  'x # y',
  '[x',
  '{a',
  '"q"',
  "it's: so",
  '&a',
  '*a',
  '%',
  '@x',
  'a:\n b',
  'x"y: z\\',
];

it.each(texts)('%j is the text that it is', (value) => {
  expect(parseYaml(rendered('- text: ', value)).value).toEqual([{ text: value }]);
  expect(parseYaml(rendered('- text: App ', value)).value).toEqual([{ text: `App ${value}` }]);
});

it('no value makes another structure', () => {
  fc.assert(
    fc.property(fc.string(), (value) => {
      const { value: parsed, problems } = parseYaml(
        rendered('- text: app ', `x: ${value}`, '\n  other: 1\n'),
      );
      expect(problems).toEqual([]);
      expect(parsed).toEqual([{ text: `app x: ${value}`, other: 1 }]);
    }),
  );
});

it.each([
  ['- text: ', 'plain'],
  ['- widgets: ', '[{"a": 1}]'],
  ['- widgets:', '\n    - a: 1\n    - b: 2'],
  ['[{"text": "', 'x'],
])('what is YAML stays as it is: %j %j', (before, value) => {
  const after = before.startsWith('[') ? '"}]' : '\n';
  expect(rendered(before, value, after)).toBe(before + value + after);
});

it('what is no YAML without its values either stays as it is', () => {
  expect(rendered('- a: "', 'x: y', '\n b: [')).toBe('- a: "x: y\n b: [');
});
