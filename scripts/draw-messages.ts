import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { draw } from './pictures/draw.ts';
import { pictures } from './pictures/pictures.ts';
import { type ShownMessages, tell } from './pictures/tell.ts';

/**
 * `node scripts/draw-messages.ts [NAME…]` draws docs/images/messages/*.png: what the stories tell, sent to a simulated
 * Slack and drawn by the page of the demo. Needs chromium and pngquant.
 */
const folder = join(import.meta.dirname, '../docs/images/messages');

const names = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const told = new Map<string, ShownMessages>();
for (const { name, configMap, story, last } of pictures) {
  if (names.length > 0 && !names.includes(name)) continue;
  const messages = await tell(configMap, story);
  told.set(join(folder, `${name}.png`), last === undefined ? messages : messages.slice(-last));
}
await draw(told);
