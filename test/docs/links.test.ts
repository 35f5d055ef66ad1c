/** Every link of a page to another one leads to what is there, and every anchor to a heading. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repository } from '../shipping/kustomize.ts';
import { pageOf, pages, proseOf } from './pages.ts';

/** The anchors of a page, as GitHub makes them. */
function anchorsOf(text: string): Set<string> {
  const counts = new Map<string, number>();
  const anchors = new Set<string>();
  for (const [, heading = ''] of text.matchAll(/^#{1,6} (.+)$/gm)) {
    const shown = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll(/[`*]/g, '');
    const anchor = shown
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-');
    const count = counts.get(anchor) ?? 0;
    counts.set(anchor, count + 1);
    anchors.add(count === 0 ? anchor : `${anchor}-${count}`);
  }
  return anchors;
}

const anchors = new Map(pages.map((page) => [page.path, anchorsOf(proseOf(page))]));

/** What is wrong with a link of a page; undefined where nothing is. */
function faultOf(page: string, target: string): string | undefined {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? page : join(dirname(page), decodeURIComponent(path));
  if (!existsSync(join(repository, file))) return `${target}: there is no ${file}`;
  if (anchor === undefined || anchors.get(file)?.has(anchor)) return undefined;
  return `${target}: ${file} has no such heading`;
}

function linksOf(text: string): string[] {
  const plain = text.replaceAll(/`[^`\n]*`/g, '');
  const inText = [...plain.matchAll(/\]\(([^)\s]+)\)/g), ...plain.matchAll(/^\[[^\]]+\]: (\S+)$/gm)];
  return inText.map(([, target = '']) => target).filter((target) => !/^[a-z]+:/.test(target));
}

describe('links', () => {
  it.each(pages)('of $path lead somewhere', (page) => {
    expect(linksOf(proseOf(page)).flatMap((target) => faultOf(page.path, target) ?? [])).toEqual([]);
  });

  it('are looked at', () => {
    expect(pages.flatMap((page) => linksOf(proseOf(page))).length).toBeGreaterThan(250);
    expect(faultOf('README.md', 'docs/none.md')).toContain('there is no docs/none.md');
    expect(faultOf('README.md', 'docs/alerts.md#none')).toContain('no such heading');
  });

  it('lead from the index to every page of docs', () => {
    const linked = linksOf(pageOf('docs/README.md').text).map((target) =>
      join('docs', target.replace(/#.*$/, '')),
    );
    const covered = pages
      .map(({ path }) => path)
      .filter((path) => path.startsWith('docs/') && path !== 'docs/README.md')
      // These have an index of their own.
      .filter((path) => !/^docs\/(?:services|runbooks)\/(?!README)/.test(path));
    expect(covered.filter((path) => !linked.includes(path))).toEqual([]);
  });
});
