import { afterAll, expect, it } from 'vitest';
import type { JsonObject, Outcome } from '../../src/model.ts';
import type { SendContext } from '../../src/services/service.ts';
import { openInternet } from '../internet/internet.ts';
import type { Answer } from '../internet/server.ts';
import { createMemoryState } from './memory-state.ts';
import { firing, sendOnce } from './send-once.ts';

const internet = await openInternet();
const { server } = internet;
afterAll(() => internet.close());

const added: Answer = { json: { message: 'Annotation added', id: 7 } };
const patched: Answer = { json: { message: 'Annotation patched' } };
const { since } = firing;
const repeated = { ...firing, reason: 'repeated', isFollowUp: true };
const resolved = { ...repeated, state: 'resolved' as const, endedAt: since + 60_000 };

async function send(
  message: string,
  alert: SendContext['alert'],
  state = createMemoryState(),
  answers = [added],
  earlier?: SendContext['earlier'],
): Promise<Outcome> {
  server.play(answers);
  const options = { apiUrl: 'https://grafana.example/api', apiKey: 'key-1' };
  const deps = { state, now: () => since + 5_000 };
  return sendOnce('grafana', options, {
    message,
    recipient: 'deploys|prod',
    context: { alert, earlier },
    deps,
  });
}

const sent = () => JSON.parse(server.received().at(-1)?.body ?? 'null') as JsonObject;
const seconds = (text: string) => Date.parse(`2026-11-28T${text}Z`);

it('a message that tells of no alert is one moment', async () => {
  expect(await send('m', undefined)).toEqual({ status: 'sent' });
  expect(sent()).toEqual({
    time: seconds('06:00:05'),
    isRegion: false,
    tags: ['deploys', 'prod'],
    text: 'm',
  });
});

it('an alert has one annotation, which becomes a region at its end', async () => {
  const state = createMemoryState();
  await send('degraded', firing, state);
  expect(sent()).toMatchObject({ time: seconds('06:00:00'), isRegion: false, text: 'degraded' });
  expect(await send('still degraded', repeated, state, [patched], { since: 1 })).toEqual({ status: 'sent' });
  expect(server.received()).toMatchObject([{ method: 'PATCH', path: '/api/annotations/7' }]);
  expect(sent()).toEqual({ text: 'still degraded' });
  expect(await send('healthy', resolved, state, [patched])).toEqual({ status: 'sent' });
  expect(sent()).toEqual({ timeEnd: seconds('06:01:00'), text: 'still degraded\nhealthy' });
  // Once more, as after a lost answer.
  await send('healthy', resolved, state, [patched]);
  expect(sent()).toEqual({ timeEnd: seconds('06:01:00'), text: 'still degraded\nhealthy' });
});

it.each<[string, Answer[]]>([
  ['nobody remembers the annotation', [added]],
  ['the annotation is gone', [{ status: 404, json: { message: 'Annotation not found' } }, added]],
])('its end is a region of its own where %s', async (_, answers) => {
  const state = createMemoryState();
  if (answers.length > 1) await send('degraded', firing, state);
  expect(await send('healthy', resolved, state, answers)).toEqual({ status: 'sent' });
  expect(server.received().at(-1)).toMatchObject({ method: 'POST', path: '/api/annotations' });
  expect(sent()).toMatchObject({
    time: seconds('06:00:00'),
    timeEnd: seconds('06:01:00'),
    isRegion: true,
    text: 'healthy',
  });
});

it('an annotation that cannot be changed for now is tried again', async () => {
  const state = createMemoryState();
  await send('degraded', firing, state);
  expect(await send('healthy', resolved, state, [{ status: 503 }])).toMatchObject({ status: 'retry' });
});
