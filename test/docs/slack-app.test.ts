/** The scopes in docs/slack.md are those that the code has a use for: no fewer, and no more. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { METHODS } from '../../simulator/slack/methods.ts';
import { botScopes } from '../../src/services/slack/scopes.ts';
import { repository } from '../shipping/kustomize.ts';
import { blockNamed, pageOf } from './pages.ts';

const names = botScopes.map(({ name }) => name);
const folder = join(repository, 'src/services/slack');
const source = readdirSync(folder)
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  .map((file) => readFileSync(join(folder, file), 'utf8'))
  .join('\n');

/** Methods of Slack's Web API that the code calls. */
const methods = new Set(
  [...source.matchAll(/'((?:auth|chat|conversations|usergroups|users)\.[a-zA-Z.]+)'/g)].map(
    ([, method = '']) => method,
  ),
);

/** Asked for by an argument of a method, or beside another scope. */
const furtherScopes: Record<string, RegExp> = {
  'chat:write.public': /chat:write\.public/,
  'chat:write.customize': /icon_emoji/,
  'users:read': /users\.lookupByEmail/,
};
/** Of group conversations of people, to which nobody subscribes an app. */
const notAskedFor = ['mpim:history', 'mpim:read', 'im:read'];

describe('scopes', () => {
  it('are those of the methods that are called', () => {
    expect(methods.size).toBeGreaterThan(6);
    for (const method of methods) expect(METHODS, method).toHaveProperty([method]);
    const needed = [...methods].flatMap((method) => METHODS[method]?.scopes ?? []);
    for (const [scope, use] of Object.entries(furtherScopes)) if (use.test(source)) needed.push(scope);
    const expected = new Set(needed.filter((scope) => !notAskedFor.includes(scope)));
    expect(names.toSorted()).toEqual([...expected].toSorted());
  });

  it('are those of the manifest', () => {
    const manifest = parse(blockNamed('docs/slack.md', 'manifest of the Slack app').text);
    expect(manifest.oauth_config.scopes).toEqual({ bot: names });
    expect(manifest.features.bot_user.display_name).toBe(manifest.display_information.name);
    // Slack's own bounds.
    expect(manifest.display_information.name.length).toBeLessThanOrEqual(35);
    expect(manifest.display_information.description.length).toBeLessThanOrEqual(140);
  });

  it('are in the table as herald doctor tells of them', () => {
    const rows = [...pageOf('docs/slack.md').text.matchAll(/^\| `([\w:.]+)` \| (.+) \| (.+) \|$/gm)];
    expect(rows.map(([, name, use, without]) => ({ name, use, without }))).toEqual(
      botScopes.map(({ name, use, without }) => ({ name, use, without })),
    );
  });
});
