import { expect, it } from 'vitest';
import { commandsIn, heraldArguments } from './shell.ts';

it.each<[string, string[][]]>([
  [
    'npm ci && npm test   # both',
    [
      ['npm', 'ci'],
      ['npm', 'test'],
    ],
  ],
  ['a \\\n  b c\nd', [['a', 'b', 'c'], ['d']]],
  [
    `kubectl get cm -o yaml | herald config check - > out.txt`,
    [
      ['kubectl', 'get', 'cm', '-o', 'yaml'],
      ['herald', 'config', 'check', '-'],
    ],
  ],
  [`echo 'a "b" #c' "d $e \\"f\\"" g#h`, [['echo', 'a "b" #c', 'd $e "f"', 'g#h']]],
  ['source <(herald completion bash)', [['source'], ['herald', 'completion', 'bash']]],
  ['# nothing\n\n', []],
])('commandsIn(%j)', (text, commands) => {
  expect(commandsIn(text)).toEqual(commands);
});

it.each<[string, string[] | undefined]>([
  ['herald doctor -o json', ['doctor', '-o', 'json']],
  ['npm start -- config check cm.yaml', ['config', 'check', 'cm.yaml']],
  ['kubectl -n argocd exec deploy/herald -- herald explain shop', ['explain', 'shop']],
  ['kubectl get pods', undefined],
])('heraldArguments(%j)', (text, words) => {
  expect(heraldArguments(commandsIn(text)[0] ?? [])).toEqual(words);
});
