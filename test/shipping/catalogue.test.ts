import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createMemoryQueue } from '../../src/delivery/memory-queue.ts';
import type { Json, JsonObject } from '../../src/model.ts';
import { neutraliseMentions } from '../../src/services/slack/mentions.ts';
import { createSimulatedClock } from '../../src/simulated-clock.ts';
import { noticeNames } from '../../src/templates/notice-values.ts';
import { renderNotification } from '../../src/templates/render.ts';
import { compileTemplate } from '../../src/templates/schema.ts';
import type { Template, TemplateVars } from '../../src/templates/template.ts';
import { templateVars } from '../../src/templates/vars.ts';
import { application, snapshot } from '../../src/testing/fixtures.ts';
import { startPipeline } from '../../src/testing/start-pipeline.ts';
import { compileTrigger, conditionVars } from '../../src/triggers/schema.ts';
import { FROZEN_NOW, readFixtures } from '../conformance/fixtures.ts';
import { find, hasKubectl, kustomize, repository } from './kustomize.ts';

/**
 * What the engine of argocd-notifications makes of the same files (expr-lang 1.16.9 and 1.17.8, text/template of
 * Go 1.26 with sprig 3.3.0; the clock at FROZEN_NOW). `triggers`: the Applications that match, and the printed oncePer.
 * `templates`: the notification for those, and for an Application without a status.
 */
interface Golden {
  triggers: Record<string, Record<string, string>>;
  templates: Record<string, Record<string, { message: string; attachments: Json }>>;
}

const catalogue = join(repository, 'config/catalogue');
const fixtures = readFixtures(join(repository, 'test/conformance/fixtures.json'));
const golden = JSON.parse(
  await readFile(new URL('catalogue.golden.json', import.meta.url), 'utf8'),
) as Golden;
const triggers = await readFolder('triggers');
const templates = await readFolder('templates');

async function readFolder(folder: string): Promise<Map<string, string>> {
  const files = (await readdir(join(catalogue, folder))).sort();
  return new Map(
    await Promise.all(
      files.map(
        async (file): Promise<[string, string]> => [
          file.replace(/\.yaml$/, ''),
          await readFile(join(catalogue, folder, file), 'utf8'),
        ],
      ),
    ),
  );
}

/** Those about ApplicationSets are in applicationset-catalogue.test.ts. */
function ofApplications(files: ReadonlyMap<string, string>): string[] {
  return [...files.keys()].filter((name) => !name.includes('applicationset'));
}

function trigger(name: string) {
  const compiled = compileTrigger(name, triggers.get(name) ?? '');
  expect(compiled.problems).toEqual([]);
  if (compiled.trigger === undefined) throw new Error(`${name} does not compile`);
  return compiled.trigger;
}

function template(name: string): Template {
  const compiled = compileTemplate(name, templates.get(name) ?? '');
  expect(compiled.problems).toEqual([]);
  if (compiled.template === undefined) throw new Error(`${name} does not compile`);
  return compiled.template;
}

/** Conditions that need functions of Herald's: the engine fails to evaluate them, and goes on. */
const needHerald = ['on-auto-sync-off', 'on-out-of-sync', 'on-secret-not-ready', 'on-sync-loop'];

/** The printed oncePer value of each condition that matches, '' for none; with what the engine knows, or with Herald's. */
function matches(name: string, app: JsonObject, changes?: () => number): string[] {
  const known = conditionVars({
    app,
    context: fixtures.context,
    appProject: fixtures.appProject,
    now: FROZEN_NOW,
    ...(changes ? { changes } : {}),
  });
  const { shared: _shared, ...values } = known.values;
  const vars = changes ? known : { ...known, values };
  return trigger(name).conditions.flatMap((condition) => {
    const result = condition.evaluate(vars);
    if (result.status === 'failed' && (changes || !needHerald.includes(name)))
      throw new Error(`${name}: ${result.error}`);
    if (result.status !== 'matched') return [];
    const { oncePer } = result;
    return [oncePer.kind === 'value' ? oncePer.printed : oncePer.kind === 'nil' ? '<nil>' : ''];
  });
}

/** What there is in the engine, too. */
function withoutHerald({ marked, values, ...vars }: TemplateVars): TemplateVars {
  const own = ['shared', ...noticeNames];
  const left = (all: TemplateVars['values']) =>
    Object.fromEntries(Object.entries(all).filter(([variable]) => !own.includes(variable)));
  return { ...vars, values: left(values), ...(marked && { marked: (marking) => left(marked(marking)) }) };
}

function render(name: string, app: JsonObject, context: Record<string, string>, isInEngine = false) {
  const vars = templateVars({
    app,
    appProject: fixtures.appProject,
    context,
    serviceType: 'slack',
    recipient: '#deploys',
    now: FROZEN_NOW,
  });
  const result = renderNotification([template(name)], isInEngine ? withoutHerald(vars) : vars, {
    serviceType: 'slack',
    jsonFields: ['attachments', 'blocks'],
    filterValue: neutraliseMentions,
  });
  if (!result.ok) throw new Error(`${name}: ${result.error}`);
  expect(result.warnings).toEqual([]);
  const { message, section } = result.notification;
  return { message, attachments: JSON.parse(section?.['attachments'] as string) as Json };
}

/** A copy of an Application with other values at some paths. */
function changed(name: string, changes: Record<string, Json>): JsonObject {
  const app = structuredClone(fixtures.apps[name]) as JsonObject;
  for (const [path, value] of Object.entries(changes)) {
    const fields = path.split('.');
    const last = fields.pop() ?? '';
    let at = app;
    for (const field of fields) at = at[field] as JsonObject;
    at[last] = value;
  }
  return app;
}

describe('the names', () => {
  it("hold those of Argo CD's catalogue, so that subscriptions carry over", () => {
    const names = ['created', 'deleted', 'deployed', 'health-degraded', 'sync-failed', 'sync-running'];
    for (const name of [...names, 'sync-status-unknown', 'sync-succeeded']) {
      expect([...triggers.keys()]).toContain(`on-${name}`);
      expect([...templates.keys()]).toContain(`app-${name}`);
      expect(trigger(`on-${name}`).conditions.map((condition) => condition.send)).toEqual([[`app-${name}`]]);
    }
  });

  it('are all sent by a trigger, and every condition says what it is and how severe', () => {
    const conditions = [...triggers.keys()].flatMap((name) => trigger(name).conditions);
    const named = conditions.flatMap(({ send, lifecycle }) => [...send, ...(lifecycle?.resolved ?? [])]);
    expect(new Set(named)).toEqual(new Set(templates.keys()));
    for (const condition of conditions) {
      expect(condition.description).toMatch(/\.$/);
      expect(condition.severity).toMatch(/^(info|warning|critical)$/);
    }
  });

  it.skipIf(!hasKubectl)('are all keys of the ConfigMap that kustomize makes', async () => {
    const config = find(await kustomize('config/catalogue'), 'ConfigMap', 'argocd-notifications-cm');
    expect(config.metadata.namespace).toBe('argocd');
    expect(config.metadata.labels['app.kubernetes.io/part-of']).toBe('argocd');
    expect(config.data).toEqual(
      Object.fromEntries([
        ...[...triggers].map(([name, text]) => [`trigger.${name}`, text]),
        ...[...templates].map(([name, text]) => [`template.${name}`, text]),
      ]),
    );
  });
});

describe('triggers', () => {
  it.each(ofApplications(triggers))('%s matches the same Applications as in the engine', (name) => {
    const matching = Object.entries(fixtures.apps).flatMap(([app, object]) =>
      matches(name, object).map((oncePer) => [app, oncePer]),
    );
    expect(Object.fromEntries(matching)).toEqual(golden.triggers[name]);
  });

  it('on-created tells of a namesake that comes later', () => {
    const create = (uid: string, creationTimestamp: string) =>
      changed('fresh-no-status', { 'metadata.uid': uid, 'metadata.creationTimestamp': creationTimestamp });
    expect(matches('on-created', create('a', '2026-11-22T11:00:00Z'))).toEqual(['a']);
    expect(matches('on-created', create('b', '2026-11-22T11:30:00Z'))).toEqual(['b']);
    expect(matches('on-created', create('c', '2026-11-21T11:00:00Z'))).toEqual([]);
  });

  it('on-deployed waits for the health of what was deployed, and not for the clock', () => {
    const deployed = (changes: Record<string, Json>) =>
      matches(
        'on-deployed',
        changed('guestbook-synced', {
          'status.operationState.finishedAt': '2026-11-22T11:59:58Z',
          'status.reconciledAt': '2026-11-22T11:59:57Z',
          'status.health.lastTransitionTime': '2026-11-22T08:00:00Z',
          ...changes,
        }),
      ).length;
    const outOfSync = { 'status.sync.status': 'OutOfSync' };
    // Healthy, but as of before the operation finished: the health of the previous version, perhaps.
    expect(deployed({})).toBe(0);
    expect(deployed({ 'status.reconciledAt': null })).toBe(0);
    // A comparison of the same second that does not see what was deployed was begun before.
    expect(deployed({ 'status.reconciledAt': '2026-11-22T11:59:58Z', ...outOfSync })).toBe(0);
    // Compared since, with the same health: a sync of ConfigMaps only.
    expect(deployed({ 'status.reconciledAt': '2026-11-22T11:59:58Z' })).toBe(1);
    expect(deployed({ 'status.reconciledAt': '2026-11-22T11:59:59Z' })).toBe(1);
    // Something else of the Application differs from its source, for good perhaps.
    expect(deployed({ 'status.reconciledAt': '2026-11-22T11:59:59Z', ...outOfSync })).toBe(1);
    // It has become healthy since, which Argo CD notes without comparing.
    expect(deployed({ 'status.health.lastTransitionTime': '2026-11-22T11:59:58Z' })).toBe(1);
    const withoutTime = changed('guestbook-synced', { 'status.health': { status: 'Healthy' } });
    expect(matches('on-deployed', withoutTime)).toHaveLength(1);
    expect(trigger('on-deployed').conditions.map(({ timeDependent }) => timeDependent)).toEqual([false]);
  });

  it('on-deployed says nothing of an Application that is being deleted', () => {
    const deleted = changed('guestbook-synced', { 'metadata.deletionTimestamp': '2026-11-22T11:59:00Z' });
    expect(matches('on-deployed', fixtures.apps['guestbook-synced'] as JsonObject)).toHaveLength(1);
    expect(matches('on-deployed', deleted)).toEqual([]);
  });

  describe('on-deployed, over what Argo CD writes', () => {
    const at = (seconds: number) => new Date(FROZEN_NOW + seconds * 1_000).toISOString().replace('.000', '');
    const history = [{ id: 1, revision: 'a' }];

    /** The revisions that are told of, one for each message. */
    async function told(states: readonly Record<string, Json>[]): Promise<unknown[]> {
      const clock = createSimulatedClock(FROZEN_NOW);
      const queue = createMemoryQueue(clock);
      const data = {
        'service.console': '{}',
        'trigger.on-deployed': triggers.get('on-deployed') ?? '',
        'template.app-deployed': templates.get('app-deployed') ?? '',
      };
      const p = startPipeline({ queue, clock, snapshots: [snapshot(data)] });
      let status: JsonObject = { history };
      for (const state of states) {
        status = { ...status, ...state };
        p.see(application('shop', { subscriptions: { 'on-deployed': 'ops' }, status }));
        await p.done();
        await queue.runAll(p.deliver);
      }
      return p.sent.map(({ alerts: [{ oncePer }] }) => oncePer);
    }

    const running = (revision: string, start: number) => ({
      operationState: { phase: 'Running', startedAt: at(start), syncResult: { revision } },
    });
    const finished = (revision: string, start: number, end: number) => ({
      operationState: {
        phase: 'Succeeded',
        startedAt: at(start),
        finishedAt: at(end),
        syncResult: { revision },
      },
    });
    const health = (status: string, since: number) => ({ health: { status, lastTransitionTime: at(since) } });
    const compared = (revision: string, when: number, status = 'Synced') => ({
      reconciledAt: at(when),
      sync: { status, revision },
    });
    const before = { ...health('Healthy', -900), ...compared('a', -60) };

    it('a workload that progresses: once, when it is healthy', async () => {
      const messages = await told([
        before,
        compared('b', 0, 'OutOfSync'),
        running('b', 1),
        finished('b', 1, 3),
        { ...compared('b', 3), ...health('Progressing', 3) },
        health('Healthy', 20),
        compared('b', 120),
      ]);
      expect(messages).toEqual([expect.stringContaining('b')]);
    });

    it('no workload: with the comparison that follows the operation', async () => {
      const steps = [before, compared('b', 0, 'OutOfSync'), running('b', 1), finished('b', 1, 3)];
      expect(await told(steps)).toEqual([]);
      expect(await told([...steps, compared('b', 3)])).toEqual([expect.stringContaining('b')]);
    });

    it('one that is superseded within the minute: of both', async () => {
      const messages = await told([
        before,
        running('b', 1),
        finished('b', 1, 3),
        compared('b', 4),
        running('c', 20),
        finished('c', 20, 22),
        compared('c', 22),
      ]);
      expect(messages).toEqual([expect.stringContaining('b'), expect.stringContaining('c')]);
    });

    it('one that is superseded before it is healthy: of the second alone', async () => {
      const messages = await told([
        before,
        running('b', 1),
        finished('b', 1, 3),
        { ...compared('b', 3), ...health('Progressing', 3) },
        running('c', 10),
        finished('c', 10, 12),
        compared('c', 12),
        health('Healthy', 30),
      ]);
      expect(messages).toEqual([expect.stringContaining('c')]);
    });
  });

  it('on-deployed counts a rollback, and no repeated sync of the same revision', () => {
    /** The last of some deployments, each with the id that Argo CD numbers them by. */
    const after = (...revisions: string[]) => {
      const history = revisions.map((revision, index) => ({ id: index + 1, revision }));
      const deployed = changed('guestbook-synced', {
        'status.operationState.syncResult.revision': revisions.at(-1) ?? '',
        'status.history': history,
      });
      return matches('on-deployed', deployed)[0];
    };
    const sequence = [['a'], ['a', 'a'], ['a', 'a', 'b'], ['a', 'a', 'b', 'b'], ['a', 'a', 'b', 'b', 'a']];
    const values = sequence.map((revisions) => after(...revisions));
    expect(values[1]).toBe(values[0]);
    expect(values[3]).toBe(values[2]);
    expect(new Set(values).size).toBe(3);
  });

  it('on-deployed tells the revisions of several sources apart', () => {
    const other = changed('platform-multi', {
      'status.operationState.syncResult.revisions': ['4.11.4', '77aa', '5d4c'],
    });
    const [before] = matches('on-deployed', fixtures.apps['platform-multi'] as JsonObject);
    const [after] = matches('on-deployed', other);
    expect(before).toContain('4.11.3');
    expect(after).toContain('4.11.4');
  });

  it('on-out-of-sync tells of Applications that Argo CD syncs by itself, but not in the engine, which would not wait', () => {
    const automated = changed('drifted-outofsync', { 'spec.syncPolicy': { automated: {} } });
    const manual = changed('drifted-outofsync', { 'spec.syncPolicy': { syncOptions: [] } });
    expect(matches('on-out-of-sync', automated)).toEqual([]);
    expect(matches('on-out-of-sync', automated, () => 0)).toEqual(['']);
    expect(matches('on-out-of-sync', manual)).toHaveLength(1);
  });

  it('on-progressing-stuck matches after a quarter of an hour, once for each time', () => {
    const since = (lastTransitionTime: string) =>
      changed('media-progressing', { 'status.health.lastTransitionTime': lastTransitionTime });
    expect(matches('on-progressing-stuck', since('2026-11-22T11:46:00Z'))).toEqual([]);
    expect(matches('on-progressing-stuck', since('2026-11-22T11:44:00Z'))).toEqual(['2026-11-22T11:44:00Z']);
  });

  it('on-sync-failed ends with the operation that follows, so that its failure is told in the engine, too', () => {
    const again = changed('checkout-sync-failed', { 'status.operationState.phase': 'Running' });
    expect(matches('on-sync-failed', fixtures.apps['checkout-sync-failed'] as JsonObject)).toEqual(['']);
    expect(matches('on-sync-failed', again)).toEqual([]);
  });
});

describe('templates', () => {
  const cases = Object.entries(golden.templates).flatMap(([name, apps]) =>
    Object.keys(apps).map((app): [string, string] => [name, app]),
  );

  it.each(cases)('%s renders %s as the engine does', (name, app) => {
    expect(render(name, fixtures.apps[app] as JsonObject, fixtures.context, true)).toEqual(
      golden.templates[name]?.[app],
    );
  });

  it.each(ofApplications(templates))('%s renders every Application, with and without a context', (name) => {
    for (const app of Object.values(fixtures.apps)) {
      for (const context of [fixtures.context, {}]) {
        const { message, attachments } = render(name, app, context);
        expect(attachments).toMatchObject([
          { color: expect.stringMatching(/^#[0-9a-f]{6}$/), fields: expect.any(Array) },
        ]);
        for (const text of [message, JSON.stringify(attachments)])
          expect(text).not.toMatch(/<no value>|<nil>|%!/);
      }
    }
  });

  it('show what breaks JSON or would mention people as it is written', () => {
    const message = 'no "quotes"\nC:\\temp <!channel> & <@U123>';
    const app = changed('checkout-sync-failed', {
      'metadata.name': 'quote"<!here>',
      'status.operationState.message': message,
    });
    const { attachments, message: plain } = render('app-sync-failed', app, fixtures.context);
    const [attachment] = attachments as [{ title: string; text: string }];
    expect(attachment.text.split('\n').slice(0, 2).join('\n')).toBe(
      'no "quotes"\nC:\\temp &lt;!channel&gt; &amp; &lt;@U123&gt;',
    );
    expect(attachment.title).toBe('quote"&lt;!here>');
    expect(plain).not.toContain('<!here>');
  });
});

/** Public ones, which belong to their authors: where there is no copy these tests do not exist, and none is skipped. */
const corpus = process.env['HERALD_TEST_CORPUS'];

if (corpus !== undefined) await testWith(join(corpus, 'apps'));

async function testWith(folder: string): Promise<void> {
  const files = (await readdir(folder)).filter((file) => /^\d+\.json$/.test(file));
  const apps = await Promise.all(
    files.map(async (file): Promise<JsonObject> => {
      const app = JSON.parse(await readFile(join(folder, file), 'utf8')) as JsonObject;
      // Every object of an API server has one; some were published without.
      const metadata = { creationTimestamp: '2026-01-01T00:00:00Z', ...(app['metadata'] as JsonObject) };
      return { ...app, metadata };
    }),
  );

  it.each(ofApplications(triggers))('%s has an answer for each Application of other people', (name) => {
    expect(apps.length).toBeGreaterThan(0);
    for (const app of apps) matches(name, app, () => 1);
  });

  it.each(ofApplications(templates))('%s renders each Application of other people', (name) => {
    for (const app of apps)
      for (const context of [{}, fixtures.context])
        expect(JSON.stringify(render(name, app, context))).not.toMatch(/<no value>|<nil>|%!/);
  });
}
