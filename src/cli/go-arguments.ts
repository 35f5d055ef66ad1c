/** What is known of flags by name, over all commands: whether they take a value. */
export interface FlagShapes {
  booleans: ReadonlySet<string>;
  valued: ReadonlySet<string>;
  /** Single letters of valued flags. */
  shorthands: ReadonlySet<string>;
}

export interface GoArguments {
  argv: string[];
  /** Flags that Herald accepts and has no use for, as given. */
  ignored: string[];
}

/**
 * Brings arguments written by Go's habits into the form that commander reads: a boolean takes no separate value and
 * may have one after `=`, `-n=x` is `-n x`. Flags of Argo CD's repo server are taken out with their values.
 */
export function readGoArguments(argv: readonly string[], shapes: FlagShapes): GoArguments {
  const read: GoArguments = { argv: [], ignored: [] };
  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i] ?? '';
    if (argument === '--') {
      read.argv.push(...argv.slice(i));
      break;
    }
    const [, name = '', value] = /^--([^=]+)(=.*)?$/s.exec(argument) ?? [];
    const [, letter = '', short] = /^-([a-zA-Z])=?(.*)$/s.exec(argument) ?? [];
    if (isRepoServerFlag(name)) {
      read.ignored.push(`--${name}`);
      if (value === undefined && !/(-plaintext|-tls)$/.test(name) && !argv[i + 1]?.startsWith('-')) i += 1;
    } else if (shapes.booleans.has(name) && value === undefined) {
      read.argv.push(`${argument}=true`);
    } else if (shapes.valued.has(name) && value === undefined && i + 1 < argv.length) {
      read.argv.push(argument, argv[++i] ?? '');
    } else if (shapes.shorthands.has(letter) && argument.startsWith(`-${letter}=`)) {
      read.argv.push(`-${letter}`, short ?? '');
    } else if (shapes.shorthands.has(letter) && short === '' && i + 1 < argv.length) {
      read.argv.push(argument, argv[++i] ?? '');
    } else {
      read.argv.push(argument);
    }
  }
  return read;
}

/** `--argocd-repo-server*` of argocd-notifications-controller and of `argocd admin`, and the newer `--repo-server-*`. */
function isRepoServerFlag(name: string): boolean {
  return /^(argocd-repo-server($|-)|repo-server-)/.test(name);
}
