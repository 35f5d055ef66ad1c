/** Code, cells and pages of Markdown. */

export interface Page {
  /** Path from the root of the repository. */
  path: string;
  text: string;
}

/** As code within a line, also in a cell of a table; empty for an empty text. */
export function code(text: string): string {
  if (text === '') return '';
  const shown = text.replaceAll('\n', '⏎').replaceAll('|', '\\|');
  if (!shown.includes('`')) return `\`${shown}\``;
  return `\`\` ${shown} \`\``;
}

/** As text of a cell. */
export function cell(text: string): string {
  return text
    .replaceAll('|', '\\|')
    .replaceAll(/<(?=[A-Za-z])/g, '&lt;')
    .replaceAll('\n', ' ');
}

export function block(language: string, text: string): string {
  return `\`\`\`${language}\n${text.replace(/\n$/, '')}\n\`\`\``;
}

/** Sections with an empty line between them, and what wrote them. */
export function page(path: string, sections: readonly string[]): Page {
  const [title = '', ...rest] = sections;
  const written = '<!-- Written by `npm run docs:reference` from the tables of the code. -->';
  return { path, text: `${[title, written, ...rest].join('\n\n')}\n` };
}
