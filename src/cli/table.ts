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
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, (character) =>
    character === '\n' || character === '\t' ? character : JSON.stringify(character).slice(1, -1),
  );
}
