/** The sections of the catalogue for services other than Slack, for every Application at hand. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { textAt } from '../../src/json.ts';
import type { JsonObject, Notification } from '../../src/model.ts';
import { validateOptions } from '../../src/services/schema.ts';
import { schemaOf } from '../../src/services/schemas.ts';
import { presentationOf, type Service } from '../../src/services/service.ts';
import { noticeNames } from '../../src/templates/notice-values.ts';
import { renderNotification } from '../../src/templates/render.ts';
import { compileTemplate } from '../../src/templates/schema.ts';
import { templateVars } from '../../src/templates/vars.ts';
import { FROZEN_NOW, readFixtures } from '../conformance/fixtures.ts';
import { type Internet, openInternet } from '../internet/internet.ts';
import { createGitHubDouble, privateKey } from '../services/github-double.ts';
import { startService } from '../services/start-service.ts';
import { repository } from './kustomize.ts';

const fixtures = readFixtures(join(repository, 'test/conformance/fixtures.json'));
const folder = join(repository, 'config/catalogue/templates');
const templates = new Map(
  // Those about ApplicationSets are in applicationset-catalogue.test.ts.
  readdirSync(folder).flatMap((file) => {
    if (file.startsWith('applicationset')) return [];
    const name = file.replace(/\.yaml$/, '');
    const { template, problems } = compileTemplate(name, readFileSync(join(folder, file), 'utf8'));
    if (template === undefined || problems.length > 0)
      throw new Error(`${name}: ${JSON.stringify(problems)}`);
    return [[name, template] as const];
  }),
);
/**
 * What the engine of argocd-notifications makes of the same files, by template, Application and path of the field
 * (text/template of Go 1.26 with sprig 3.3.0, sigs.k8s.io/yaml 1.6.0). `teams-workflows` is an alias of `teams` there, too.
 */
const golden = JSON.parse(
  readFileSync(join(import.meta.dirname, 'catalogue-sections.golden.json'), 'utf8'),
) as Record<string, Record<string, Record<string, string>>>;
/** Public ones, which belong to their authors, where there is a copy. */
const corpus = process.env['HERALD_TEST_CORPUS'];
const applications = new Map<string, JsonObject>([
  ...Object.entries(fixtures.apps),
  ...(corpus === undefined ? [] : publicApplications(join(corpus, 'apps'))),
]);

function publicApplications(path: string): [string, JsonObject][] {
  const files = readdirSync(path).filter((file) => /^\d+\.json$/.test(file));
  return files.map((file) => [file, JSON.parse(readFileSync(join(path, file), 'utf8')) as JsonObject]);
}

const options: Record<string, JsonObject> = {
  email: { host: 'smtp.example', port: 587, from: 'argocd@example.com' },
  'html mail': { host: 'smtp.example', port: 587, from: 'argocd@example.com', html: true },
  teams: { recipientUrls: { a: 'https://a.webhook.office.com/a' } },
  'teams-workflows': { recipientUrls: { a: 'https://a.logic.azure.com/a' } },
  github: { appID: 1, installationID: 2, privateKey },
};
const typeOf = (service: string) => (service === 'html mail' ? 'email' : service);
const services = new Map<string, Service>();

beforeAll(() => {
  for (const [name, given] of Object.entries(options)) services.set(name, startService(typeOf(name), given));
});
afterAll(() => Promise.all([...services.values()].map((service) => service.close())));

function rendered(name: string, service: string, app: JsonObject, context = fixtures.context): Notification {
  const template = templates.get(name);
  const started = services.get(service);
  if (template === undefined || started === undefined) throw new Error(`no ${name} for ${service}`);
  const vars = templateVars({
    app,
    appProject: fixtures.appProject,
    context,
    serviceType: started.type,
    recipient: 'a',
    now: FROZEN_NOW,
  });
  const result = renderNotification([template], vars, presentationOf(started));
  if (!result.ok) throw new Error(`${result.field}: ${result.error}`);
  expect(result.warnings).toEqual([]);
  return result.notification;
}

const everywhere = [...templates.keys()].flatMap((name) =>
  ['email', 'html mail', 'teams', 'teams-workflows'].map((service): [string, string] => [name, service]),
);
const onGitHub = ['app-deployed', 'app-sync-failed', 'app-sync-running'];

describe('every template', () => {
  it.each([...everywhere, ...onGitHub.map((name): [string, string] => [name, 'github'])])(
    '%s has a section for %s, and renders it for every Application, with and without a context',
    (name, service) => {
      for (const [title, app] of applications) {
        for (const context of [fixtures.context, {}]) {
          const { message, section } = rendered(name, service, app, context);
          expect([title, section]).not.toEqual([title, undefined]);
          expect([title, message, JSON.stringify(section)].join()).not.toMatch(/<no value>|<nil>|%!/);
        }
      }
    },
  );

  it.each([...templates.keys()])('%s mails a subject on one line, and what there is to know', (name) => {
    for (const app of applications.values()) {
      const { message, section } = rendered(name, 'email', app);
      const [title, body] = [textAt(section, 'subject'), textAt(section, 'body')];
      const known = textAt(app, 'metadata', 'name');
      expect(title).toMatch(/^\S[^\n]*[^\n.]$/);
      expect(title).toContain(known);
      expect(body.startsWith(message.trim())).toBe(true);
      expect(body).toContain(`/applications/${textAt(app, 'metadata', 'namespace')}/${known}`);
    }
  });

  it.each([...templates.keys()])('%s has the same card for both kinds of Teams services', (name) => {
    for (const app of applications.values()) {
      const card = rendered(name, 'teams', app).section ?? {};
      expect(rendered(name, 'teams-workflows', app).section).toMatchObject({
        themeColor: card['themeColor'],
        facts: card['facts'],
      });
      expect(JSON.parse(textAt(card, 'facts'))).toEqual(
        expect.arrayContaining([{ name: 'Project', value: textAt(app, 'spec', 'project') || 'default' }]),
      );
      expect(JSON.parse(textAt(card, 'potentialAction'))).toMatchObject([{ '@type': 'OpenUri' }]);
    }
  });

  it.each(Object.keys(golden))('%s renders as in the engine', (name) => {
    const strings = new Map(templates.get(name)?.strings.map((string) => [string.path.join('.'), string]));
    for (const [title, fields] of Object.entries(golden[name] ?? {})) {
      for (const [path, text] of Object.entries(fields)) {
        const vars = templateVars({
          app: fixtures.apps[title] as JsonObject,
          appProject: {},
          context: fixtures.context,
          serviceType: path.split('.')[0] ?? '',
          recipient: '',
          now: FROZEN_NOW,
        });
        const { shared: _shared, ...values } = vars.values;
        for (const own of noticeNames) delete (values as Record<string, unknown>)[own];
        const rendered = strings.get(path)?.render({ ...vars, values }, {});
        expect([title, path, rendered]).toEqual([title, path, { ok: true, text }]);
      }
    }
  });

  it('has options that its services take', () => {
    for (const [name, given] of Object.entries(options)) {
      const schema = schemaOf(typeOf(name));
      expect(schema && validateOptions(schema, given).problems).toEqual([]);
    }
  });
});

describe('what is rendered', () => {
  let internet: Internet;
  beforeAll(async () => {
    internet = await openInternet();
  });
  afterAll(() => internet.close());

  const context = { deliveryId: 'd', signal: AbortSignal.timeout(600_000) };
  const app = (name: string) => fixtures.apps[name] as JsonObject;

  it.each([...templates.keys()])('%s is sent to Teams', async (name) => {
    internet.server.play([{ body: '1' }]);
    for (const service of ['teams', 'teams-workflows']) {
      for (const object of [app('guestbook-synced'), app('platform-multi'), app('fresh-no-status')]) {
        const notification = rendered(name, service, object);
        expect(await services.get(service)?.send(notification, 'a', context)).toEqual({ status: 'sent' });
      }
    }
  });

  it('a deployment begins with the sync, and ends with it', async () => {
    const double = createGitHubDouble();
    internet.server.play([{ reply: double.reply }]);
    for (const name of ['app-sync-running', 'app-deployed']) {
      const notification = rendered(name, 'github', app('guestbook-synced'));
      expect(await services.get('github')?.send(notification, '', context)).toEqual({ status: 'sent' });
    }
    expect(double.written('deployments')).toMatchObject([
      { environment: 'guestbook-synced', auto_merge: false, required_contexts: [] },
    ]);
    // The second that is written, behind the status of the commit.
    const states = double.written('deployments/2/statuses').map(({ state }) => state);
    expect(states).toEqual(['in_progress', 'success']);
    const revision = '9c5d2e7fa81b40c3d6e5f708192a3b4c5d6e7f80';
    expect(double.written(`statuses/${revision}`)).toMatchObject([
      { context: 'argocd/guestbook-synced', state: 'pending' },
      {
        context: 'argocd/guestbook-synced',
        state: 'success',
        description: 'Application guestbook-synced is deployed and healthy.\n',
      },
    ]);
  });
});
