import { type Document, isCollection, isScalar, visit } from 'yaml';

/**
 * libyaml lets the further lines of quoted strings and flow collections begin in any column; the `yaml` package wants
 * them indented. Indents the lines of the one that made `document` fail. undefined when that is not what failed.
 */
export function indentContinuation(
  text: string,
  document: Document,
): { text: string; lines: number[] } | undefined {
  const start = brokenNode(document);
  if (start === undefined) return undefined;
  const end = flowEnd(text, start);
  if (end === undefined) return undefined;
  const broken = text.slice(start, end);
  const firstLine = text.slice(0, start).split('\n').length;
  const count = broken.split('\n').length - 1;
  if (count === 0) return undefined;
  const repaired = broken.replaceAll('\n', `\n${' '.repeat(indentation)}`);
  if (broken.includes(`\n${' '.repeat(indentation)}`)) return undefined;
  return {
    text: text.slice(0, start) + repaired + text.slice(end),
    lines: Array.from({ length: count }, (_, index) => firstLine + 1 + index),
  };
}

/** Columns that `indentContinuation` adds to each line it changes; deeper than any block in practice. */
export const indentation = 120;

function brokenNode(document: Document): number | undefined {
  const at = document.errors[0]?.pos[0] ?? -1;
  let start: number | undefined;
  visit(document, {
    Node(_, node) {
      if (start !== undefined) return visit.BREAK;
      const quoted = isScalar(node) && (node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE');
      if (!quoted && !(isCollection(node) && node.flow)) return undefined;
      if (node.range && node.range[0] <= at && at <= node.range[1]) start = node.range[0];
      return undefined;
    },
  });
  return start;
}

/** The offset behind the quote or bracket that closes what opens at `start`. */
function flowEnd(text: string, start: number): number | undefined {
  let depth = 0;
  for (let i = start; i < text.length; i++) {
    const character = text[i];
    if (character === '"' || character === "'") {
      const close = quoteEnd(text, i, character);
      if (close === undefined) return undefined;
      i = close;
    } else if (character === '[' || character === '{') depth++;
    else if (character === ']' || character === '}') depth--;
    else if (character === '#' && /\s/.test(text[i - 1] ?? '')) i = text.indexOf('\n', i);
    if (i < start) return undefined;
    if (depth === 0) return i + 1;
  }
  return undefined;
}

function quoteEnd(text: string, start: number, quote: string): number | undefined {
  for (let i = start + 1; i < text.length; i++) {
    if (quote === '"' && text[i] === '\\') i++;
    else if (text[i] === quote) {
      if (quote === "'" && text[i + 1] === "'") i++;
      else return i;
    }
  }
  return undefined;
}
