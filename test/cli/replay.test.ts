import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createKubernetesSimulator } from '../../simulator/kubernetes.ts';
import type { RowKind } from '../../src/ledger/rows.ts';
import { createLedger } from '../../src/ledger/store-ledger.ts';
import type { JsonObject } from '../../src/model.ts';
import { createRecordingReader } from '../../src/replay/recording.ts';
import { application, degraded, healthy, named } from '../bridge/applications.ts';
import { configMap, kubeconfigOf, startBridge } from '../bridge/start-bridge.ts';
import { openForTest } from '../contract/stores.ts';
import { herald, temporaryFile, temporaryFolder } from './support.ts';

const when = "app.status.health.status == 'Degraded'";
const template = { 'template.m': 'message: "{{.app.metadata.name}} is {{.app.status.health.status}}"' };
const plain = { ...template, 'trigger.on-degraded': `- when: ${when}\n  send: [m]` };
const patient = {
  ...template,
  'trigger.on-degraded': `- when: ${when}\n  for: 5m\n  send: [m]\n  resolved: true`,
};
const grouped = {
  ...template,
  'trigger.on-degraded': `- when: ${when}\n  severity: warning\n  send: [m]`,
  groups: '- match: {trigger: on-degraded}\n  groupBy: [trigger]\n  groupWait: 30s',
};

const cm = (data: Record<string, string>) => temporaryFile('cm.yaml', JSON.stringify(configMap(data)));

/** A recording by hand: what happens at which time of the 28th of March 2026. */
function recorded(...story: [time: string, name: string, status?: JsonObject][]): string {
  const lines: JsonObject[] = [];
  const at = (time: string) => `2026-03-28T${time}.000Z`;
  lines.push({ time: at('00:00:00'), type: 'begin', recording: 1, namespace: 'argocd' });
  lines.push({ time: at('00:00:00'), type: 'ready' });
  for (const [index, [time, name, status]] of story.entries()) {
    const object = application(name, { subscriptions: { 'on-degraded': 'ops' }, status: status ?? healthy });
    const metadata = { ...(object.metadata as JsonObject), uid: name, resourceVersion: `${index + 1}` };
    const type = status ? 'seen' : 'deleted';
    lines.push({
      time: time.includes('T') ? time : at(time),
      type,
      kind: 'Application',
      object: { ...object, metadata },
    });
  }
  lines.push({ time: '2026-03-29T12:00:00.000Z', type: 'end' });
  return `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`;
}

async function timeline(
  recording: string,
  config: Record<string, string>,
  ...more: string[]
): Promise<string[]> {
  const file = temporaryFile('day.ndjson', recording);
  const { code, stdout, stderr } = await herald(['replay', file, '--config-map', cm(config), ...more]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout.split('\n').map((line) => line.replaceAll(/ {2,}/g, ' | '));
}

describe('herald replay', () => {
  it('prints what a ConfigMap would have sent, and when', async () => {
    const story = recorded(
      ['01:00:00', 'a', degraded],
      ['01:02:00', 'b', degraded],
      ['01:04:00', 'b', healthy],
      ['01:30:00', 'a', healthy],
    );
    expect(await timeline(story, patient)).toEqual([
      'TIME | TO | REASON | APPLICATIONS | TEXT',
      '2026-03-28 01:05:00Z | slack:ops | first | a | a is Degraded',
      expect.stringMatching(/^2026-03-28 01:30:00Z \| slack:ops \| all resolved \| a \| Resolved: a/),
      '',
      '2026-03-28 00:00:00Z to 2026-03-29 12:00:00Z, 4 changes, 2 Applications at the end: 2 messages',
      '',
    ]);
  });

  it('as JSON, with all that is known of each', async () => {
    const file = temporaryFile('day.ndjson.gz', '');
    writeFileSync(file, gzipSync(recorded(['01:00:00', 'a', degraded])));
    const { stdout } = await herald(['replay', file, '--config-map', cm(patient), '-o', 'json']);
    expect(JSON.parse(stdout)).toMatchObject({
      from: '2026-03-28T00:00:00.000Z',
      applications: 1,
      waiting: 0,
      messages: [
        {
          at: '2026-03-28T01:05:00.000Z',
          service: 'slack',
          recipient: 'ops',
          reason: 'first',
          state: 'firing',
          triggers: ['on-degraded'],
          applications: ['argocd/a'],
          text: 'a is Degraded',
        },
      ],
    });
  });

  it('mute times go by their zone, also through the night in which the clocks change', async () => {
    // In Berlin 22:00 to 06:00: until 05:00 UTC on the 28th, and until 04:00 UTC on the 29th.
    const muted = {
      ...patient,
      muteTimes:
        "- match: {trigger: on-degraded}\n  timeZone: Europe/Berlin\n  times: [{times: [{start: '22:00', end: '06:00'}]}]",
    };
    const story = recorded(
      ['01:00:00', 'a', degraded],
      ['10:00:00', 'a', healthy],
      ['23:00:00', 'b', degraded],
      ['2026-03-29T09:00:00.000Z', 'b', healthy],
    );
    const lines = await timeline(story, muted);
    expect(lines.slice(1, 5).map((line) => line.split(' | ').slice(0, 4).join(' '))).toEqual([
      '2026-03-28 05:00:00Z slack:ops mute ended a',
      '2026-03-28 10:00:00Z slack:ops all resolved a',
      '2026-03-29 04:00:00Z slack:ops mute ended b',
      '2026-03-29 09:00:00Z slack:ops all resolved b',
    ]);
  });

  it('of ApplicationSets, too', async () => {
    const set = (status: string, resourceVersion: string) => ({
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'ApplicationSet',
      metadata: {
        uid: 's',
        namespace: 'argocd',
        name: 'fleet',
        resourceVersion,
        annotations: { 'notifications.argoproj.io/subscribe.on-error.slack': 'ops' },
      },
      spec: { template: { spec: { project: 'default' } } },
      status: { conditions: [{ type: 'ErrorOccurred', status }] },
    });
    const line = (time: string, object: JsonObject) =>
      JSON.stringify({ time: `2026-03-28T${time}.000Z`, type: 'seen', kind: 'ApplicationSet', object });
    const [begin = '', ready = ''] = recorded().split('\n');
    const story = [
      begin,
      line('00:00:00', set('False', '1')),
      ready,
      line('01:00:00', set('True', '2')),
      '',
    ].join('\n');
    const config = {
      'template.m': 'message: "{{.applicationset.metadata.name}} is broken"',
      'trigger.on-error':
        "- when: applicationset != nil and any(applicationset.status.conditions, {.type == 'ErrorOccurred' and .status == 'True'})\n  send: [m]",
    };
    expect((await timeline(story, config))[1]).toBe(
      '2026-03-28 01:00:00Z | slack:ops | matched | fleet | fleet is broken',
    );
  });

  it('what held at the start is left out with --skip-start', async () => {
    const [begin = '', ready = '', ...others] = recorded(
      ['00:00:00', 'a', degraded],
      ['01:00:00', 'b', degraded],
    ).split('\n');
    const [first = '', ...rest] = others;
    const story = [begin, first, ready, ...rest].join('\n');
    const all = await timeline(story, plain);
    expect(all.at(-2)).toMatch(/: 2 messages, 1 of them at the start$/);
    const lines = await timeline(story, plain, '--skip-start');
    expect(lines.at(-2)).toMatch(/: 1 message$/);
    expect(lines[1]).toContain('| b |');
  });

  it('goes on for as long as it is told', async () => {
    const [begin = '', ready = '', first = ''] = recorded(['01:00:00', 'a', degraded]).split('\n');
    const story = [begin, ready, first].join('\n');
    expect((await timeline(story, patient)).at(-2)).toMatch(/: 0 messages$/);
    expect((await timeline(story, patient, '--ahead', '5m')).at(-2)).toMatch(/: 1 message$/);
  });

  it('says what would not be sent, and what is wrong in the ConfigMap', async () => {
    const file = temporaryFile('day.ndjson', recorded(['01:00:00', 'a', degraded]));
    const config = cm({
      ...template,
      'trigger.on-degraded': `- when: ${when}\n  send: [nosuch]`,
      silences: '- match: {}',
    });
    const { code, stdout, stderr } = await herald(['replay', file, '--config-map', config]);
    expect(code).toBe(0);
    expect(stdout).toContain('NOT SENT: template nosuch is not configured');
    expect(stdout).toContain('0 messages, 1 not sent');
    expect(stderr).toContain('silences, line 1: error');
  });

  it.each<[what: string, text: string | undefined, error: string]>([
    ['that is not there', undefined, ': no such file\n'],
    ['that is empty', '', ': there is nothing in it\n'],
    ['of another kind', 'kind: ConfigMap\n', ':1: this is no JSON: a line was cut off or changed\n'],
    ['with a bad line', `${recorded().split('\n')[0]}\n{"type":"x"}\n`, ':2: "time" is missing\n'],
  ])('a file %s is an error', async (_what, text, error) => {
    const file = text === undefined ? join(temporaryFolder(), 'x') : temporaryFile('x', text);
    expect(await herald(['replay', file, '--config-map', cm(plain)])).toEqual({
      code: 2,
      stdout: '',
      stderr: `herald replay: ${file}${error}`,
    });
  });

  it('a file whose writer was killed is replayed up to there', async () => {
    const story = recorded(['01:00:00', 'a', degraded], ['02:00:00', 'b', degraded]);
    const cut = story.slice(0, story.indexOf('"name":"b"'));
    const file = temporaryFile('cut.ndjson', cut);
    const { stdout, stderr } = await herald(['replay', file, '--config-map', cm(plain)]);
    expect(stdout).toMatch(/: 1 message\n$/);
    expect(stderr).toBe(
      `${file}: its last line is cut off, and left out: whoever recorded it did not come to its end\n`,
    );
    const compressed = temporaryFile('cut.ndjson.gz', '');
    writeFileSync(compressed, gzipSync(story));
    truncateSync(compressed, statSync(compressed).size - 30);
    expect(await herald(['replay', compressed, '--config-map', cm(plain)])).toMatchObject({ code: 0 });
  });

  it.each<[what: string, before: Record<string, string>, after: Record<string, string>, said: string[]]>([
    ['nothing', plain, plain, ['of the messages 3 stay as they are']],
    [
      'what comes later, and what is over before',
      { ...patient, 'trigger.on-degraded': patient['trigger.on-degraded'].replace('for: 5m', 'for: 0s') },
      patient,
      [
        'moves +5m | a',
        'vanishes | b',
        'vanishes | b',
        'moves +5m | c',
        'of the messages 2 vanish, 2 move, 2 stay as they are',
      ],
    ],
    [
      'what is told together',
      plain,
      grouped,
      [
        'merges | a',
        'merges | b',
        'into (of 2) | a, b',
        'moves +30s | c',
        'of the messages 1 move, 2 merge into 1',
      ],
    ],
    [
      'what is told one by one',
      grouped,
      plain,
      [
        'splits | a, b',
        'into (2) | a',
        'into (2) | b',
        'moves -30s | c',
        'of the messages 1 move, 1 split into 2',
      ],
    ],
    [
      'what nobody is told any more',
      plain,
      template,
      ['vanishes | a', 'vanishes | b', 'vanishes | c', 'of the messages 3 vanish'],
    ],
    [
      'what somebody is told now',
      template,
      plain,
      ['appears | a', 'appears | b', 'appears | c', 'of the messages 3 appear'],
    ],
    [
      'what reads otherwise',
      plain,
      { ...plain, 'template.m': 'message: other' },
      ['was | a', 'is | a', 'was | b', 'is | b', 'was | c', 'is | c', 'of the messages 3 read otherwise'],
    ],
  ])('--against shows %s', async (_what, before, after, said) => {
    const story = recorded(
      ['01:00:00', 'a', degraded],
      ['01:00:10', 'b', degraded],
      ['01:02:00', 'b', healthy],
      ['02:00:00', 'a', healthy],
      ['04:00:00', 'c', degraded],
      ['05:00:00', 'c', healthy],
    );
    const lines = await timeline(story, after, '--against', cm(before));
    const rows = lines.filter((line) => /\| slack:/.test(line)).map((line) => line.split(' | '));
    expect([...rows.map((row) => `${row[0]} | ${row[4]}`), lines.at(-2)?.replace(/^.*?: /, '')]).toEqual(
      said,
    );
  });

  it('wants one thing to replay', async () => {
    expect(await herald(['replay'])).toMatchObject({
      code: 2,
      stderr: /give either recordings or --from-cluster/,
    });
    expect(await herald(['replay', 'x', '--from-cluster'])).toMatchObject({ code: 2 });
  });
});

describe('herald record', () => {
  it('writes what the cluster shows, without secrets, until SIGINT', async () => {
    const kubernetes = createKubernetesSimulator({ namespace: 'argocd' });
    const { cluster } = kubernetes;
    const secret = 'hunter2hunter2';
    cluster.apply({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's', namespace: 'argocd' },
      data: { a: secret },
    });
    cluster.apply(
      application('a', { subscriptions: { 'on-degraded': 'ops' }, annotations: { 'x/db-password': secret } }),
    );
    const kubeconfig = await kubeconfigOf(kubernetes);
    const file = join(temporaryFolder(), 'day.ndjson.gz');
    const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
    const child = spawn(process.execPath, [main, 'record', '--to', file, '--kubeconfig', kubeconfig], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [said] = (await once(child.stderr.setEncoding('utf8'), 'data')) as [string];
    expect(said).toBe(`Recording into ${file}. Ctrl-C ends it.\n`);
    cluster.patch(named('a'), { status: degraded });
    cluster.apply(application('b'));
    cluster.remove(named('b'));
    // Written within a second, also before the end.
    await expect.poll(() => statSync(file).size).toBeGreaterThan(500);
    child.kill('SIGINT');
    const [stdout] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
    const [code] = (await once(child, 'close')) as [number];
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^\d+ changes are recorded in /)]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const text = gunzipSync(readFileSync(file)).toString();
    expect(text).not.toContain(secret);
    const reader = createRecordingReader();
    const events = text
      .trim()
      .split('\n')
      .flatMap((line, index) => reader.read(line, `${index + 1}`));
    expect(events[0]).toMatchObject({ type: 'begin', namespace: 'argocd' });
    expect(events.at(-1)).toMatchObject({ type: 'end' });
    const replayed = await herald(['replay', file, '--config-map', cm(plain)]);
    expect(replayed.stdout).toMatch(/slack:ops {2}matched {2}a {13}a is Degraded\n/);
    expect(replayed.stdout).toContain('1 Applications at the end: 1 message');
  });

  it('begins another file when it is time, each whole by itself', async () => {
    const kubernetes = createKubernetesSimulator({ namespace: 'argocd' });
    const { cluster } = kubernetes;
    cluster.apply(application('a', { subscriptions: { 'on-degraded': 'ops' } }));
    const folder = temporaryFolder();
    const ending = new AbortController();
    const recording = herald(
      [
        'record',
        '--to',
        join(folder, 'day.ndjson'),
        '--rotate',
        '1s',
        '--kubeconfig',
        await kubeconfigOf(kubernetes),
      ],
      { interrupted: ending.signal },
    );
    await expect.poll(() => readdirSync(folder).length).toBe(2);
    cluster.patch(named('a'), { status: degraded });
    await expect.poll(() => readdirSync(folder).length).toBeGreaterThan(3);
    ending.abort();
    expect(await recording).toMatchObject({ code: 0 });
    const files = readdirSync(folder)
      .sort()
      .map((name) => join(folder, name));
    expect(files[0]).toMatch(/day\.\d{8}T\d{6}Z\.ndjson$/);
    const together = await herald(['replay', ...files, '--config-map', cm(plain)]);
    expect(together.stdout).toContain(': 1 message\n');
    const last = await herald(['replay', files.at(-1) ?? '', '--config-map', cm(plain)]);
    expect(last.stdout).toContain(': 1 message, 1 of them at the start\n');
  });

  it('does not write over a file, and says what is wrong with its place', async () => {
    const kubernetes = createKubernetesSimulator({ namespace: 'argocd' });
    const cluster = ['--kubeconfig', await kubeconfigOf(kubernetes)];
    const file = temporaryFile('day.ndjson', 'mine');
    expect(await herald(['record', '--to', file, ...cluster])).toEqual({
      code: 2,
      stdout: '',
      stderr: `herald record: ${file}: there is such a file: give another name, or remove it\n`,
    });
    expect(readFileSync(file, 'utf8')).toBe('mine');
    expect(await herald(['record', '--to', `${file}/x`, ...cluster])).toMatchObject({ code: 2 });
    expect(await herald(['record', ...cluster])).toMatchObject({ code: 2, stderr: /--to is missing/ });
  });
});

describe('herald replay --from-cluster', () => {
  it('says what would be sent if the ConfigMap were applied, and changes nothing', async () => {
    const directory = temporaryFolder();
    const queue = `sqlite:${directory}`;
    const kubernetes = createKubernetesSimulator({ namespace: 'argocd' });
    const { cluster } = kubernetes;
    cluster.apply(configMap(plain));
    for (const name of ['told', 'silenced', 'gone', 'fine'])
      cluster.apply(
        application(name, {
          subscriptions: { 'on-degraded': 'ops', 'on-new': 'ops' },
          status: name === 'fine' ? healthy : degraded,
        }),
      );
    const bridge = await startBridge({ kubernetes, openStore: () => openForTest(queue) });
    await bridge.bridge.start();
    await bridge.sent(3);
    await bridge.stop();
    cluster.remove(named('gone'));

    const store = await openForTest(queue, { isGuest: true });
    const ledger = createLedger(store);
    const now = Date.now();
    await ledger.put({
      kind: 'silence',
      scope: 'silences',
      key: 's1',
      value: {
        matchers: [['name="silenced"', 'trigger="on-new"']],
        startsAt: now - 1_000,
        endsAt: now + 600_000,
        createdBy: 'kim',
        comment: '',
      },
    });
    const kinds: RowKind[] = ['application', 'notice', 'alert', 'ongoing', 'told', 'silence', 'gone'];
    async function rows(): Promise<string[]> {
      const found: string[] = [];
      for (const kind of kinds)
        for await (const some of ledger.rows(kind)) found.push(...some.map((row) => JSON.stringify(row)));
      return found.sort();
    }
    const before = await rows();

    const config = {
      ...plain,
      'trigger.on-new': `- when: ${when}\n  for: 10s\n  severity: warning\n  send: [m]\n  resolved: true`,
      'trigger.on-deleted': '- when: app.metadata.deletionTimestamp != nil\n  send: [m]',
    };
    const flags = ['--from-cluster', '--queue', queue, '--kubeconfig', await kubeconfigOf(kubernetes)];
    const { code, stdout, stderr } = await herald(
      ['replay', ...flags, '--config-map', cm(config), '-o', 'json'],
      { now: () => now },
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    type Said = { messages: { at: string; triggers: string[]; applications: string[]; reason: string }[] };
    const { messages } = JSON.parse(stdout) as Said;
    const said = messages.map(({ at, triggers, applications, reason }) => {
      return [Math.round((Date.parse(at) - now) / 1_000), triggers[0], applications[0], reason].join(' ');
    });
    // What was told is not told again; the silence that holds the new one back ends after ten minutes.
    expect(said).toEqual(['10 on-new argocd/told first', '600 on-new argocd/silenced silence ended']);
    expect(await rows()).toEqual(before);
    await store.close(5_000);
  });
});
