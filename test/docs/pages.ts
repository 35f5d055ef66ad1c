import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../shipping/kustomize.ts';

export interface Page {
  /** From the root of the repository. */
  path: string;
  text: string;
}

/** A block of code. */
export interface Block {
  page: string;
  /** Of its first line, from 1. */
  line: number;
  language: string;
  /** Without the indentation of a list around it. */
  text: string;
  /** What a comment in its first line says that it is: `values.yaml`. */
  name: string;
}

function filesIn(folder: string): string[] {
  return readdirSync(join(repository, folder), { recursive: true, encoding: 'utf8' })
    .map((file) => join(folder, file))
    .filter((file) => file.endsWith('.md'));
}

const paths = [
  ...readdirSync(repository).filter((file) => file.endsWith('.md')),
  ...filesIn('docs'),
  ...filesIn('config'),
];

/** Every page for people, in one order. */
export const pages: readonly Page[] = paths.toSorted().map((path) => ({
  path,
  text: readFileSync(join(repository, path), 'utf8'),
}));

export function pageOf(path: string): Page {
  const found = pages.find((page) => page.path === path);
  if (found === undefined) throw new Error(`there is no page ${path}`);
  return found;
}

const fence = /^( *)```(\w*)\n([^]*?)^\1```$/gm;

export function blocksOf({ path, text }: Page, ...languages: readonly string[]): Block[] {
  return [...text.matchAll(fence)]
    .map(({ 1: indentation = '', 2: language = '', 3: code = '', index }) => {
      const block = code.replaceAll(new RegExp(`^${indentation}`, 'gm'), '');
      const name = /^# (.+)\n/.exec(block)?.[1] ?? '';
      return { page: path, line: text.slice(0, index).split('\n').length + 1, language, text: block, name };
    })
    .filter(({ language }) => languages.includes(language));
}

/** The text of a page without its blocks of code. */
export function proseOf({ text }: Page): string {
  return text.replaceAll(fence, '');
}

/** The first named so. */
export function blockNamed(page: string, name: string): Block {
  const found = blocksOf(pageOf(page), 'yaml').find((block) => block.name === name);
  if (found === undefined) throw new Error(`${page} has no ${name}`);
  return found;
}

export const version = (
  JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as { version: string }
).version;
