/** Errors of the language, as values to the outside: thrown inside this folder only. */
import { runeCount } from '../../go/bytes.ts';

/** What the lexer, parser and checker refuse. `at` is an offset into the source, in UTF-16 units. */
export class CompileError extends Error {
  readonly at: number;
  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

/** What fails while an expression runs. */
export class RunError extends Error {
  readonly at: number;
  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

/** A limit of the sandbox: never caught inside an expression, not even by `first` and `last`. */
export class LimitError extends Error {}

/** What several evaluations share is used up. */
export class AllowanceError extends LimitError {}

export interface Place {
  /** 1-based. */
  line: number;
  /** 1-based, in characters. */
  column: number;
}

export function placeOf(source: string, at: number): Place {
  const before = source.slice(0, at);
  const lineStart = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: runeCount(before.slice(lineStart)) + 1 };
}
