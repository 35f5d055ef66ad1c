/** What people do on the command line beside a bridge that runs, and what comes of it. */
import { expect, onTestFinished, test } from 'vitest';
import { createSimulatedClock } from '../../src/simulated-clock.ts';
import { openStore } from '../../src/store/open-store.ts';
import { application, degraded, healthy, named } from '../bridge/applications.ts';
import { configMap, startBridge } from '../bridge/start-bridge.ts';
import { embeddedStore, silent } from '../contract/stores.ts';
import { herald } from './support.ts';

const second = 1_000;
const minute = 60 * second;
/** In which a bridge has read what was written. */
const soon = 5 * second;

const configuration = configMap({
  'trigger.on-health-degraded': `
- when: app.status.health.status == 'Degraded'
  repeat: 10m
  severity: critical
  resolved: [told]
  send: [told]`,
  'trigger.once': "- when: app.status.health.status == 'Degraded'\n  send: [told]\n",
  'template.told':
    'message: "{{.app.metadata.name}} {{.alert.reason}}{{with .alert.acknowledged}}, {{.by}}: {{.comment}}{{end}}"',
});
const subscriptions = { 'on-health-degraded': 'ops' };

/** A bridge on a store of its own, on a clock that the test moves on, and the command line beside it. */
async function start() {
  const { url, remove } = await embeddedStore().prepare();
  onTestFinished(remove);
  const clock = createSimulatedClock(Date.now());
  const { kubernetes, service, bridge, stop } = await startBridge({
    clock,
    openStore: (signal) => openStore(url, { log: silent, signal, clock }),
  });
  const { cluster } = kubernetes;
  cluster.apply(configuration);
  await clock.until(bridge.start());
  let read = 0;
  /** What was sent since it was last asked. */
  const news = () =>
    service.sent.slice(read, (read = service.sent.length)).map(({ notification }) => notification.message);

  async function command(line: string) {
    return herald([...line.split(' '), '--queue', url], { now: clock.now });
  }

  async function run(line: string): Promise<string> {
    const finished = await command(line);
    expect(finished).toMatchObject({ code: 0, stderr: '' });
    return finished.stdout.trimEnd();
  }

  return {
    cluster,
    stop,
    command,
    run,
    /** Lets time pass until something is sent, and answers it. */
    async sent() {
      while (service.sent.length === read) await clock.advance(second);
      return news();
    },
    /** Lets time pass, and answers what was sent meanwhile. */
    async pass(ms: number) {
      for (let passed = 0; passed < ms; passed += second) await clock.advance(second);
      return news();
    },
    /** Lets time pass until `herald alerts` shows so many with such flags; answers their ids. */
    async alerts(flags: string, count = 1) {
      for (;;) {
        const ids = await run(`alerts -o name ${flags}`.trim());
        if (ids.split('\n').filter((id) => id !== '').length === count) return ids.split('\n');
        await clock.advance(second);
      }
    },
  };
}

test('a silence holds back what fires and repeats, and when it is ended that is told at once', async () => {
  const b = await start();
  b.cluster.apply(application('shop', { subscriptions, status: degraded }));
  expect(await b.sent()).toEqual(['shop first']);
  expect(await b.pass(20 * minute)).toEqual(['shop repeated', 'shop repeated']);

  const id = await b.run('silence add project=default severity=critical -d 1d -a ana -c migration');
  await b.alerts('--silenced');
  b.cluster.apply(application('pay', { subscriptions, status: degraded }));
  await b.alerts('--silenced', 2);
  expect(await b.pass(30 * minute)).toEqual([]);
  expect(await b.run('silence list')).toMatch(
    new RegExp(
      `^ID .*\\n${id}  active  project="default" severity="critical"  \\S+  2       ana         migration$`,
    ),
  );
  const shown = JSON.parse(await b.run('alerts pay -o json'));
  expect(shown).toMatchObject([{ state: 'silenced', heldBy: [{ by: 'silence', id }], notices: [{}] }]);
  expect(shown[0].notices[0]).not.toHaveProperty('toldAt');

  await b.run(`silence expire ${id.slice(0, 8)}`);
  // What nobody knows of, and what should have been repeated meanwhile.
  expect((await b.pass(soon)).toSorted()).toEqual(['pay silence ended', 'shop repeated']);
  await b.alerts('--firing', 2);
  b.cluster.patch(named('pay'), { status: healthy });
  expect(await b.sent()).toEqual(['pay all resolved']);
  expect(await b.command(`silence expire ${id}`)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('has ended'),
  });
  await b.stop();
});

test('an end under a silence is told when that is over, and until then it is shown what holds it back', async () => {
  const b = await start();
  b.cluster.apply(application('shop', { subscriptions, status: degraded }));
  expect(await b.sent()).toEqual(['shop first']);
  const id = await b.run('silence add name=shop -d 30m -a ana -c noise');
  const [key = ''] = await b.alerts('--silenced');
  b.cluster.patch(named('shop'), { status: healthy });
  await b.alerts('--resolved');
  expect(await b.run('alerts shop')).toContain(`silence ${id.slice(0, 8)}, ended: recovered`);
  expect(await b.command(`alerts ack ${key} -a ana`)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^herald alerts ack: [0-9a-f]{12} has ended at \S+Z: recovered\n$/),
  });
  expect(await b.pass(31 * minute)).toEqual(['shop all resolved']);
  expect(await b.run('alerts')).toBe('No alerts.');
  await b.stop();
});

test('conditions whose matches are told once are silenced, too', async () => {
  const b = await start();
  const id = await b.run('silence add once -d 1h -a ana -c noise');
  await b.pass(soon);
  b.cluster.apply(application('shop', { subscriptions: { once: 'ops' }, status: degraded }));
  await b.alerts('--silenced');
  expect(await b.pass(minute)).toEqual([]);
  await b.run(`silence expire ${id}`);
  expect(await b.pass(soon)).toEqual(['shop silence ended']);
  await b.stop();
});

test('what is acknowledged says so and is not repeated until that is taken back', async () => {
  const b = await start();
  b.cluster.apply(application('shop', { subscriptions, status: degraded }));
  expect(await b.sent()).toEqual(['shop first']);
  const [key = ''] = await b.alerts('--firing');

  const said = await b.run(`alerts ack ${key.slice(0, 6)} --author ana --comment on-it`);
  expect(said).toBe(
    `${key.slice(0, 12)} (argocd/shop, on-health-degraded) is acknowledged, and not repeated until it ends.`,
  );
  // It is shown at once, whenever the bridge has read it.
  expect(await b.run('alerts --acknowledged')).toMatch(/acknowledged by ana$/);
  expect(await b.pass(soon)).toEqual(['shop acknowledged, ana: on-it']);
  // The row of the request is gone long before the alert ends; what it asked for stays.
  expect(await b.pass(30 * minute)).toEqual([]);
  expect(JSON.parse(await b.run(`alerts show ${key} -o json`))).toMatchObject([
    {
      acknowledged: { by: 'ana', comment: 'on-it' },
      notices: [{ messages: [{ reason: 'first' }, { reason: 'acknowledged' }] }],
    },
  ]);

  await b.run(`alerts unack ${key} --author bo`);
  expect(await b.pass(soon)).toEqual(['shop repeated']);
  expect(await b.command(`alerts unack ${key} --author bo`)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('is not acknowledged'),
  });
  await b.stop();
});
