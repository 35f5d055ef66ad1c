/** The stories of docs/incidents.md: how an Application fares on the simulated clock, and what is told of it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createShares } from '../../src/configurations/shares.ts';
import { createRendering } from '../../src/delivery/rendering.ts';
import type { Delivery, JsonObject } from '../../src/model.ts';
import { application } from '../../src/testing/fixtures.ts';
import { recordLog } from '../../src/testing/recorded-log.ts';
import { createRecordingService } from '../../src/testing/recording-service.ts';
import { beginning, type Step, timeOf, type World } from './timeline.ts';

const config = join(import.meta.dirname, '../../config');
const argocdUrl = 'https://argocd.example.com';

function keys(prefix: string, folder: string): [string, string][] {
  return readdirSync(join(config, folder)).map((file) => [
    `${prefix}.${file.replace(/\.yaml$/, '')}`,
    readFileSync(join(config, folder, file), 'utf8'),
  ]);
}

const component = (file: string) => readFileSync(join(config, 'components/incident-groups', file), 'utf8');

/** The catalogue as it ships, with the rules of `components/incident-groups`. */
export const shipped: Readonly<Record<string, string>> = {
  ...Object.fromEntries([
    ...keys('trigger', 'catalogue/triggers'),
    ...keys('template', 'catalogue/templates'),
  ]),
  groups: component('groups.yaml'),
  inhibit: component('inhibit.yaml'),
  'template.apps-not-comparable': component('apps-not-comparable.yaml'),
  context: `argocdUrl: ${argocdUrl}\n`,
};

const [A, B, C] = ['a', 'b', 'c'].map((letter) => letter.repeat(40)) as [string, string, string];
const imageOf = (revision: string) => `ghcr.io/acme/shop:1.${revision.charCodeAt(0) - 96}`;
const at = (world: World, seconds = 0) =>
  new Date(beginning + world.elapsed() + seconds * 1_000).toISOString().replace('.000', '');

export interface Shape {
  name?: string;
  revision?: string;
  /** Of the source, where it is ahead of what is deployed. */
  target?: string;
  sync?: string;
  health?: string;
  phase?: string;
  message?: string;
  by?: string;
  resources?: JsonObject[];
  results?: JsonObject[];
  status?: JsonObject;
  operation?: JsonObject;
  automated?: JsonObject | null;
}

/** The sync windows of its AppProject from then on. */
export const windows =
  (...syncWindows: JsonObject[]): Step =>
  (world) =>
    world.project({}, { syncWindows });

const history = new WeakMap<World, Map<string, JsonObject[]>>();

/** What the Application looks like from then on; its operation began with it and, unless it runs, is over. */
export function shop(trigger: string, shape: Shape = {}): Step {
  const {
    name = 'shop',
    revision = A,
    target = revision,
    sync = 'Synced',
    health = 'Healthy',
    phase = 'Succeeded',
    message,
    by,
    automated = { selfHeal: true },
  } = shape;
  return (world) => {
    const known = history.get(world) ?? new Map<string, JsonObject[]>();
    history.set(world, known);
    const deployed = known.get(name) ?? [];
    known.set(name, deployed);
    if (phase === 'Succeeded' && deployed.at(-1)?.['revision'] !== revision)
      deployed.push({ id: deployed.length + 1, revision, deployedAt: at(world) });
    const seen = application(`uid-${name}`, {
      name,
      subscriptions: Object.fromEntries(trigger.split(' ').map((each) => [each, 'ops'])),
      status: {
        sync: { status: sync, revision: target },
        health: { status: health, lastTransitionTime: at(world), ...(message ? { message } : {}) },
        operationState: {
          phase,
          startedAt: at(world, -20),
          ...(phase === 'Running' ? {} : { finishedAt: at(world) }),
          ...(message ? { message } : {}),
          operation: { initiatedBy: by ? { username: by } : { automated: true }, ...shape.operation },
          syncResult: { revision, resources: shape.results ?? [] },
        },
        reconciledAt: at(world, 1),
        summary: { images: [imageOf(revision)] },
        history: [...deployed],
        resources: shape.resources ?? [],
        ...shape.status,
      },
    });
    const spec: JsonObject = {
      project: 'shop',
      source: { repoURL: 'https://git.example.com/shop.git', path: name },
      destination: { server: 'https://kubernetes.default.svc', namespace: 'shop' },
      ...(automated ? { syncPolicy: { automated } } : {}),
    };
    return world.see({ ...seen, project: 'shop', object: { ...seen.object, spec } });
  };
}

/** What the recipient reads, of each message in order: when, and the text as services without a layout of their own show it. */
export async function texts(
  world: World,
  service = 'console',
): Promise<{ at: string; text: string; section: JsonObject }[]> {
  const { pipeline, clock } = world;
  // Each message is rendered when it was told.
  let now = clock.now();
  let project: JsonObject | undefined;
  const render = createRendering({
    project: () => project,
    shares: createShares(clock.now),
    metrics: pipeline.metrics,
    log: recordLog().log,
    clock: { now: () => now },
  });
  const found: { at: string; text: string; section: JsonObject }[] = [];
  for (const { at, delivery, appProject } of world.told) {
    const active = pipeline.configurations.get('argocd');
    if (!active) throw new Error('not configured');
    now = beginning + at;
    project = appProject;
    const to: Delivery = { ...delivery, destination: { ...delivery.destination, service } };
    const rendered = await render(to, active, createRecordingService(service), AbortSignal.timeout(60_000));
    if (!rendered.ok) throw new Error(rendered.error);
    const { message, section = {} } = rendered.notification;
    found.push({ at: timeOf(at), text: message.trim(), section });
  }
  return found;
}
export { B, C };
