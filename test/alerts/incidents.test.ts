import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { incidents } from './incident-stories.ts';
import { shipped, texts } from './incidents.ts';
import { play } from './timeline.ts';

const docs = readFileSync(join(import.meta.dirname, '../../docs/incidents.md'), 'utf8');

describe('the shipped incidents', () => {
  it.each(incidents)('%s: %j', async (trigger, told, story) => {
    const { world } = await play(shipped, story(trigger));
    const lines = world.told.map(({ delivery }, index) => [index, delivery.reason] as const);
    const messages = await texts(world);
    expect(lines.map(([index, reason]) => `${messages[index]?.at} ${reason}`)).toEqual(told);
    // The documentation shows what is told, word for word.
    const shown = messages
      .slice(trigger === 'on-deployed' ? 2 : 0)
      .filter(({ text }) => !text.startsWith('Still'));
    for (const { text } of shown) expect(docs).toContain(`\`\`\`\n${text}\n\`\`\``);
    for (const service of ['slack', 'email', 'teams', 'teams-workflows'])
      for (const { text, section } of await texts(world, service))
        expect(`${text}${JSON.stringify(section)}`).not.toMatch(/<no value>|<nil>|%!/);
  });
});
