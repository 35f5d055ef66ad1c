/** What the pages for contributors name is there: files, scripts, functions. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repository } from '../shipping/kustomize.ts';
import { pageOf } from './pages.ts';

const { text } = pageOf('CONTRIBUTING.md');
const recipes = text.split(/^## /m).filter((section) => section.startsWith('Adding a '));

/** Paths in the text, also those with a place for a name. */
function pathsIn(section: string): string[] {
  const found = section.matchAll(/`((?:\.ci|src|test|docs|scripts|simulator|config|bin)\/[^`\s]*)`/g);
  return [...found].map(([, path = '']) => path);
}

it('CONTRIBUTING.md has a recipe for a service, a flag, a metric and a template function', () => {
  expect(recipes.map((recipe) => recipe.split('\n')[0])).toEqual([
    'Adding a service',
    'Adding a flag',
    'Adding a metric',
    'Adding a template function',
  ]);
  for (const recipe of recipes) expect(pathsIn(recipe).length).toBeGreaterThan(2);
});

describe('paths in CONTRIBUTING.md', () => {
  it.each([...new Set(pathsIn(text))])('%s', (path) => {
    // Grafana is the example of the recipe.
    expect(existsSync(join(repository, path.replaceAll('<name>', 'grafana'))) || isOptional(path)).toBe(true);
  });

  /** Of a type with rules of its own. */
  const isOptional = (path: string) => path === 'test/conformance/services/differences/<name>.ts';
});

/** Names of code that a recipe tells to use: files beside the one that was named, functions, types. */
const names = [
  ...new Set(recipes.flatMap((recipe) => [...recipe.matchAll(/`([A-Za-z]\w+(?:\.ts)?)(?:\([^`]*\))?`/g)])),
]
  .map(([, name = '']) => name)
  .filter((name) => /[A-Z]|\.ts$/.test(name) && !/^[A-Z_]+$/.test(name));

const code = ['src', 'test']
  .flatMap((folder) =>
    readdirSync(join(repository, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => `${file}\n${readFileSync(join(repository, folder, file), 'utf8')}`),
  )
  .join('\n');

it.each([...new Set(names)])('the recipes name %s, which the code has', (name) => {
  expect(new RegExp(`\\b${name.replace('.', '\\.')}\\b`).test(code)).toBe(true);
});
