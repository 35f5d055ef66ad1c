/** One command of a block of shell: its words, without quotes. */
export type Command = readonly string[];

/** What stands between commands. */
const separators: ReadonlySet<string> = new Set(['|', '||', '&&', ';', '&', '\n', '(', ')']);

/** The commands of a text in their order, each part of pipes and lists; redirections are left out. */
export function commandsIn(text: string): Command[] {
  const commands: string[][] = [[]];
  let skipping = false;
  for (const token of tokensOf(text)) {
    if (token.isOperator && separators.has(token.text)) commands.push([]);
    else if (token.isOperator) skipping = true;
    else if (skipping) skipping = false;
    else commands.at(-1)?.push(token.text);
  }
  return commands.filter(({ length }) => length > 0);
}

interface Token {
  text: string;
  isOperator: boolean;
}

const token =
  /\\\n|[ \t]+|(?<comment>(?<![^\s])#[^\n]*)|(?<operator>\n|&&|\|\||[|;&()]|<\(|[<>]+)|(?<word>(?:'[^']*'|"(?:\\[^]|[^"\\])*"|\\[^\n]|[^\s'"\\|;&()<>])+)/y;

function* tokensOf(text: string): Generator<Token> {
  token.lastIndex = 0;
  while (token.lastIndex < text.length) {
    const match = token.exec(text);
    if (match === null) throw new Error(`no shell can read: ${text}`);
    const { operator, word } = match.groups ?? {};
    // A command whose output is a file: `source <(herald completion bash)`.
    if (operator !== undefined) yield { text: operator === '<(' ? '(' : operator, isOperator: true };
    if (word !== undefined) yield { text: unquoted(word), isOperator: false };
  }
}

function unquoted(word: string): string {
  return word.replaceAll(/'([^']*)'|"((?:\\[^]|[^"\\])*)"|\\([^\n])/g, (_, single, double, escaped) => {
    if (single !== undefined) return single as string;
    return double === undefined ? (escaped as string) : (double as string).replaceAll(/\\(["\\$`])/g, '$1');
  });
}

/** The arguments of `herald`, wherever the command has it run; undefined: it does not. */
export function heraldArguments(command: Command): readonly string[] | undefined {
  const [program, verb, separator] = command;
  if (program === 'herald') return command.slice(1);
  if (program === 'npm' && verb === 'start') return separator === '--' ? command.slice(3) : ['run'];
  const at = command.indexOf('--');
  return at >= 0 && command[at + 1] === 'herald' ? command.slice(at + 2) : undefined;
}
