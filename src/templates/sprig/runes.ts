/** Runes as Go's unicode package classifies and maps them. */

import { runeOf } from '../../go/bytes.ts';
import { codePoint } from '../../go/strconv.ts';

export const isSpace = (character: string): boolean => /^\p{White_Space}$/u.test(character);
export const isUpper = (character: string): boolean => /^\p{Lu}$/u.test(character);
export const isTitle = (character: string): boolean => /^\p{Lt}$/u.test(character);
export const isLower = (character: string): boolean => /^\p{Ll}$/u.test(character);
export const isLetter = (character: string): boolean => /^\p{L}$/u.test(character);
export const isDigit = (character: string): boolean => /^\p{Nd}$/u.test(character);
export const isNumber = (character: string): boolean => /^\p{N}$/u.test(character);
export const isPunctuation = (character: string): boolean => /^\p{P}$/u.test(character);

/** One rune maps to one rune in Go: `ß` has no upper case. */
const single = (original: string, mapped: string): string => ([...mapped].length === 1 ? mapped : original);

export const upper = (character: string): string => single(character, character.toUpperCase());
export const lower = (character: string): string =>
  character === 'İ' ? 'i' : single(character, character.toLowerCase());

/** Go's `[]rune(text)`: bytes that are no UTF-8 become U+FFFD. */
export const runesOf = (text: string): string[] =>
  Array.from(text, (character) => codePoint(runeOf(character)));
