import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAttachments, parseBlocks } from '../../simulator/slack/layout.ts';
import type { Application, JsonObject } from '../../src/model.ts';
import { resolveSubscriptions } from '../../src/subscriptions/resolve.ts';
import { cpuSeconds } from '../../src/testing/thread-cpu.ts';
import { runs } from '../runs.ts';
import { createApplicationPath } from './application-path.ts';
import { badApplication, hugeApplications } from './applications.ts';
import { nastyJson, nastyText, nested } from './arbitraries.ts';
import { unless } from './unless.ts';

const path = createApplicationPath();

function readOf(object: JsonObject): Application {
  const application = path.read(object);
  if (!application) throw new Error('an Application with a name and a uid was not read');
  return application;
}

/** What Slack would say to the messages of all templates, as far as the simulator knows its limits. */
function faultsOf(application: Application): string[] {
  return path.render(application, '#deploys').flatMap(({ template, message, error }) => {
    const { text = '', attachments, blocks } = message?.form ?? {};
    const plain = message?.plain(4_000).text ?? '';
    const values = [...Object.values(message?.form ?? {}), plain];
    return [
      ...unless(error === undefined, `${template}: ${error}`),
      ...unless(text.length <= 40_000, `${template}: the text is too long`),
      ...unless(parseAttachments(attachments ?? '[]').ok, `${template}: attachments`),
      ...unless(parseBlocks(blocks ?? '[]').ok, `${template}: blocks`),
      ...unless(plain.length <= 4_000, `${template}: the plain text is too long`),
      ...unless(
        values.every((value) => value.isWellFormed()),
        `${template}: half a character`,
      ),
      ...unless(
        !values.some((value) => /<!(?:channel|here|everyone)[>|]/.test(value)),
        `${template}: a mention`,
      ),
    ];
  });
}

describe('an Application that is wrong in any way', () => {
  it('is read, evaluated, counted and kept', () => {
    fc.assert(
      fc.property(badApplication, (object) => {
        const application = readOf(object);
        const { evaluations, failures } = path.evaluate(application);
        expect(evaluations.every(({ result }) => result.status !== undefined)).toBe(true);
        for (const { trigger, error } of failures) {
          expect(path.config.triggers.has(trigger)).toBe(true);
          expect(error).not.toBe('');
        }
      }),
      runs(1_500),
    );
  });

  it('makes messages that Slack takes, or an error', () => {
    fc.assert(
      fc.property(badApplication, (object) => {
        const application = readOf(object);
        for (const { template, message, error } of path.render(application, '#deploys')) {
          const isWhole = Object.values(message?.form ?? {}).every((value) => value.isWellFormed());
          expect(error === undefined ? isWhole : error !== '', template).toBe(true);
        }
      }),
      runs(300),
    );
  });

  it('has subscriptions that name what they disable', () => {
    fc.assert(
      fc.property(
        fc.dictionary(nastyText, nastyText),
        fc.dictionary(nastyText, nastyText),
        (own, ofProject) => {
          const { problems } = resolveSubscriptions(
            { annotations: own, labels: own },
            ofProject,
            path.config,
          );
          for (const { key, what, fix } of problems) {
            const name = key.replace(/^annotation /, '');
            expect(Object.hasOwn(own, name) || Object.hasOwn(ofProject, name)).toBe(true);
            expect(what).not.toBe('');
            expect(fix).not.toBe('');
          }
        },
      ),
      runs(1_000),
    );
  });

  it('is told of although its project holds anything', () => {
    const annotations = { 'notifications.argoproj.io/subscribe.on-health-degraded.slack': 'deploys' };
    const metadata = { name: 'a', uid: 'a', namespace: 'argocd', resourceVersion: '1', annotations };
    const application = readOf({ metadata, status: { health: { status: 'Degraded' } } });
    fc.assert(
      fc.property(
        nastyJson,
        fc.dictionary(
          fc.constantFrom(
            'notifications.argoproj.io/subscribe.a.slack',
            'notifications.argoproj.io/subscriptions',
            'x.recipients.argocd-notifications.argoproj.io',
          ),
          nastyJson,
        ),
        (anything, ofProject) => {
          const projects = [
            { metadata: anything },
            { metadata: { annotations: anything } },
            { metadata: { annotations: ofProject } },
          ];
          for (const project of projects) {
            const { evaluations } = path.evaluate(application, project as JsonObject);
            expect(
              evaluations.some(
                ({ trigger, result }) => trigger === 'on-health-degraded' && result.status === 'matched',
              ),
            ).toBe(true);
          }
        },
      ),
      runs(300),
    );
  });
});

describe('an Application that is large', () => {
  it.each(Object.keys(hugeApplications()))('with %s is evaluated and told of within limits', (name) => {
    const object = hugeApplications()[name] ?? {};
    const application = readOf(object);
    const { status } = application.object;
    const seconds = cpuSeconds(() => {
      path.evaluate(application);
      expect(status === undefined ? [] : faultsOf(application)).toEqual([]);
    });
    expect(seconds).toBeLessThan(15);
  });

  it.each(['list', 'mapping'] as const)('or nests a %s ten thousand deep, is kept without it', (kind) => {
    const deep = nested(10_000, kind);
    for (const place of ['spec', 'status', 'labels', 'operation', 'values'] as const) {
      const metadata = { name: 'deep', uid: 'deep', namespace: 'argocd', resourceVersion: '1' };
      const object: JsonObject = {
        metadata: place === 'labels' ? { ...metadata, labels: deep } : metadata,
        spec:
          place === 'spec' ? deep : { source: { helm: { valuesObject: place === 'values' ? deep : {} } } },
        status:
          place === 'status' ? deep : { operationState: { operation: place === 'operation' ? deep : {} } },
        operation: place === 'operation' ? deep : {},
      };
      const application = readOf(object);
      path.evaluate(application);
      path.render(application, 'a');
      expect(application.name).toBe('deep');
    }
  });
});
