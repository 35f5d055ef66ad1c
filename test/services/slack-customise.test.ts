import { afterEach, beforeEach, expect, it } from 'vitest';
import { createSlackSimulator, type SlackSimulator } from '../../simulator/slack.ts';
import { createLog } from '../../src/log.ts';
import type { JsonObject } from '../../src/model.ts';
import type { Service } from '../../src/services/service.ts';
import { startService } from './start-service.ts';

let simulator: SlackSimulator;
let service: Service;
let warnings: JsonObject[];
let now: number;

beforeEach(async () => {
  warnings = [];
  now = 0;
  simulator = createSlackSimulator({ channels: [{ name: 'deploys' }] });
  await simulator.start();
  const { token, apiUrl } = simulator;
  const write = (line: string) => void warnings.push(JSON.parse(line) as JsonObject);
  const log = createLog({ level: 'warn', format: 'json' }, { write });
  const options = { token, apiURL: apiUrl, username: 'argocd', icon: ':argo:' };
  service = startService('slack', options, { log, now: () => now });
});
afterEach(async () => {
  await service.close();
  await simulator.stop();
});

const send = (message: string, section?: JsonObject) =>
  service.send({ message, ...(section === undefined ? {} : { section }) }, 'deploys', {
    deliveryId: message,
    signal: AbortSignal.timeout(600_000),
  });
const names = () => simulator.messages('deploys').map(({ text, username }) => `${username}: ${text}`);

it('a message without the scope for its name goes out without, with one warning', async () => {
  simulator.setScopes(['chat:write']);
  const degraded = { status: 'sent', degraded: 'without_customize' };
  expect(await send('a')).toEqual(degraded);
  expect(await send('b', { username: 'other', groupingKey: 'k' })).toEqual(degraded);
  expect(await send('c', { groupingKey: 'k' })).toEqual(degraded);
  expect(names()).toEqual(['Argo CD: a', 'Argo CD: b', 'Argo CD: c']);
  // Slack is asked in vain once only.
  expect(simulator.calls).toHaveLength(4);
  expect(warnings).toMatchObject([
    { service: 'slack', reason: 'without_customize', error: expect.stringContaining('chat:write.customize') },
  ]);
});

it('the scope is noticed once it has been granted', async () => {
  simulator.setScopes(['chat:write']);
  await send('a');
  simulator.setScopes(['chat:write', 'chat:write.customize']);
  now = 11 * 60_000;
  expect(await send('b')).toEqual({ status: 'sent' });
  expect(names()).toEqual(['Argo CD: a', 'argocd: b']);
});

it('a layout that Slack refuses as well is reported first', async () => {
  simulator.setScopes(['chat:write']);
  const broken = { blocks: '[{"type":"nonsense"}]' };
  expect(await send('a', broken)).toMatchObject({ status: 'sent', degraded: 'invalid_blocks' });
  expect(names()).toEqual(['Argo CD: a']);
});

it('a token without any scope is still rejected', async () => {
  simulator.setScopes([]);
  expect(await send('a')).toMatchObject({ status: 'rejected', reason: 'missing_scope', scope: 'service' });
});
