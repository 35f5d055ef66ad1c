import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCommandLine } from '../../src/cli/command-line.ts';
import { commandSpecs } from '../../src/cli/commands.ts';
import { runs } from '../runs.ts';
import { inheritedNames, nastyText } from './arbitraries.ts';
import { unless } from './unless.ts';

const commands = commandSpecs.map(({ path }) => path);
const flags = commandSpecs.flatMap((spec) => Object.values(spec.flags));
const names = [...new Set(flags.map(({ name }) => name))];
const variables = [
  ...new Set(flags.flatMap(({ env }) => env ?? [])),
  'HOME',
  'XDG_STATE_HOME',
  'USERPROFILE',
];
/** The kernel passes on everything else. */
const passable = nastyText.map((text) => text.replaceAll('\0', ''));
const value = fc.oneof(
  passable,
  fc.constantFrom(
    ...inheritedNames,
    '1',
    '0',
    '20s',
    'true',
    'json',
    '-',
    'sqlite:~',
    'redis://',
    'postgres://x',
  ),
);

const flag = fc.oneof(
  fc.tuple(fc.constantFrom(...names), value).map(([name, text]) => [`--${name}=${text}`]),
  fc.tuple(fc.constantFrom(...names), value).map(([name, text]) => [`--${name}`, text]),
  fc.constantFrom(...names).map((name) => [`--${name}`]),
  fc.tuple(fc.constantFrom('-n', '-s', '-h', '-o', '-V', '-'), value).map(([short, text]) => [short, text]),
  fc
    .tuple(fc.oneof(fc.constantFrom(...inheritedNames), passable), value)
    .map(([name, text]) => [`--${name}=${text}`]),
  value.map((text) => [text]),
  fc.constantFrom('--', '--help', 'help', '--argocd-repo-server', '--no-loglevel').map((text) => [text]),
);
const argv = fc
  .tuple(
    fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...commands) },
      { weight: 1, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: value.map((text) => [text]) },
    ),
    fc.array(flag, { maxLength: 5 }),
  )
  .map(([command, more]) => [...command, ...more.flat()]);
const environment = fc.dictionary(fc.constantFrom(...variables), value, { maxKeys: 4 });

/** What is undefined is not given. */
function given(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(given);
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return Object.fromEntries(entries.map(([key, each]) => [key, given(each)]));
}

/** A command of which every option is what JSON can hold; or a text and the exit code that goes with it. */
function faultsOf(line: ReturnType<typeof parseCommandLine>): string[] {
  if (!('exit' in line))
    return unless(isDeepStrictEqual(JSON.parse(JSON.stringify(line)), given(line)), 'odd options');
  const { exit, stdout, stderr } = line;
  if (exit === 0) return [...unless(stdout !== '', 'nothing to read'), ...unless(stderr === '', 'an error')];
  return [
    ...unless(exit === 2 && stdout === '', 'not as a mistake ends'),
    ...unless(/^[^\n]+\n$|Usage: herald/.test(stderr), `more than a line: ${stderr}`),
    ...unless(!/[\p{Cc}\u202e\u2028]/u.test(stderr.replaceAll('\n', '')), `controls: ${stderr}`),
  ];
}

describe('arguments and an environment of any kind', () => {
  it('are a command, or a mistake that is told in one line', () => {
    fc.assert(
      fc.property(argv, environment, (given, env) => {
        expect(faultsOf(parseCommandLine(given, env))).toEqual([]);
      }),
      runs(3_000),
    );
  });

  it('say which flag or variable is wrong, and what to write', () => {
    const checked = flags.filter(({ parse }) => !parse(['\u0001 none']).ok);
    fc.assert(
      fc.property(fc.nat(commandSpecs.length - 1), value, fc.boolean(), (index, text, isVariable) => {
        const spec = commandSpecs[index]!;
        for (const each of Object.values(spec.flags).filter((one) => checked.includes(one))) {
          if (each.parse([text]).ok || (isVariable && (each.env === undefined || text === ''))) continue;
          const needed = spec.arguments.filter(({ term }) => term.startsWith('<')).map(() => 'x');
          const line = isVariable
            ? parseCommandLine([...spec.path, ...needed], { [each.env ?? '']: text })
            : parseCommandLine([...spec.path, `--${each.name}=${text}`, ...needed], {});
          expect(line).toMatchObject({ exit: 2 });
          const { stderr } = line as { stderr: string };
          expect(stderr).toContain(isVariable ? `environment variable ${each.env}` : `--${each.name}`);
          expect(stderr).toMatch(/\b(?:use|write|correct|such as|give|add)\b/i);
        }
      }),
      runs(400),
    );
  });

  it.each(names)('--%s takes no name that every object has for one of its own', (name) => {
    const taken = commandSpecs
      .flatMap((spec) => Object.values(spec.flags).filter((each) => each.name === name))
      .flatMap((each) => inheritedNames.map((text) => ({ text, parsed: each.parse([text]) })))
      .filter(({ text, parsed }) => parsed.ok && JSON.stringify(parsed.value) !== JSON.stringify(text))
      .filter(({ text, parsed }) => parsed.ok && JSON.stringify(parsed.value) !== JSON.stringify([text]));
    expect(taken).toEqual([]);
  });
});
