/** argo-cd's `strings` namespace. */
import { goFunction } from '../function.ts';
import { replaceText, toLower, toUpper } from '../strings.ts';
import type { GoFunction } from '../typed.ts';

/** Of a text that a replacement makes; what is longer fails before the memory is taken. */
const mostCharacters = 2_000_000;

function replaceAll(text: string, old: string, by: string): string {
  if (by.length > old.length) {
    const matches = old === '' ? text.length + 1 : text.split(old).length - 1;
    if (text.length + matches * (by.length - old.length) > mostCharacters)
      throw new Error(`a text is longer than ${mostCharacters} characters`);
  }
  return replaceText(text, old, by, -1);
}

export const stringsNamespace: Readonly<Record<string, GoFunction>> = {
  ReplaceAll: goFunction('func(string, string, string) string', (text: string, old: string, by: string) =>
    replaceAll(text, old, by),
  ),
  ToUpper: goFunction('func(string) string', toUpper),
  ToLower: goFunction('func(string) string', toLower),
};
