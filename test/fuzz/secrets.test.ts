import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseInTurns } from '../../src/config/parse-config.ts';
import { createConfigurations } from '../../src/configurations/configurations.ts';
import { createMetrics } from '../../src/metrics.ts';
import { createService } from '../../src/services/registry.ts';
import { recordLog } from '../../src/testing/recorded-log.ts';
import { runs } from '../runs.ts';
import { createMemoryState } from '../services/memory-state.ts';
import { nastyText } from './arbitraries.ts';
import { catalogue, wholeConfigMap } from './catalogue.ts';

/** In the middle of each value, so that a part of it that is shown is found. */
const mark = 'Zq7xKf93';

const name = fc.oneof(
  fc.constantFrom(
    'slack-token',
    'webhook-path',
    'webhook-token',
    'argocd-token',
    'notifiers.yaml',
    '__proto__',
    'constructor',
  ),
  nastyText,
);
const affix = fc.oneof(
  nastyText,
  fc.uint8Array({ maxLength: 20 }),
  fc.constantFrom('', '\n', ': ', '"', '[', '{', '- ', '&a ', '*a', '\t', '\0'),
);
const value = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(affix, affix)
      .map((parts) => Buffer.concat([bytesOf(parts[0]), Buffer.from(mark), bytesOf(parts[1])])),
  },
  { weight: 1, arbitrary: fc.constant(Buffer.alloc(0)) },
  { weight: 1, arbitrary: fc.constant(Buffer.from(mark.repeat(20_000))) },
  {
    weight: 1,
    arbitrary: fc.constant(
      Buffer.from(`slack:\n  token: ${mark}\nwebhook:\n- name: hook\n  url: [${mark}]\n`),
    ),
  },
);
const secretData = fc
  .array(fc.tuple(name, value), { maxLength: 6 })
  .map((entries) => new Map<string, Uint8Array>(entries));

function bytesOf(part: string | Uint8Array): Buffer {
  return typeof part === 'string' ? Buffer.from(part) : Buffer.from(part);
}

const references = [
  '$slack-token',
  '$webhook-path',
  '$missing',
  '$other:key',
  '$argocd:token',
  '${slack-token}',
  '$',
  '$$slack-token',
  '$__proto__',
  '$constructor',
  '$slack-token$webhook-token',
  'pa$slack-token',
];
const option = fc.oneof(
  fc.constantFrom(...references),
  nastyText.map((text) => JSON.stringify(text)),
);
const serviceText = fc.oneof(
  fc.tuple(option, option).map(([token, icon]) => `token: ${token}\nicon: ${icon}\n`),
  fc.tuple(option, option).map(([token, url]) => `token: ${token}\napiURL: ${url}\nusername: [${token}]\n`),
  option.map((token) => `${token}: ${token}\n- ${token}`),
  option,
);
const webhookText = fc
  .tuple(option, option)
  .map(
    ([url, header]) =>
      `url: ${url}\nheaders:\n- name: ${header}\n  value: ${header}\nretryMax: ${header}\nbasicAuth: ${url}\n`,
  );
const argocdText = fc
  .tuple(option, option)
  .map(([url, token]) => `url: ${url}\ntoken: ${token}\n${token}: 1\n`);

describe('Secrets of any kind', () => {
  it('stop nothing beside them, and are shown in no problem, log line, Event or metric', async () => {
    await fc.assert(
      fc.asyncProperty(
        secretData,
        secretData,
        serviceText,
        webhookText,
        argocdText,
        async (secret, other, slack, webhook, argocd) => {
          const { log, lines } = recordLog();
          const metrics = createMetrics({ version: '1', processMetrics: false });
          const events: unknown[] = [];
          const configurations = createConfigurations(
            {
              parse: ({ configMap, secret: own, labelledSecrets }, previous) =>
                parseInTurns({
                  configMap: configMap?.data,
                  secret: own,
                  secrets: labelledSecrets,
                  ...(previous ? { previous } : {}),
                }),
              createService: (source) =>
                createService(source, { log, state: createMemoryState(), stream: process.stdout }),
              record: (event) => events.push(event),
              metrics,
              log,
            },
            { controllerNamespace: 'argocd', selfService: false },
          );
          const data = {
            ...wholeConfigMap(),
            'service.slack': slack,
            'service.webhook.audit': webhook,
            argocd,
          };
          const configMap = { uid: 'a', name: 'argocd-notifications-cm', resourceVersion: '1', data };
          for (const labelledSecrets of [
            new Map([
              ['other', other],
              ['argocd', secret],
            ]),
            new Map(),
          ]) {
            configurations.update({ namespace: 'argocd', configMap, secret, labelledSecrets });
            const config = configurations.get('argocd')?.config;
            expect(
              [...(config?.triggers.keys() ?? [])].length + [...(config?.templates.keys() ?? [])].length,
            ).toBe(Object.keys(catalogue()).length);
            expect(configurations.get('argocd')?.services.has('console')).toBe(true);
            expect(JSON.stringify(config?.problems)).not.toContain(mark);
          }
          expect(JSON.stringify([lines, events])).not.toContain(mark);
          expect(await metrics.expose()).not.toContain(mark);
          expect(lines.filter(({ level }) => level === 'error')).toEqual([]);
          await configurations.close();
        },
      ),
      runs(250),
    );
  });
});
