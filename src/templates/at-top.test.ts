import { expect, it } from 'vitest';
import { compileTemplate } from './schema.ts';

it.each([
  ['at the top', 'messageGroupId: a\n', 'a'],
  ['at the top beside a section without it', 'messageGroupId: a\nawssqs: {messageAttributes: {b: c}}\n', 'a'],
  ['in the section, which goes before', 'messageGroupId: a\nawssqs: {messageGroupId: b}\n', 'b'],
])('a field that may stand at the top of the template is read %s', (_, text, expected) => {
  const { template, problems } = compileTemplate('t', text);
  expect(problems).toEqual([]);
  expect(template?.sections.get('awssqs')).toMatchObject({ messageGroupId: { source: expected } });
});

it('what fails at the top has a problem with its place', () => {
  const { problems } = compileTemplate('t', 'message: m\nmessageGroupId: "{{.app"\n');
  expect(problems).toMatchObject([{ severity: 'error', line: 2 }]);
});
