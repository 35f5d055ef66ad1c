/** The pages of docs/reference/: written from the code, so that nothing in them is out of date and every example runs. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkComplete } from '../../scripts/reference/examples.ts';
import { referencePages } from '../../scripts/reference/pages.ts';
import { repository } from '../shipping/kustomize.ts';

// Writing them runs every example, and throws where one fails, is missing, or is of what does not exist.
const pages = referencePages();

describe('docs/reference', () => {
  it.each(pages.map(({ path, text }) => [path, text]))('%s is as the code has it', (path, text) => {
    const committed = readFileSync(join(repository, path), 'utf8');
    expect(committed, 'npm run docs:reference writes it').toBe(text);
  });

  it('has no page that nothing writes', () => {
    const files = readdirSync(join(repository, 'docs/reference')).map((file) => `docs/reference/${file}`);
    expect(files.toSorted()).toEqual(pages.map(({ path }) => path).toSorted());
  });
});

describe('examples', () => {
  const groups = [{ title: '', examples: { lower: "lower('A')" } }];

  it('are there for every function', () => {
    expect(() => checkComplete('functions', ['lower', 'upper'], groups)).toThrow(/without an example: upper/);
  });

  it('are of functions that exist', () => {
    expect(() => checkComplete('functions', [], groups)).toThrow(/do not exist: lower/);
  });

  it('use their function', () => {
    const odd = [{ title: '', examples: { lower: "upper('a')" } }];
    expect(() => checkComplete('functions', ['lower'], odd)).toThrow(/do not use their function/);
  });
});
