import type { Scalar } from 'yaml';

export type YamlPath = readonly (string | number)[];

/** 1-based. */
export interface Position {
  line: number;
  column: number;
}

export interface LineIndex {
  position(offset: number): Position;
}

/** `shifted`: lines (1-based) to whose beginning `by` columns were added, which are taken off again. */
export function lineIndex(text: string, shifted: ReadonlySet<number> = new Set(), by = 0): LineIndex {
  let starts: number[] | undefined;
  function index(): number[] {
    const found = [0];
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) found.push(at + 1);
    return found;
  }
  return {
    position(offset) {
      starts ??= index();
      let low = 0;
      let high = starts.length - 1;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if ((starts[middle] ?? 0) <= offset) low = middle;
        else high = middle - 1;
      }
      const column = offset - (starts[low] ?? 0) + 1;
      return { line: low + 1, column: shifted.has(low + 1) ? Math.max(1, column - by) : column };
    },
  };
}

/**
 * Offset in `text` of a position inside the decoded string of a scalar, whatever its style. It counts characters that
 * are not white space, because folding and indentation change only white space.
 */
export function sourceOffset(text: string, node: Scalar.Parsed, inside: Position): number {
  const decoded = node.source ?? '';
  const target = offsetOfPosition(decoded, inside);
  let remaining = 0;
  for (let i = 0; i < target; i++) if (!isSpace(decoded[i])) remaining++;
  // Spaces directly before the position, so that a position on white space stays near its neighbour.
  let tail = 0;
  while (tail < target && (decoded[target - 1 - tail] === ' ' || decoded[target - 1 - tail] === '\t')) tail++;
  const atSpace = isSpace(decoded[target]);

  const [begin, end] = node.range;
  let at = begin;
  if (node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED') {
    const newline = text.indexOf('\n', begin);
    at = newline < 0 ? end : newline + 1;
  } else if (node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE') at = begin + 1;

  while (at < end && remaining > 0) {
    const token = tokenAt(text, at, node.type);
    if (!token.space) remaining--;
    at += token.length;
  }
  if (atSpace) return Math.min(end, at + tail);
  while (at < end && tokenAt(text, at, node.type).space) at += tokenAt(text, at, node.type).length;
  return Math.min(at, end);
}

function offsetOfPosition(text: string, { line, column }: Position): number {
  let start = 0;
  for (let n = 1; n < line; n++) {
    const newline = text.indexOf('\n', start);
    if (newline < 0) break;
    start = newline + 1;
  }
  return Math.min(text.length, start + column - 1);
}

/** One decoded character (or none, an escaped line break) as it is written in the source. */
function tokenAt(
  text: string,
  at: number,
  type: Scalar.Type | undefined,
): { length: number; space: boolean } {
  if (type === 'QUOTE_SINGLE' && text.startsWith("''", at)) return { length: 2, space: false };
  if (type !== 'QUOTE_DOUBLE' || text[at] !== '\\') return { length: 1, space: isSpace(text[at]) };
  const escape = text[at + 1] ?? '';
  const digits = { x: 2, u: 4, U: 8 }[escape];
  if (digits !== undefined) {
    const character = Number.parseInt(text.slice(at + 2, at + 2 + digits), 16);
    return { length: 2 + digits, space: isSpace(String.fromCharCode(character)) };
  }
  return { length: 2, space: ' tnrvfLP_\n\r'.includes(escape) };
}

function isSpace(character: string | undefined): boolean {
  return character !== undefined && /\s/.test(character);
}
