/** Scripts by which shells complete command lines, made of the commands and flags that there are. */
import type { CommandSpec } from './command.ts';
import type { Flag } from './flags.ts';
import type { CompletionOptions } from './options.ts';

export function completionScript(shell: CompletionOptions['shell'], specs: readonly CommandSpec[]): string {
  switch (shell) {
    case 'bash':
      return bash(specs);
    case 'zsh':
      return `#compdef herald\nautoload -U +X bashcompinit && bashcompinit\n${bash(specs)}`;
    case 'fish':
      return fish(specs);
  }
}

/** Words that may follow a path of commands, with what they are for. */
function wordsAfter(path: readonly string[], specs: readonly CommandSpec[]): Map<string, string> {
  const words = new Map<string, string>();
  for (const spec of specs) {
    if (!path.every((word, at) => spec.path[at] === word)) continue;
    const next = spec.path[path.length];
    if (next === undefined) continue;
    const isLast = spec.path.length === path.length + 1;
    const known = words.get(next) ?? '';
    words.set(next, isLast ? spec.summary : known || (spec.groupSummary ?? ''));
  }
  if (path.length === 0) words.set('help', 'Print the help of a command');
  return words;
}

/** Every path at which something follows: `` , `config`, `config check`. */
function pathsOf(specs: readonly CommandSpec[]): string[][] {
  const paths = new Map<string, string[]>([['', []]]);
  for (const { path } of specs)
    for (let length = 1; length <= path.length; length += 1)
      paths.set(path.slice(0, length).join(' '), path.slice(0, length));
  return [...paths.values()];
}

function flagsOf(path: readonly string[], specs: readonly CommandSpec[]): Flag<unknown>[] {
  const spec = specs.find(
    (each) => each.path.length === path.length && each.path.every((word, at) => path[at] === word),
  );
  return spec ? Object.values(spec.flags) : [];
}

/** The values that a flag takes, where its placeholder lists them. */
function choicesOf({ placeholder = '' }: Flag<unknown>): string[] {
  return placeholder.includes('|') ? placeholder.split('|') : [];
}

function isFileFlag({ placeholder }: Flag<unknown>): boolean {
  return placeholder === 'file' || placeholder === 'directory';
}

function bash(specs: readonly CommandSpec[]): string {
  const cases = pathsOf(specs).map((path) => {
    const flags = flagsOf(path, specs);
    const names = [
      ...flags.map(({ name }) => `--${name}`),
      '--help',
      ...(path.length === 0 ? ['--version'] : []),
    ];
    return `    '${path.join(' ')}') words='${[...wordsAfter(path, specs).keys()].join(' ')}'; flags='${names.join(' ')}' ;;`;
  });
  const values = pathsOf(specs).flatMap((path) =>
    flagsOf(path, specs).flatMap((flag) => {
      const names = [`--${flag.name}`, ...(flag.short === undefined ? [] : [`-${flag.short}`])];
      const patterns = names.map((name) => `'${path.join(' ')} ${name}'`).join('|');
      const choices = choicesOf(flag);
      if (choices.length > 0)
        return [`    ${patterns}) COMPREPLY=($(compgen -W '${choices.join(' ')}' -- "$cur")); return ;;`];
      if (isFileFlag(flag)) return [`    ${patterns}) COMPREPLY=($(compgen -f -- "$cur")); return ;;`];
      return flag.placeholder === undefined ? [] : [`    ${patterns}) COMPREPLY=(); return ;;`];
    }),
  );
  return `# herald completion bash
_herald() {
  local cur prev path word next words flags i
  cur="\${COMP_WORDS[COMP_CWORD]}"
  prev="\${COMP_WORDS[COMP_CWORD-1]}"
  COMPREPLY=()
  # --flag=value is three words.
  if [ "$cur" = '=' ]; then cur=''; elif [ "$prev" = '=' ]; then prev="\${COMP_WORDS[COMP_CWORD-2]}"; fi
  path=''
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    next="$path\${path:+ }$word"
    case "$next" in
    ${pathsOf(specs)
      .filter((path) => path.length > 0)
      .map((path) => `'${path.join(' ')}'`)
      .join('|')}) path="$next" ;;
    *) break ;;
    esac
  done
  case "$path $prev" in
${values.join('\n')}
  esac
  case "$path" in
${cases.join('\n')}
  esac
  case "$cur" in
  -*) COMPREPLY=($(compgen -W "$flags" -- "$cur")) ;;
  *)
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
    if [ -z "$words" ]; then COMPREPLY=($(compgen -f -- "$cur")); fi
    ;;
  esac
}
complete -o bashdefault -F _herald herald
`;
}

function fish(specs: readonly CommandSpec[]): string {
  const lines = pathsOf(specs).flatMap((path) => {
    const condition = `__herald_at ${path.join(' ')}`.trim();
    const words = [...wordsAfter(path, specs)].map(
      ([word, help]) => `complete -c herald -f -n '${condition}' -a '${word}' -d '${quoted(help)}'`,
    );
    const flags = flagsOf(path, specs).map((flag) => {
      const choices = choicesOf(flag);
      const takes =
        flag.placeholder === undefined
          ? ''
          : choices.length > 0
            ? ` -x -a '${choices.join(' ')}'`
            : isFileFlag(flag)
              ? ' -r -F'
              : ' -x';
      const short = flag.short === undefined ? '' : ` -s ${flag.short}`;
      return `complete -c herald -n '${condition}' -l ${flag.name}${short}${takes} -d '${quoted(firstSentence(flag.help))}'`;
    });
    return [...words, ...flags];
  });
  return `# herald completion fish
function __herald_at
    set -l words (commandline -opc)[2..-1]
    set -l named
    for word in $words
        string match -q -- '-*' $word; and break
        set -a named $word
    end
    test "$named[1..2]" = "$argv"; or test (count $argv) -gt 0 -a "$named[1..(count $argv)]" = "$argv"
end
${lines.join('\n')}
`;
}

function firstSentence(text: string): string {
  return text.split(/[.:;] /)[0] ?? text;
}

function quoted(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
}
