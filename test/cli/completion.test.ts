import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { herald, temporaryFolder } from './support.ts';

const script = async (shell: string): Promise<string> => {
  const { code, stdout, stderr } = await herald(['completion', shell]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
};

/** What bash offers for the last word, as it cuts the line into words. */
function completed(source: string, words: readonly string[]): string[] {
  const line = words.map((word) => `'${word}'`).join(' ');
  const program = `${source}
COMP_WORDS=(herald ${line}); COMP_CWORD=${words.length}; _herald; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['--norc', '-c', program], { encoding: 'utf8' }).trim().split('\n');
}

describe('completion in bash', () => {
  test('of commands, and of those below them', async () => {
    const source = await script('bash');
    expect(completed(source, ['ex'])).toEqual(['explain']);
    expect(completed(source, [''])).toEqual(expect.arrayContaining(['run', 'doctor', 'routes', 'help']));
    expect(completed(source, ['trigger', ''])).toEqual(['get', 'run']);
    expect(completed(source, ['deliveries', 're'])).toEqual(['retry']);
  });

  test('of flags and their values, also behind =', async () => {
    const source = await script('bash');
    expect(completed(source, ['explain', 'shop', '--tri'])).toEqual(['--trigger']);
    expect(completed(source, ['explain', '-o', ''])).toEqual(['wide', 'json', 'yaml']);
    expect(completed(source, ['explain', '--output', '=', 'js'])).toEqual(['json']);
    expect(completed(source, ['explain', '--output', '='])).toEqual(['wide', 'json', 'yaml']);
    expect(completed(source, ['--ver'])).toEqual(['--version']);
    expect(completed(source, ['doctor', '--trigger-that-is-not'])).toEqual(['']);
  });
});

test('completion in zsh and fish is of the same words, and of no other shell', async () => {
  expect(await script('zsh')).toMatch(/^#compdef herald\n/);
  const fish = await script('fish');
  expect(fish).toContain("-a 'explain' -d 'Say why nothing is sent of an Application'");
  expect(fish).toContain("-n '__herald_at explain' -l output -s o -x -a 'wide json yaml'");
  expect(await herald(['completion', 'tcsh'])).toMatchObject({
    code: 2,
    stderr: 'herald completion: there is no completion for "tcsh": give bash, zsh or fish\n',
  });
});

test('version', async () => {
  expect((await herald(['version'])).stdout).toMatch(/^herald \d+\.\d+\.\d+ \(Node\.js 2\d\./);
  const { stdout } = await herald(['version', '-o', 'json']);
  expect(JSON.parse(stdout)).toEqual({
    version: expect.stringMatching(/^\d/),
    node: process.versions.node,
    platform: `${process.platform}/${process.arch}`,
  });
});

test('the program says its version from anywhere, and nothing else', () => {
  const program = join(import.meta.dirname, '../../bin/herald.cjs');
  const cwd = temporaryFolder();
  expect(execFileSync(process.execPath, [program, '--version'], { encoding: 'utf8', cwd })).toMatch(
    /^herald \d+\.\d+\.\d+\n$/,
  );
});
