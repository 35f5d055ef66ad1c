/** docs/getting-started.md, followed literally from its first line to the first message; then the pages for what goes wrong. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { application } from '../bridge/applications.ts';
import { kustomize } from '../shipping/kustomize.ts';
import { tools } from '../tools.ts';
import { createFirstHour, type FirstHour, type Ran } from './first-hour.ts';
import { type Block, blocksOf, pageOf, version } from './pages.ts';
import { commandsIn, heraldArguments } from './shell.ts';

const steps = blocksOf(pageOf('docs/getting-started.md'), 'yaml', 'sh');
const message = 'guestbook runs 53e28ff: https://argocd.example.com/applications/argocd/guestbook';
const guestbook = { kind: 'Application', namespace: 'argocd', name: 'guestbook' };

function findRan(all: readonly Ran[], text: string): Ran {
  const found = all.findLast(({ command }) => command.join(' ').includes(text));
  if (found === undefined) throw new Error(`nothing has run ${text}`);
  return found;
}

describe.skipIf(!tools.kubectl || !tools.openssl)('the first hour', () => {
  let world: FirstHour;
  const all: Ran[] = [];
  beforeAll(async () => {
    world = await createFirstHour();
  });
  afterAll(() => world.close());

  async function follow(blocks: readonly Block[]): Promise<void> {
    for (const block of blocks) {
      const found = await world.follow(block);
      for (const { command, code, stdout, stderr } of found)
        expect(code, `${command.join(' ')}\n${stdout}${stderr}`).toBe(0);
      all.push(...found);
    }
  }

  const last = steps.length - 1;

  test('every step of the page does what it says, up to the Application', async () => {
    expect(steps.length).toBeGreaterThan(9);
    await follow(steps.slice(0, last));
    expect(findRan(all, 'config check notifications.yaml').stdout).toContain('no problems');
    expect(findRan(all, 'trigger run on-deployed').stdout).toMatch(/\btrue\n/);
    expect(findRan(all, 'template render').stdout).toContain(message);
    expect(findRan(all, 'routes --filename').stdout).toContain('slack:deploys');
    expect(findRan(all, 'herald doctor').stdout).not.toMatch(/failed/i);
    expect(findRan(all, 'herald explain guestbook').stdout).toContain('its condition does not match');
    const scaled = { kind: 'Deployment', namespace: 'argocd', name: 'argocd-notifications-controller' };
    expect(world.kubernetes.cluster.get(scaled)).toMatchObject({ spec: { replicas: 0 } });
    expect(world.slack.messages('deploys')).toEqual([]);
  });

  test('the image that is built is the one that is installed', async () => {
    const [deployment] = (await kustomize('config')).filter(({ kind }) => kind === 'Deployment');
    const image = `herald:${version}`;
    expect(deployment.spec.template.spec.containers[0].image).toBe(image);
    const named = steps.flatMap(({ text }) =>
      commandsIn(text)
        .filter(([program]) => program === 'docker' || program === 'kind')
        .flatMap((command) => command.filter((word) => word.includes(':'))),
    );
    expect(named).toEqual([image, image]);
  });

  test('Argo CD deploys it, and the message is there, once', async () => {
    world.kubernetes.cluster.patch(guestbook, {
      status: {
        sync: { status: 'Synced', revision: '53e28ff20cc530b9ada2173fbbd64d48338583ba' },
        health: { status: 'Healthy' },
        operationState: { phase: 'Succeeded', startedAt: ago(60), finishedAt: ago(30) },
        reconciledAt: ago(10),
      },
    });
    await world.slack.until(() => world.slack.messages('deploys').length > 0);
    await follow(steps.slice(last));
    expect(findRan(all, 'herald explain guestbook').stdout).toContain('it was told of oncePer');
    expect(world.slack.messages('deploys').map(({ text }) => text)).toEqual([message]);
  });

  test('the commands for what goes wrong answer in the pod', async () => {
    const { cluster } = world.kubernetes;
    await follow(blocksOf(pageOf('config/README.md'), 'sh'));
    cluster.apply({
      ...application('shops'),
      kind: 'ApplicationSet',
      spec: { generators: [], template: {} },
    });
    const commands = ['docs/troubleshooting.md', 'docs/install.md', 'docs/migrating.md', 'docs/slack.md']
      .flatMap((path) => blocksOf(pageOf(path), 'sh'))
      .flatMap(({ text }) => commandsIn(text))
      .filter(([program]) => program === 'kubectl')
      .flatMap((command) => {
        const args = heraldArguments(command);
        return args === undefined ? [] : [args];
      });
    const asked = new Map(commands.map((command) => [command.join(' '), command]));
    expect(asked.size).toBeGreaterThan(9);
    for (const [text, args] of asked) {
      const { code, stdout, stderr } = await world.inPod(args);
      expect(code, `herald ${text}\n${stdout}${stderr}`).toBe(0);
    }
  });
});

function ago(seconds: number): string {
  return `${new Date(Date.now() - seconds * 1_000).toISOString().slice(0, 19)}Z`;
}
