import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/model.ts';
import { application, degraded, healthy, named } from '../bridge/applications.ts';
import { createWorld, type World } from '../bridge/world.ts';
import { embeddedStore } from '../contract/stores.ts';
import { badApplication, hugeApplications } from './applications.ts';
import { catalogue } from './catalogue.ts';
import { mutatedConfigMap } from './mutate.ts';

const rounds = 8;
const together = 25;
const good = 'on-health-degraded';

/** The keys that the good Application needs, told at once; the others are edited, and not for the better. */
const needed = {
  [`trigger.${good}`]: "- when: app.status.health.status == 'Degraded'\n  send: [app-health-degraded]\n",
  'template.app-health-degraded': catalogue()['template.app-health-degraded'] ?? '',
};
const edited = mutatedConfigMap({
  ...catalogue(),
  subscriptions: '- recipients: [slack:all]\n  triggers: [on-deployed]\n',
  context: 'a: b\n',
}).map(({ data }) =>
  Object.fromEntries(
    Object.entries(data).filter(([key]) => key !== 'config.yaml' && !key.startsWith('service.')),
  ),
);

const flood = fc.array(
  fc.tuple(fc.array(badApplication, { minLength: together, maxLength: together }), edited),
  {
    minLength: rounds,
    maxLength: rounds,
  },
);

describe('one good Application amid a flood of bad ones', () => {
  let prepared: { url: string; remove(): Promise<void> };
  let world: World;

  beforeAll(async () => {
    prepared = await embeddedStore().prepare();
    world = await createWorld({ queue: prepared.url });
    world.configure(needed);
    world.cluster.apply(application('good', { subscriptions: { [good]: 'good' }, status: healthy }));
    await world.start();
  });
  afterAll(async () => {
    await world?.close();
    await prepared?.remove();
  });

  /** In the watched namespace, each with a name that an API server takes. */
  function applyBad(object: JsonObject, name: string): void {
    const metadata = { ...(object.metadata as JsonObject), namespace: 'argocd' };
    world.cluster.apply({ ...object, metadata: { ...metadata, name: `bad-${name}` } });
  }

  async function round(index: number, objects: JsonObject[], data: Record<string, string>): Promise<void> {
    const { cluster, kubernetes, slack } = world;
    const { watches } = kubernetes.faults;
    world.configure({ ...data, ...needed });
    for (const [at, object] of objects.entries()) applyBad(object, `${index}-${at}`);
    if (index % 3 === 0) watches.spoil('malformed');
    if (index % 3 === 1) watches.spoil('truncated');
    if (index % 4 === 3) watches.fail(500, '\u0000 <!channel>');
    cluster.patch(named('good'), { status: degraded });
    await slack.until(() => slack.messages('good').length > index);
    cluster.patch(named('good'), { status: healthy });
    await world.untilMetric(
      'herald_application_info',
      { name: 'good', health_status: 'Healthy' },
      (value) => value === 1,
    );
  }

  it('is told of each time, and nobody is asked to report anything', async () => {
    await fc.assert(
      // The seed of the flood, as the flood itself is too long to be shown.
      fc.asyncProperty(fc.integer(), async (seed) => {
        const [given = []] = fc.sample(flood, { seed, numRuns: 1 });
        for (const [index, [objects, data]] of given.entries()) await round(index, objects, data);
      }),
      { numRuns: 1, endOnFailure: true },
    );
    for (const [name, object] of Object.entries(hugeApplications()))
      applyBad(object, name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-'));
    await world.decided();
    expect(world.slack.messages('good')).toHaveLength(rounds);
    // The reader of the log takes U+2028 for the end of a line; what Herald wrote begins with a time.
    const written = world.logs.filter(({ time }) => time !== undefined);
    const errors = written.filter(({ level }) => level === 'error' || level === 'fatal');
    // A template that cannot print what is of another type is parked, for a person to see.
    const ofBadOnes = ({ msg, application: of }: Record<string, unknown>) =>
      String(msg).startsWith('Not delivered') && String(of).startsWith('argocd/bad-');
    expect(errors.filter((entry) => !ofBadOnes(entry))).toEqual([]);
    expect(JSON.stringify(world.logs)).not.toContain('please report');
    expect(await world.metric('herald_application_info', { name: 'good' })).toBe(1);
  });
});
