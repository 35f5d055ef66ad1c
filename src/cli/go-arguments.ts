/** What is known of flags by name, over all commands: whether they take a value. */
export interface FlagShapes {
  booleans: ReadonlySet<string>;
  valued: ReadonlySet<string>;
  /** Single letters of valued flags. */
  shorthands: ReadonlySet<string>;
  /** Names of booleans by their single letters. */
  switches: ReadonlyMap<string, string>;
}

/**
 * Brings arguments written by Go's habits into the form that commander reads: a boolean takes no separate value and
 * may have one after `=`, `-n=x` is `-n x`.
 */
export function readGoArguments(argv: readonly string[], shapes: FlagShapes): string[] {
  const read: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i] ?? '';
    if (argument === '--') {
      read.push(...argv.slice(i));
      break;
    }
    const [, name = '', value] = /^--([^=]+)(=.*)?$/s.exec(argument) ?? [];
    const [, letter = '', short] = /^-([a-zA-Z])=?(.*)$/s.exec(argument) ?? [];
    const switched = shapes.switches.get(letter);
    if (shapes.booleans.has(name) && value === undefined) {
      read.push(`${argument}=true`);
    } else if (switched !== undefined && (short === '' || argument.startsWith(`-${letter}=`))) {
      read.push(`--${switched}=${short || 'true'}`);
    } else if (shapes.valued.has(name) && value === undefined && i + 1 < argv.length) {
      read.push(argument, argv[++i] ?? '');
    } else if (shapes.shorthands.has(letter) && argument.startsWith(`-${letter}=`)) {
      read.push(`-${letter}`, short ?? '');
    } else if (shapes.shorthands.has(letter) && short === '' && i + 1 < argv.length) {
      read.push(argument, argv[++i] ?? '');
    } else {
      read.push(argument);
    }
  }
  return read;
}
