/** Lines of aligned columns, two blanks apart, as kubectl and argocd print them. The last column is not padded. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries())
      widths[column] = Math.max(widths[column] ?? 0, lengthOf(cell));
  }
  return rows.map((row) => `${row.map((cell, i) => pad(cell, i, row.length, widths)).join('  ')}\n`).join('');
}

function pad(cell: string, column: number, columns: number, widths: readonly number[]): string {
  if (column === columns - 1) return cell;
  return cell + ' '.repeat(Math.max(0, Math.max(3, widths[column] ?? 0) - lengthOf(cell)));
}

function lengthOf(cell: string): number {
  return graphemes(cell).length;
}

function graphemes(text: string): string[] {
  return Array.from(new Intl.Segmenter().segment(text), ({ segment }) => segment);
}

/** One line of a text that may have several, cut to `length`. */
export function oneLine(text: string, length = 100): string {
  const joined = text.replace(/\s*[\r\n]+\s*/g, ' ').trim();
  const characters = graphemes(joined);
  return characters.length <= length ? joined : `${characters.slice(0, length - 1).join('')}…`;
}

/** Text from outside (names, errors, values) must not move a terminal's cursor. */
export function printable(text: string): string {
  return text.replace(/[^\P{Cc}\t\n]|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, (character) => {
    const escaped = JSON.stringify(character).slice(1, -1);
    // JSON has no escapes of its own for DEL and what lies behind it, such as the one-byte CSI.
    return escaped === character ? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}` : escaped;
  });
}

/** `at`: Unix milliseconds. In UTC and to the second: `2026-11-28T12:00:01Z`. */
export function timeText(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+/, '');
}
