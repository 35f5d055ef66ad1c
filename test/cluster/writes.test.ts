import { describe, expect, it, onTestFinished } from 'vitest';
import { annotateApplication } from '../../src/cluster/annotate.ts';
import type { Clock } from '../../src/cluster/clock.ts';
import { createEventRecorder, type EventSubject } from '../../src/cluster/events.ts';
import type { JsonObject } from '../../src/model.ts';
import { application, recordingLog, startCluster } from './support.ts';

const subject: EventSubject = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  namespace: 'argocd',
  name: 'argocd-notifications-cm',
  uid: 'uid-of-config-map',
};

async function record() {
  const cluster = await startCluster({});
  cluster.simulator.cluster.apply({
    kind: 'ConfigMap',
    metadata: { name: subject.name, namespace: 'argocd' },
  });
  let now = Date.parse('2026-11-22T12:00:00Z');
  // Pauses end at once; the time passes when a test says so.
  const clock: Clock = {
    now: () => now,
    after(_ms, callback) {
      const immediate = setImmediate(callback);
      return () => clearImmediate(immediate);
    },
  };
  const { log, records } = recordingLog();
  const recorder = createEventRecorder(
    { connection: cluster.connection, log, clock },
    { instance: 'herald-0' },
  );
  onTestFinished(() => recorder.stop(0));
  const raise = (message: string, more: Partial<EventSubject> = {}): Promise<void> => {
    recorder.record({ subject: { ...subject, ...more }, type: 'Warning', reason: 'InvalidTrigger', message });
    return recorder.idle();
  };
  return {
    ...cluster,
    recorder,
    records,
    raise,
    pass: (ms: number) => {
      now += ms;
    },
    events: () => cluster.simulator.cluster.list('Event', 'argocd'),
  };
}

const countsOf = (events: JsonObject[]): number[] =>
  events.map((event) => Number(event.count)).toSorted((a, b) => a - b);

function nameOf(event: JsonObject | undefined): string {
  const { name } = (event?.metadata ?? {}) as { name: string };
  return name;
}

describe('Events', () => {
  it('are about their object', async () => {
    const { raise, events } = await record();
    await raise('trigger.on-sync: line 3: unexpected token');
    const [event] = events();
    expect(event).toMatchObject({
      involvedObject: subject,
      type: 'Warning',
      reason: 'InvalidTrigger',
      message: 'trigger.on-sync: line 3: unexpected token',
      count: 1,
      firstTimestamp: '2026-11-22T12:00:00Z',
      lastTimestamp: '2026-11-22T12:00:00Z',
      source: { component: 'herald' },
      reportingInstance: 'herald-0',
    });
    expect(event?.metadata).toMatchObject({
      name: expect.stringMatching(/^argocd-notifications-cm\.[0-9a-f]+$/),
    });
  });

  it('count up when they repeat within an hour, also when the server has dropped the first', async () => {
    const { simulator, raise, events, pass } = await record();
    await raise('a');
    pass(60_000);
    await raise('a');
    await raise('b');
    expect(events().map((event) => [event.message, event.count])).toEqual([
      ['a', 2],
      ['b', 1],
    ]);
    expect(events()[0]?.lastTimestamp).toBe('2026-11-22T12:01:00Z');

    const name = nameOf(events()[0]);
    simulator.cluster.remove({ kind: 'Event', namespace: 'argocd', name });
    await raise('a');
    expect(countsOf(events())).toEqual([1, 3]);
    pass(3_600_001);
    await raise('a');
    expect(countsOf(events().filter((event) => event.message === 'a'))).toEqual([1, 3]);
  });

  it('of one object are bounded in rate, and another object has its own bound', async () => {
    const { simulator, raise, events, pass } = await record();
    for (let n = 0; n < 40; n += 1) await raise(`problem ${n}`);
    expect(simulator.stats.requests('create', 'events')).toBe(25);
    await raise('another', { uid: 'other' });
    expect(events()).toHaveLength(26);
    pass(300_000);
    await raise('problem 0');
    await raise('problem 1');
    expect(simulator.stats.requests('create', 'events') + simulator.stats.requests('patch', 'events')).toBe(
      27,
    );
    expect(events().find((event) => event.message === 'problem 0')?.count).toBe(2);
  });

  it('are cut to what the server takes, no character in half', async () => {
    const { raise, events } = await record();
    await raise(`${'x'.repeat(1022)}😀😀`, { name: 'n'.repeat(253) });
    const message = events()[0]?.message as string;
    expect(message.length).toBeLessThanOrEqual(1024);
    expect(message.isWellFormed()).toBe(true);
    expect(message.endsWith('x…')).toBe(true);
    const name = nameOf(events()[0]);
    expect(name.length).toBeLessThanOrEqual(253);
  });

  it('that fail for a while are written later; that fail for good are told once', async () => {
    const { simulator, raise, events, records } = await record();
    simulator.faults.fail({ verb: 'create', status: 500, times: 2 });
    await raise('a');
    expect(events()).toHaveLength(1);
    expect(records).toEqual([]);

    simulator.faults.fail({ verb: 'create', status: 403, times: 3 });
    for (const message of ['b', 'c', 'd']) await raise(message);
    expect(events()).toHaveLength(1);
    expect(records.map((record) => record.msg)).toEqual(['Could not write a Kubernetes Event']);
    expect(simulator.stats.requests('create', 'events')).toBe(6);
    await raise('e');
    expect(events()).toHaveLength(2);
  });

  it('wait for an API server that restarts', async () => {
    const { simulator, raise, events, records } = await record();
    await simulator.shutDown();
    const raised = raise('while it was away');
    // Long enough for every attempt that there is, since pauses end at once.
    const warned = () => records.some(({ msg }) => String(msg).startsWith('Could not write'));
    for (let turn = 0; turn < 2_000 && !warned(); turn += 1) await new Promise(setImmediate);
    await simulator.startAgain();
    await raised;
    expect([events().map(({ message }) => message), warned()]).toEqual([['while it was away'], false]);
  });

  it('do not hold up the end', async () => {
    const { simulator, recorder, raise, events } = await record();
    simulator.faults.delay({ ms: 60_000 });
    void raise('a');
    await simulator.until(() => simulator.stats.requests('create', 'events') === 1);
    await recorder.stop(10);
    await raise('late');
    expect(events()).toEqual([]);
  });
});

describe('the annotation', () => {
  const key = 'notified.notifications.argoproj.io';

  async function annotated() {
    const cluster = await startCluster();
    const object = application('guestbook');
    (object.metadata as JsonObject).annotations = { 'owner/a': '1', 'owner/b': '2' };
    const { uid } = cluster.simulator.cluster.apply(object).metadata as { uid: string };
    const target = { uid, namespace: 'argocd', name: 'guestbook' };
    const read = (): unknown => {
      const metadata = cluster.simulator.cluster.get({ kind: 'Application', ...target })?.metadata;
      return (metadata as JsonObject).annotations;
    };
    return { ...cluster, target, read };
  }

  it('is the one thing that is written', async () => {
    const { simulator, connection, target, read } = await annotated();
    // Somebody else writes between what Herald saw and what it writes.
    simulator.cluster.patch(
      { kind: 'Application', ...target },
      { metadata: { annotations: { 'owner/a': '9', 'owner/b': null } } },
    );
    const result = await annotateApplication(connection, target, key, '{"x":1}');
    expect(result).toEqual({ status: 'patched', resourceVersion: expect.stringMatching(/^\d+$/) });
    expect(read()).toEqual({ 'owner/a': '9', [key]: '{"x":1}' });
    await annotateApplication(connection, target, key, null);
    expect(read()).toEqual({ 'owner/a': '9' });
  });

  it('is not given to a successor of the same name, nor to what is gone', async () => {
    const { simulator, connection, target, read } = await annotated();
    simulator.cluster.remove({ kind: 'Application', ...target });
    expect(await annotateApplication(connection, target, key, 'x')).toEqual({ status: 'gone' });
    simulator.cluster.apply(application('guestbook'));
    expect(await annotateApplication(connection, target, key, 'x')).toEqual({ status: 'gone' });
    expect(read()).toBeUndefined();
  });

  it('is written again when writes collide, and fails aloud when they go on', async () => {
    const { simulator, connection, target, read } = await annotated();
    simulator.faults.fail({ verb: 'patch', status: 409, times: 2 });
    expect(await annotateApplication(connection, target, key, 'x')).toMatchObject({ status: 'patched' });
    expect(read()).toMatchObject({ [key]: 'x' });
    simulator.faults.fail({ verb: 'patch', status: 409, times: 3 });
    await expect(annotateApplication(connection, target, key, 'y')).rejects.toMatchObject({ status: 409 });
    simulator.faults.fail({ verb: 'patch', status: 403 });
    await expect(annotateApplication(connection, target, key, 'y')).rejects.toMatchObject({ status: 403 });
  });
});
