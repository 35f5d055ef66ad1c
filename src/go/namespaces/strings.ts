/** argo-cd's `strings` namespace. */
import { goFunction } from '../function.ts';
import { replaceText, toLower, toUpper } from '../strings.ts';
import type { GoFunction } from '../typed.ts';

export const stringsNamespace: Readonly<Record<string, GoFunction>> = {
  ReplaceAll: goFunction('func(string, string, string) string', (text: string, old: string, by: string) =>
    replaceText(text, old, by, -1),
  ),
  ToUpper: goFunction('func(string) string', toUpper),
  ToLower: goFunction('func(string) string', toLower),
};
