import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createWatchScope } from '../../src/cluster/scope.ts';
import { createLog } from '../../src/log.ts';
import type { JsonObject } from '../../src/model.ts';
import { createRecorder } from '../../src/replay/recorder.ts';
import { createRecordingReader, type RecordedEvent } from '../../src/replay/recording.ts';
import { type Replayed, replay } from '../../src/replay/replay.ts';
import type { TimelineMessage } from '../../src/replay/timeline.ts';
import { application } from '../../src/testing/fixtures.ts';
import { createWorld, type World } from '../alerts/timeline.ts';
import { runs } from '../runs.ts';
import { createScriptedConnection } from './scripted-connection.ts';

const log = createLog({ level: 'silent', format: 'text' });
const minute = 60_000;
const start = Date.UTC(2026, 0, 1);

const data = {
  'herald.service.console': '{}',
  'template.m':
    'message: "{{.app.metadata.name}} {{.app.status.health.status}} {{.app.status.reconciledAt}}"',
  'trigger.on-degraded': `
- when: app.status.health.status == 'Degraded'
  for: 5m
  keepFiring: 1m
  repeat: 1h
  severity: critical
  send: [m]
  resolved: true`,
  'trigger.on-synced': `
- when: app.status.sync.status == 'Synced'
  oncePer: app.status.sync.revision
  send: [m]`,
  'trigger.on-unknown': `
- when: app.status.sync.status == 'Unknown'
  severity: warning
  send: [m]
  resolved: true`,
  'trigger.on-deleted': '- when: app.metadata.deletionTimestamp != nil\n  send: [m]',
  groups:
    '- match: {trigger: on-unknown}\n  groupBy: [trigger, project]\n  groupWait: 30s\n  groupInterval: 5m',
  inhibit: '- source: {trigger: on-unknown}\n  target: {trigger: on-degraded}\n  equal: [name]',
  muteTimes: "- match: {trigger: on-unknown, name: b}\n  times: [{times: [{start: '01:00', end: '02:00'}]}]",
};
const subscriptions = {
  'on-degraded': 'ops',
  'on-synced': 'deploys',
  'on-unknown': 'platform',
  'on-deleted': 'ops',
};

type Step =
  | { do: 'status'; name: string; health: string; sync: string; revision: string }
  | { do: 'compare'; name: string }
  | { do: 'silence'; name: string; for: number }
  | { do: 'project'; silenced: boolean }
  | { do: 'remove'; name: string };

const name = fc.constantFrom('a', 'b', 'c');
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('status' as const),
      name,
      health: fc.constantFrom('Healthy', 'Degraded'),
      sync: fc.constantFrom('Synced', 'Unknown'),
      revision: fc.constantFrom('1', '2', '3'),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('compare' as const), name }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('silence' as const), name, for: fc.constantFrom(10, 90) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('project' as const), silenced: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remove' as const), name }) },
);
/** Milliseconds before each: what a recording says of two in one is their order, not whether the first was settled. */
const story = fc.array(fc.tuple(fc.constantFrom(1, 700, 20_000, 61_000, 6 * minute, 70 * minute), step), {
  minLength: 1,
  maxLength: 25,
});

/** The live pipeline, and beside it the recorder on a watch that shows the same. */
async function live(steps: readonly (readonly [number, Step])[], config = data) {
  const world = await createWorld(config, { start });
  const api = createScriptedConnection(world.clock);
  const lines: string[] = [];
  const recorder = createRecorder(
    { connection: api.connection, log, clock: world.clock, write: (line) => lines.push(line) },
    { scope: createWatchScope('argocd', []) },
  );
  const known = new Map<string, JsonObject>();
  api.put('appprojects', project(false));
  recorder.start();
  await world.clock.until(recorder.ready());
  for (const [wait, each] of steps) {
    if (wait > 0) await world.pass(wait);
    await apply(world, api, known, each);
    await world.clock.settle();
  }
  await world.pass(2 * 60 * minute);
  await world.clock.until(recorder.stop());
  return { told: world.told, lines };
}

async function apply(
  world: World,
  api: ReturnType<typeof createScriptedConnection>,
  known: Map<string, JsonObject>,
  each: Step,
): Promise<void> {
  const now = `${new Date(world.clock.now()).toISOString().slice(0, 19)}Z`;
  async function show(
    of: string,
    status: JsonObject,
    annotations: Record<string, string> = {},
  ): Promise<void> {
    known.set(of, { status, annotations });
    const seen = application(`uid-${of}`, { name: of, subscriptions, status, annotations });
    api.put('applications', seen.object);
    await world.see(seen);
  }
  const { status = {}, annotations = {} } = ('name' in each && known.get(each.name)) || {};
  switch (each.do) {
    case 'status':
      return show(
        each.name,
        {
          health: { status: each.health, lastTransitionTime: now },
          sync: { status: each.sync, revision: each.revision },
          reconciledAt: now,
        },
        annotations as Record<string, string>,
      );
    case 'compare':
      if (!known.has(each.name)) return;
      return show(
        each.name,
        { ...(status as JsonObject), reconciledAt: now },
        annotations as Record<string, string>,
      );
    case 'silence': {
      if (!known.has(each.name)) return;
      const until = new Date(world.clock.now() + each.for * minute).toISOString();
      return show(each.name, status as JsonObject, { 'herald.argoproj.io/silence-until': until });
    }
    case 'project': {
      const object = project(each.silenced);
      api.put('appprojects', object);
      return world.project((object.metadata as { annotations: Record<string, string> }).annotations);
    }
    case 'remove': {
      if (!known.delete(each.name)) return;
      api.remove('applications', each.name);
      return world.remove(each.name);
    }
  }
}

function project(silenced: boolean): JsonObject {
  const annotations: JsonObject = silenced
    ? { 'herald.argoproj.io/silence-until': '2026-01-01T03:00:00Z' }
    : {};
  return { metadata: { uid: 'p', namespace: 'argocd', name: 'default', resourceVersion: '1', annotations } };
}

async function* eventsOf(lines: readonly string[]): AsyncGenerator<RecordedEvent[]> {
  const reader = createRecordingReader();
  yield lines.flatMap((line, index) => reader.read(line, `line ${index + 1}`));
}

async function replayed(lines: readonly string[], config: Record<string, string> = data): Promise<Replayed> {
  const of = { configMap: config, secret: undefined, secrets: new Map(), secretName: 's' };
  const answer = await replay(eventsOf(lines), { config: of, ahead: 0 }, { log });
  if (!answer) throw new Error('There was nothing to replay');
  return answer;
}

/** Of two messages at the same time to different recipients none is first, nor of two Applications of a group. */
function sorted(lines: string[]): string[] {
  return lines.toSorted();
}

function lineOf({
  decidedAt,
  service,
  recipient,
  reason,
  state,
  applications,
  firing,
  resolved,
}: TimelineMessage) {
  const names = applications
    .map((each) => each.slice('argocd/'.length))
    .sort()
    .join(' ');
  return [decidedAt - start, `${service}:${recipient}`, reason, state, names, firing, resolved].join(' ');
}

describe('a recording', () => {
  it('replays to the messages that the live pipeline has decided, at the same times', async () => {
    await fc.assert(
      fc.asyncProperty(story, async (steps) => {
        const { told, lines } = await live(steps);
        const { messages } = await replayed(lines);
        const expected = told.map(({ at, delivery: { destination, reason, ongoing, alerts } }) => {
          const names = [...new Set(alerts.map(({ application: { name: of } }) => of))].sort().join(' ');
          const { service, recipient } = destination;
          const { state, firing = alerts.length, resolved = 0 } = ongoing ?? {};
          return [at, `${service}:${recipient}`, reason, state, names, firing, resolved].join(' ');
        });
        expect(sorted(messages.map(lineOf))).toEqual(sorted(expected));
      }),
      runs(150),
    );
  });

  it('replays to the same texts whether or not comparisons are evaluated', async () => {
    await fc.assert(
      fc.asyncProperty(story, async (steps) => {
        const { lines } = await live(steps);
        // No condition of this trigger is ever looked at, and what it names makes every comparison count.
        const evaluating = {
          ...data,
          'trigger.on-synced': `${data['trigger.on-synced']}\n- when: app.status.reconciledAt == 'x'\n  send: [m]`,
        };
        const [one, other] = [await replayed(lines), await replayed(lines, evaluating)];
        const text = ({ at, recipient, text: said }: TimelineMessage) => `${at} ${recipient} ${said}`;
        expect(one.messages.map(text)).toEqual(other.messages.map(text));
      }),
      runs(50),
    );
  });
});
