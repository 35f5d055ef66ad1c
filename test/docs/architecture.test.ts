/** ARCHITECTURE.md and docs/decisions.md name the rooms, dependencies and files that there are, and no others. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { repository } from '../shipping/kustomize.ts';
import { pageOf } from './pages.ts';

const { text } = pageOf('ARCHITECTURE.md');

function sectionOf(heading: string): string {
  const section = text.split(/^## /m).find((each) => each.startsWith(heading));
  if (section === undefined) throw new Error(`ARCHITECTURE.md has no section ${heading}`);
  return section;
}

it('has a room for each folder of src/', () => {
  const rooms = sectionOf('Where things are');
  const folders = readdirSync(join(repository, 'src'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
  expect(folders.filter((name) => !new RegExp(`\\b${name}/`).test(rooms))).toEqual([]);
});

it('has a room for nothing that is not there', () => {
  const rooms = [...sectionOf('Where things are').matchAll(/^([a-z][\w./-]*\/[\w./-]*) /gm)].map(
    ([, path = '']) => path,
  );
  expect(rooms.length).toBeGreaterThan(20);
  expect(rooms.filter((path) => !existsSync(join(repository, path)))).toEqual([]);
});

it('says of each dependency what it is for, and has a line for no other', () => {
  const dependencies = sectionOf('Dependencies');
  const lines = dependencies.split('\n').filter((line) => line.startsWith('| `'));
  const named = lines.flatMap((line) =>
    [...(line.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name),
  );
  expect(new Set(named)).toEqual(new Set(Object.keys(manifest.dependencies)));
  const development = Object.keys(manifest.devDependencies).filter((name) => !name.startsWith('@types/'));
  expect(development.filter((name) => !dependencies.includes(`\`${name}\``))).toEqual([]);
});

it.each(['ARCHITECTURE.md', 'docs/decisions.md'])('%s names files that are there', (page) => {
  const paths = [
    ...pageOf(page).text.matchAll(/`((?:src|test|scripts|bench|simulator|faults|config)\/[^`\s]*)`/g),
  ];
  expect(paths.length).toBeGreaterThan(0);
  expect(paths.map(([, path = '']) => path).filter((path) => !existsSync(join(repository, path)))).toEqual(
    [],
  );
});
