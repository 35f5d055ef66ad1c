import { describe, expect, it } from 'vitest';
import { commitMetadataValue } from '../go/namespaces/repo-values.ts';
import { createLog } from '../log.ts';
import { createMetrics } from '../metrics.ts';
import type { Answer } from './client.ts';
import { createLookup } from './lookup.ts';
import { commitQuestions, type Question } from './questions.ts';

const value = commitMetadataValue({ message: 'm', author: 'a', date: undefined, tags: [] });
const good: Answer = { ok: true, value };
const failed = (reason: Extract<Answer, { ok: false }>['reason']): Answer => ({
  ok: false,
  reason,
  detail: reason,
});
const question = (name: string): Question => {
  const app = { metadata: { name, namespace: 'n' }, spec: { source: { repoURL: 'https://git/a' } } };
  return commitQuestions(app, ['r1'])[0] as Question;
};

function start(answers: Answer[]) {
  const asked: Question[] = [];
  const lines: { msg: string }[] = [];
  const log = createLog(
    { level: 'info', format: 'json' },
    { write: (line) => lines.push(JSON.parse(line) as { msg: string }) },
  );
  const metrics = createMetrics({ version: '0', processMetrics: false });
  const clock = { now: 0 };
  const client = {
    ask: (each: Question) => {
      asked.push(each);
      return Promise.resolve(answers.shift() ?? good);
    },
  };
  const lookup = createLookup({ client, metrics, log, now: () => clock.now }, { timeout: 1_000 });
  return { lookup, asked, messages: () => lines.map(({ msg }) => msg), clock, metrics };
}

describe('answers', () => {
  it('are remembered, and asked for once by all who wait', async () => {
    const { lookup, asked, clock } = start([]);
    expect(lookup.known(question('a'))).toBeUndefined();
    const both = await Promise.all([lookup.ask(question('a')), lookup.ask(question('a'))]);
    expect(both).toEqual([good, good]);
    clock.now = 23 * 3_600_000;
    expect(lookup.known(question('a'))).toBe(both[0]);
    await lookup.ask(question('a'));
    expect(asked).toHaveLength(1);
    expect(lookup.known(question('b'))).toBeUndefined();
    clock.now = 25 * 3_600_000;
    expect(lookup.known(question('a'))).toBeUndefined();
  });

  it.each(['unknown', 'refused', 'unreachable'] as const)(
    '%s is remembered for a short time',
    async (reason) => {
      const { lookup, clock } = start([failed(reason)]);
      await lookup.ask(question('a'));
      clock.now = 10_000;
      expect(lookup.known(question('a'))).toMatchObject({ reason });
      clock.now = 61_000;
      expect(lookup.known(question('a'))).toBeUndefined();
      expect(await lookup.ask(question('a'))).toEqual(good);
    },
  );

  it('are bounded in number: those used last stay', async () => {
    const { lookup } = start([]);
    for (let i = 0; i < 5_000; i += 1) await lookup.ask(question(`a${i}`));
    lookup.known(question('a0'));
    await lookup.ask(question('one more'));
    expect(lookup.known(question('a0'))).toBeDefined();
    expect(lookup.known(question('a1'))).toBeUndefined();
  });
});

describe('an outage', () => {
  it('is taken for granted for a while, so that it does not delay each message', async () => {
    const { lookup, asked, clock } = start(Array.from({ length: 4 }, () => failed('unreachable')));
    for (const name of ['a', 'b', 'c']) await lookup.ask(question(name));
    expect(lookup.known(question('d'))).toMatchObject({ reason: 'unreachable' });
    expect(await lookup.ask(question('d'))).toMatchObject({ reason: 'unreachable' });
    expect(asked).toHaveLength(3);
    clock.now = 10_000;
    expect(lookup.known(question('d'))).toBeUndefined();
    await lookup.ask(question('d'));
    expect(lookup.known(question('e'))).toMatchObject({ reason: 'unreachable' });
    clock.now = 20_000;
    expect(await lookup.ask(question('e'))).toEqual(good);
    expect(lookup.known(question('f'))).toBeUndefined();
  });

  it('is no outage where something else was answered between', async () => {
    const { lookup } = start([
      failed('unreachable'),
      failed('unreachable'),
      failed('unknown'),
      failed('unreachable'),
    ]);
    for (const name of ['a', 'b', 'c', 'd']) await lookup.ask(question(name));
    expect(lookup.known(question('e'))).toBeUndefined();
  });

  it('is logged when it begins and when it is over, a refusal once an hour', async () => {
    const down = failed('unreachable');
    const refused = failed('refused');
    const { lookup, messages, clock } = start([down, down, good, refused, good, refused, good]);
    for (const name of 'abcdefg') await lookup.ask(question(name));
    expect(messages()).toEqual([
      'Argo CD does not answer, values of repo functions stay empty',
      'Argo CD answers repo functions again',
      'Argo CD refuses, values of repo functions stay empty',
    ]);
    clock.now = 3_600_000;
    expect(await lookup.ask(question('d'))).toEqual(good);
    expect(messages()).toHaveLength(3);
  });

  it('is counted', async () => {
    const { lookup, metrics } = start([failed('refused'), failed('refused'), good, good]);
    for (const name of 'abcd') await lookup.ask(question(name));
    const exposed = await metrics.expose();
    const name = 'herald_argocd_requests_total{function="GetCommitMetadata"';
    expect(exposed).toContain(`${name},outcome="refused"} 2`);
    expect(exposed).toContain(`${name},outcome="answered"} 2`);
  });
});
