import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pictures } from '../../scripts/pictures/pictures.ts';
import { incidents } from '../alerts/incident-stories.ts';
import { repository } from '../shipping/kustomize.ts';

const folder = join(repository, 'docs/images/messages');
const files = readdirSync(folder).map((file) => file.replace(/\.png$/, ''));

function shownIn(page: string): string[] {
  const text = readFileSync(join(repository, 'docs', page), 'utf8');
  return [...text.matchAll(/!\[([^\]]+)\]\(images\/messages\/([^)]+)\.png\)/g)].map(
    ([, , name = '']) => name,
  );
}

describe('the pictures of messages', () => {
  it('are those that scripts/draw-messages.ts draws, and each is shown', () => {
    const drawn = pictures.map(({ name }) => name).sort();
    expect(files.sort()).toEqual(drawn);
    expect([...shownIn('alerts.md'), ...shownIn('incidents.md')].sort()).toEqual(drawn);
  });

  it.each(incidents.map(([trigger]) => trigger))('show %s', (trigger) => {
    expect(shownIn('incidents.md')).toContain(trigger);
    expect(existsSync(join(folder, `${trigger}.png`))).toBe(true);
  });

  it('are small', () => {
    for (const file of files) {
      const { size } = statSync(join(folder, `${file}.png`));
      expect(size, file).toBeLessThan(60 * 1024);
      // The eight bytes that a PNG begins with.
      expect(
        readFileSync(join(folder, `${file}.png`))
          .subarray(0, 8)
          .toString('latin1'),
      ).toBe('\x89PNG\r\n\x1a\n');
    }
  });
});
