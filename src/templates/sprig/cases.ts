/**
 * The functions of sprig that templates may call, by what they are about; `functions.ts` lists them. The folder may import
 * `go/`, and of `gotemplate/` what a function is and what its values are.
 */

/** snakecase, kebabcase and camelcase, with the word boundaries of the Go package xstrings. */
import { slow, type TemplateFunction } from '../gotemplate/functions.ts';
import { isLetter, isNumber, isPunctuation, isSpace, isUpper, lower, runesOf, upper } from './runes.ts';

const isConnector = (character: string): boolean =>
  character === '-' || character === '_' || isSpace(character);
/** Letters but for Chinese characters, which are no alphabet. */
const isAlphabet = (character: string): boolean =>
  isLetter(character) && !/^[\u4e00-\u9fcc\u3400-\u4d85\u{20000}-\u{2b81d}]$/u.test(character);

type WordType = 'none' | 'number' | 'upper' | 'alphabet' | 'connector' | 'punctuation' | 'other';

interface Word {
  type: WordType;
  text: readonly string[];
}

const NONE: Word = { type: 'none', text: [] };

function typeOf(character: string): WordType {
  if (isConnector(character)) return 'connector';
  if (isPunctuation(character)) return 'punctuation';
  if (isUpper(character)) return 'upper';
  if (isAlphabet(character)) return 'alphabet';
  return isNumber(character) ? 'number' : 'other';
}

const isLowerCase = (character: string): boolean => isAlphabet(character) && !isUpper(character);

const CONTINUES: Readonly<Record<Exclude<WordType, 'upper' | 'none'>, (character: string) => boolean>> = {
  connector: isConnector,
  punctuation: isPunctuation,
  alphabet: isLowerCase,
  number: isNumber,
  other: (character) => typeOf(character) === 'other',
};

/** Words of a text, one at a time. */
class Words {
  private readonly characters: readonly string[];
  private at = 0;
  constructor(text: string) {
    this.characters = [...text];
  }

  get rest(): boolean {
    return this.at < this.characters.length;
  }

  private run(from: number, test: (character: string) => boolean): number {
    let end = from;
    while (end < this.characters.length && test(this.characters[end] as string)) end += 1;
    return end;
  }

  next(): Word {
    const first = this.characters[this.at];
    if (first === undefined) return NONE;
    const type = typeOf(first);
    const start = this.at;
    this.at =
      type === 'upper'
        ? this.upperEnd(start)
        : type === 'none'
          ? start + 1
          : this.run(start + 1, CONTINUES[type]);
    return { type, text: this.characters.slice(start, this.at) };
  }

  /** `HTTPStatus` is `HTTP` and `Status`; `Status` is one word. */
  private upperEnd(start: number): number {
    const second = this.characters[start + 1];
    if (second === undefined) return start + 1;
    if (!isUpper(second)) return isAlphabet(second) ? this.run(start + 2, isLowerCase) : start + 1;
    const end = this.run(start + 2, isUpper);
    const after = this.characters[end];
    return after !== undefined && isAlphabet(after) ? end - 1 : end;
  }
}

function written({ type, text }: Word, connector: string): string {
  if (type !== 'upper' && type !== 'connector') return text.join('');
  return text
    .map((character) =>
      isConnector(character) ? connector : isUpper(character) ? lower(character) : character,
    )
    .join('');
}

function separated(text: string, connector: string): string {
  const words = new Words(text);
  let out = '';
  let word = words.next();
  const write = (what: Word): void => {
    out += written(what, connector);
  };
  /** A number takes what follows it into its word. */
  const absorb = (): void => {
    while (word.type === 'alphabet' || word.type === 'number') {
      write(word);
      word = words.next();
    }
  };
  const separateUnless = (...types: WordType[]): void => {
    if (!types.includes(word.type)) out += connector;
  };

  while (words.rest) {
    if (word.type !== 'connector') write(word);
    const last = word;
    word = words.next();
    if (last.type === 'number') {
      absorb();
      separateUnless('none', 'punctuation', 'connector');
    } else if (last.type === 'connector') write(last);
    else if (last.type !== 'punctuation') {
      if (word.type !== 'number') {
        separateUnless('connector', 'punctuation');
        continue;
      }
      if (!words.rest) continue;
      const number = word;
      word = words.next();
      if (word.type !== 'alphabet') {
        write(number);
        separateUnless('connector', 'punctuation');
        continue;
      }
      out += connector;
      write(number);
      absorb();
      separateUnless('none', 'connector', 'punctuation');
    }
  }
  write(word);
  return out;
}

/** xstrings.ToPascalCase. */
function pascalCase(text: string): string {
  const characters = runesOf(text);
  let at = 0;
  while (at < characters.length && isConnector(characters[at] as string)) at += 1;
  let out = characters.slice(0, at).join('');
  const first = characters[at];
  if (first === undefined) return out;
  let inUpperWord = isUpper(first);
  let current = upper(first);
  for (const character of characters.slice(at + 1)) {
    const previous = current;
    current = character;
    if (isConnector(current) && isConnector(previous)) {
      out += previous;
      continue;
    }
    if (isConnector(previous)) {
      inUpperWord = isUpper(current);
      current = upper(current);
      continue;
    }
    if (inUpperWord && isUpper(current)) current = lower(current);
    else inUpperWord = false;
    out += previous;
  }
  return out + current;
}

const TEXT = 'func(string) string';

export const CASE_FUNCTIONS: Readonly<Record<string, TemplateFunction>> = {
  snakecase: slow(TEXT, (text: string) => separated(text, '_')),
  kebabcase: slow(TEXT, (text: string) => separated(text, '-')),
  camelcase: slow(TEXT, pascalCase),
};
