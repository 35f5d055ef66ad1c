import { expect, it } from 'vitest';
import type { ClusterEvent } from '../cluster/events.ts';
import { parseInTurns } from '../config/parse-config.ts';
import { createMetrics } from '../metrics.ts';
import { configMap, controllerNamespace, series, snapshot } from '../testing/fixtures.ts';
import { recordLog } from '../testing/recorded-log.ts';
import { createRecordingService, type RecordingService } from '../testing/recording-service.ts';
import { createConfigurations } from './configurations.ts';

function start({
  selfService = false,
  fails = () => false,
}: {
  selfService?: boolean;
  fails?: () => boolean;
} = {}) {
  const built: RecordingService[] = [];
  const events: ClusterEvent[] = [];
  const metrics = createMetrics({ version: 'test', processMetrics: false });
  const { log, lines } = recordLog();
  const configurations = createConfigurations(
    {
      parse: ({ configMap, secret, namespace }, previous) =>
        parseInTurns({
          configMap: configMap?.data,
          secret: Object.fromEntries(secret ?? []),
          isTenant: namespace !== controllerNamespace,
          ...(previous ? { previous } : {}),
        }),
      createService(source, configNamespace) {
        if (fails()) return { problems: [{ what: 'it cannot be made', fix: 'Mend it.', severity: 'error' }] };
        const service = createRecordingService(`${configNamespace}/${source.name}`);
        built.push(service);
        return { service, problems: [] };
      },
      record: (event) => events.push(event),
      metrics,
      log,
    },
    { controllerNamespace, selfService },
  );
  return { configurations, built, events, metrics, lines };
}

const webhook = (url: string) => ({ ...configMap, 'service.webhook.hook': `url: ${url}` });
const broken = { ...configMap, 'trigger.on-degraded': '- when: app.status ==\n  send: [message]' };

it('shows what is in force for a namespace: its own first, then the controller, under self-service only', () => {
  const own = snapshot(configMap, { namespace: 'tenant' });
  for (const selfService of [true, false]) {
    const { configurations } = start({ selfService });
    expect(configurations.of('tenant')).toEqual([]);
    configurations.update(own);
    configurations.update(snapshot());
    const namespaces = (of: string) => configurations.of(of).map(({ namespace }) => namespace);
    expect(namespaces('tenant')).toEqual(selfService ? ['tenant', 'argocd'] : ['argocd']);
    expect(namespaces('elsewhere')).toEqual(['argocd']);
    expect(namespaces('argocd')).toEqual(['argocd']);
    expect(configurations.get('tenant')?.namespace).toBe(selfService ? 'tenant' : undefined);
  }
});

it('hands out the values of the Secret, but not under self-service', () => {
  const secret = { token: 'secret-value' };
  for (const selfService of [true, false]) {
    const { configurations } = start({ selfService });
    configurations.update(snapshot(configMap, { secret }));
    const { secrets } = configurations.get('argocd') ?? {};
    expect(secrets && Buffer.from(secrets.token ?? []).toString()).toBe(
      selfService ? undefined : 'secret-value',
    );
  }
});

it('reports a problem in log, Event and metrics once, until it changes', async () => {
  const { configurations, events, metrics, lines } = start();
  configurations.update(snapshot(broken));
  configurations.update(snapshot({ ...broken, 'template.other': 'message: hi' }));
  const problems = lines.filter(({ msg }) => msg === 'Problem in the configuration');
  expect(problems).toMatchObject([{ level: 'warn', key: 'trigger.on-degraded', severity: 'error', line: 1 }]);
  expect(events).toMatchObject([
    {
      subject: { kind: 'ConfigMap', namespace: 'argocd', name: 'argocd-notifications-cm', uid: 'uid-argocd' },
      reason: 'InvalidConfiguration',
      message: expect.stringMatching(/^trigger\.on-degraded, line 1, column \d+: /),
    },
  ]);
  expect(await series(metrics, 'herald_config_problems')).toEqual([
    'herald_config_problems{key="trigger.on-degraded",severity="error",config_namespace="argocd"} 1',
  ]);
  configurations.update(snapshot());
  expect(lines).toContainEqual(
    expect.objectContaining({ msg: 'Problems in the configuration are gone', solved: 1, left: 0 }),
  );
  expect(await series(metrics, 'herald_config_problems')).toEqual([]);
  configurations.update(snapshot(broken));
  expect(events).toHaveLength(2);
});

it('calls a warning questionable', () => {
  const { configurations, events } = start();
  configurations.update(snapshot({ ...configMap, nonsense: 'x' }));
  expect(events).toMatchObject([{ reason: 'QuestionableConfiguration', type: 'Warning' }]);
});

it('keeps in force what a key said last while it was good', () => {
  const { configurations } = start();
  configurations.update(snapshot());
  const good = configurations.get('argocd')?.config.triggers.get('on-degraded');
  configurations.update(snapshot(broken));
  expect(configurations.get('argocd')?.config.triggers.get('on-degraded')).toBe(good);
});

it('builds a service again only when its settings change, and closes the one before', () => {
  const { configurations, built } = start();
  configurations.update(snapshot(webhook('https://one.example.com')));
  const [console, hook] = built;
  configurations.update(snapshot({ ...webhook('https://one.example.com'), 'template.other': 'message: hi' }));
  expect(built).toHaveLength(2);
  configurations.update(snapshot(webhook('https://two.example.com')));
  expect(built.map(({ closed }) => closed)).toEqual([false, true, false]);
  const { services } = configurations.get('argocd') ?? {};
  expect([services?.get('console'), services?.get('hook')]).toEqual([console, built[2]]);
  expect(services?.get('hook')).not.toBe(hook);
  configurations.update(snapshot());
  expect(built.map(({ closed }) => closed)).toEqual([false, true, true]);
  expect([...(configurations.get('argocd')?.services.keys() ?? [])]).toEqual(['console']);
});

it('builds a service again when a value of the Secret in it changes', () => {
  const { configurations, built } = start();
  const data = webhook('https://$host');
  configurations.update(snapshot(data, { secret: { host: 'one.example.com' } }));
  configurations.update(snapshot(data, { secret: { host: 'one.example.com', other: 'x' } }));
  expect(built).toHaveLength(2);
  configurations.update(snapshot(data, { secret: { host: 'two.example.com' } }));
  expect(built.map(({ closed }) => closed)).toEqual([false, true, false]);
});

it('reports a service that cannot be made, and tries again with the next change', () => {
  let isBroken = true;
  const { configurations, events } = start({ fails: () => isBroken });
  configurations.update(snapshot());
  configurations.update(snapshot());
  expect(events.map(({ message }) => message)).toEqual([
    'herald.service.console: it cannot be made. Mend it.',
  ]);
  isBroken = false;
  configurations.update(snapshot());
  expect(configurations.get('argocd')?.services.has('console')).toBe(true);
});

it('drops a tenant whose ConfigMap is gone, with its services and problems', async () => {
  const { configurations, built, metrics } = start({ selfService: true });
  configurations.update(snapshot());
  configurations.update(snapshot(broken, { namespace: 'tenant' }));
  expect(await series(metrics, 'herald_config_problems')).toHaveLength(1);
  const tenant = { ...snapshot(configMap, { namespace: 'tenant' }), configMap: undefined };
  configurations.update(tenant);
  configurations.update(tenant);
  expect(configurations.get('tenant')).toBeUndefined();
  expect(configurations.of('tenant').map(({ namespace }) => namespace)).toEqual(['argocd']);
  expect(built.map(({ type, closed }) => [type, closed])).toEqual([
    ['argocd/console', false],
    ['tenant/console', true],
  ]);
  expect(await series(metrics, 'herald_config_problems')).toEqual([]);
});

it('goes on with nothing when the ConfigMap of the controller is gone, and says so', () => {
  const { configurations, built, lines, events } = start();
  configurations.update(snapshot());
  configurations.update({ ...snapshot(), configMap: undefined });
  expect(configurations.get('argocd')?.config.triggers.size).toBe(0);
  expect(built.map(({ closed }) => closed)).toEqual([true]);
  expect(lines).toContainEqual(
    expect.objectContaining({ level: 'warn', msg: 'ConfigMap not found: nothing is notified' }),
  );
  expect(events).toEqual([]);
});

it('closes every service at the end, though one fails to', async () => {
  const { configurations, built } = start({ selfService: true });
  configurations.update(snapshot());
  configurations.update(snapshot(configMap, { namespace: 'tenant' }));
  Object.assign(built[0] ?? {}, { close: () => Promise.reject(new Error('stuck')) });
  await configurations.close();
  expect(built[1]?.closed).toBe(true);
});

it('of thousands of problems logs and shows as many as a person reads, and how many more there are', async () => {
  const { configurations, lines, metrics } = start();
  const keys = Array.from({ length: 8_000 }, (_, n) => [`trigger.t${n}`, '- when: ==\n  send: [message]']);
  configurations.update(snapshot({ ...configMap, ...Object.fromEntries(keys) }));
  expect(lines.filter(({ level }) => level === 'warn').length).toBeLessThanOrEqual(51);
  const last = lines.findLast(({ level }) => level === 'warn');
  expect(last?.msg).toMatch(/^More problems in the configuration/);
  const shown = await series(metrics, 'herald_config_problems');
  expect(shown.length).toBeLessThanOrEqual(101);
  const total = shown.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  expect(total).toBeGreaterThanOrEqual(8_000);
  const before = lines.length;
  configurations.update(snapshot({ ...configMap, ...Object.fromEntries(keys), more: '' }));
  expect(lines.length - before).toBeLessThanOrEqual(3);
});

const conditionOf = (index: number) =>
  `- when: app.metadata.name == "x${index}" and len(filter(app.status.resources, .name != "a")) > ${index}\n  send: [message]\n`;
const large = (count: number) => ({
  ...configMap,
  ...Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`trigger.t${index}`, conditionOf(index)]),
  ),
});

it('a large ConfigMap is read while other work gets its turns, and none of it is in force before all of it', async () => {
  const { configurations } = start();
  configurations.update(snapshot());
  const [before] = configurations.all();
  let turns = 0;
  let isRead = false;
  const change = configurations.updateInTurns(snapshot(large(400))).then((done) => {
    isRead = true;
    return done;
  });
  while (!isRead) {
    expect(configurations.all()).toEqual([before]);
    turns += 1;
    await new Promise(setImmediate);
  }
  expect((await change)?.namespace).toBe('argocd');
  expect(configurations.get('argocd')?.config.triggers.size).toBe(
    400 + Object.keys(configMap).filter((key) => key.startsWith('trigger.')).length,
  );
  // 400 keys of 220 characters each, some of which share a turn.
  expect(turns).toBeGreaterThan(5);
});

it('what has been overtaken while something else was read is not read, and what follows a close neither', async () => {
  const { configurations, lines } = start();
  const first = configurations.updateInTurns(snapshot(large(50)));
  const second = configurations.updateInTurns(snapshot(broken));
  const third = configurations.updateInTurns(snapshot(large(60)));
  expect(await Promise.all([first, second, third])).toMatchObject([
    undefined,
    undefined,
    { namespace: 'argocd' },
  ]);
  expect(lines.filter(({ msg }) => msg === 'Problem in the configuration')).toEqual([]);
  await configurations.settled();
  const last = configurations.updateInTurns(snapshot(broken));
  await configurations.close();
  expect(await last).toBeUndefined();
});

it('what is said of a configuration while the next one is read is not said again', async () => {
  const { configurations, lines } = start();
  const problem = { key: 'trigger.on-degraded', severity: 'error' as const, what: 'too much', fix: 'Less.' };
  configurations.update(snapshot());
  const change = configurations.updateInTurns(snapshot(large(200)));
  await new Promise(setImmediate);
  configurations.complain('argocd', problem);
  await change;
  configurations.complain('argocd', problem);
  expect(lines.filter(({ what }) => what === 'too much')).toHaveLength(2);
});

it('reads the ConfigMap of a tenant up to 96 KiB, in the order of its keys, and says which keys it leaves out', () => {
  const { configurations, lines, events } = start({ selfService: true });
  configurations.update(snapshot());
  const filler = Object.fromEntries(
    Array.from({ length: 10 }, (_, index) => [`template.f${index}`, `message: ${'x'.repeat(15_000)}`]),
  );
  const tenant = { ...filler, 'trigger.last': '- {when: "true", send: []}' };
  configurations.update(snapshot(tenant, { namespace: 'team' }));
  const config = configurations.get('team')?.config;
  expect([...(config?.templates.keys() ?? [])]).toEqual(['f0', 'f1', 'f2', 'f3', 'f4', 'f5']);
  // A short key behind a long one still has its place.
  expect([...(config?.triggers.keys() ?? [])]).toEqual(['last']);
  const left = lines.filter(({ what }) => String(what).includes('read up to 96 KiB'));
  expect(left.map(({ key }) => key)).toEqual(['template.f6', 'template.f7', 'template.f8', 'template.f9']);
  expect(events.filter(({ message }) => message.includes('read up to 96 KiB'))).toHaveLength(4);
  configurations.update(snapshot({ ...configMap, ...filler }));
  expect(configurations.get('argocd')?.config.templates.size).toBe(11);
});
