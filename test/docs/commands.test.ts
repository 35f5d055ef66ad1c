/** Every command that a page tells people to run: it is read by the program itself, as far as that is on the machine. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parseCommandLine } from '../../src/cli/command-line.ts';
import { commandSpecs } from '../../src/cli/commands.ts';
import { hasKubectl, repository } from '../shipping/kustomize.ts';
import { blocksOf, pages, proseOf, version } from './pages.ts';
import { type Command, commandsIn, heraldArguments } from './shell.ts';

const env = { HOME: '/home/jo', USER: 'jo' };

/** Each once, with where it stands. */
function unique<T>(found: readonly (readonly [where: string, command: T])[]): [string, T][] {
  return [
    ...new Map(found.map(([where, command]) => [JSON.stringify(command), [where, command]])).values(),
  ] as [string, T][];
}

const inBlocks = unique(
  pages.flatMap((page) =>
    blocksOf(page, 'sh').flatMap(({ text, line }) =>
      commandsIn(text).map((command) => [`${page.path}:${line}`, command] as const),
    ),
  ),
);
const of = (program: string) => inBlocks.filter(([, [first]]) => first === program);

describe('commands in blocks', () => {
  it('are of programs that people have, or are told to get', () => {
    const programs = new Set(inBlocks.map(([, [program]]) => program));
    const known =
      'alias amtool argocd cosign curl docker git helm herald jq kind kubectl npm npx pg_dump psql psub redis-cli source tar';
    expect([...programs].filter((program) => !known.split(' ').includes(program ?? ''))).toEqual([]);
  });

  const heralds = inBlocks.flatMap(([where, command]): [string, readonly string[]][] => {
    const given = heraldArguments(command);
    return given === undefined ? [] : [[where, given]];
  });

  it('are some', () => expect(heralds.length).toBeGreaterThan(70));

  it.each(heralds)('%s: herald %j', (_where, given) => {
    expect(parseCommandLine(given, env)).not.toHaveProperty('exit');
  });

  const { scripts } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };

  it.each(of('npm'))('%s: %j is a script that there is', (_where, [, verb, name]) => {
    expect(['ci', ...Object.keys(scripts)]).toContain(verb === 'run' ? name : verb);
  });

  const paths = inBlocks.flatMap(([where, command]): [string, string][] =>
    command.flatMap((word, at): [string, string][] => {
      const isFolder = ['-k', 'package'].includes(command[at - 1] ?? '') && word !== '.';
      return isFolder || /^(?:config|scripts|docs)\//.test(word) ? [[where, word]] : [];
    }),
  );

  it.each(paths)('%s: %s is there', (_where, path) => {
    expect(existsSync(join(repository, path))).toBe(true);
  });

  it('name the version that there is', () => {
    const named = inBlocks.flatMap(([, command]) =>
      [...command.join(' ').matchAll(/herald[:-](\d\S*?)(?:\.tgz)?(?= |$)|--version (\S+)/g)].map(
        ([, image, chart]) => image ?? chart,
      ),
    );
    expect(named.length).toBeGreaterThan(3);
    expect(new Set(named)).toEqual(new Set([version]));
  });
});

/** What kubectl says of a command, with no cluster to carry it out. */
async function saidByKubectl(command: Command): Promise<string> {
  const args = command.slice(1);
  const nowhere = ['--server=http://127.0.0.1:1', '--request-timeout=1s'];
  const options = { cwd: repository, env: { PATH: process.env['PATH'], HOME: '/nowhere' } };
  // The files of an example are not there; what kubectl says of them is that, once it has taken the flags.
  const running = promisify(execFile)('kubectl', [...nowhere, ...args], options);
  running.child.stdin?.end();
  return running.then(
    ({ stderr }) => stderr,
    ({ stderr }: { stderr: string }) => stderr,
  );
}

describe.skipIf(!hasKubectl)('kubectl', () => {
  const commands = of('kubectl');

  it('has some', () => expect(commands.length).toBeGreaterThan(15));

  it.each(commands)('%s: takes %j', async (_where, command) => {
    expect(await saidByKubectl(command)).not.toMatch(
      /unknown (?:flag|shorthand|command)|invalid (?:argument|option)|exactly|required|must (?:be|specify)|Usage:/i,
    );
  });

  it('would say of a flag that there is none of', async () => {
    expect(await saidByKubectl(['kubectl', 'get', 'pods', '--namspace', 'x'])).toMatch(/unknown flag/);
  });
});

describe('commands in the text', () => {
  const inline = unique(
    pages.flatMap((page) =>
      [...proseOf(page).matchAll(/`((?:herald|npm (?:run|start|test)) [^`\n]+)`/g)].map(
        ([, text = '']) => [page.path, text.replaceAll('\\|', '|')] as const,
      ),
    ),
  );
  /** The name of a command or a group alone, and what is left open. */
  const isNoCommand = (text: string) =>
    /…|\[|\w\||^herald COMMAND\b|--$/.test(text) ||
    commandSpecs.some(({ path }) => `herald ${path.join(' ')} `.startsWith(`${text} `));

  it.each(inline.filter(([, text]) => !isNoCommand(text)))('%s: %s', (_page, text) => {
    for (const command of commandsIn(text)) {
      const given = heraldArguments(command);
      if (given === undefined) continue;
      const read = parseCommandLine(given, env);
      expect('exit' in read ? read.stderr : '').toBe('');
    }
  });
});
