/** Nothing from a value can call a crowd, whatever the service; what the operator has written still does. */
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/model.ts';
import { schemas } from '../../src/services/schemas.ts';
import { presentationOf } from '../../src/services/service.ts';
import { renderNotification } from '../../src/templates/render.ts';
import { compileTemplate } from '../../src/templates/schema.ts';
import { templateVars } from '../../src/templates/vars.ts';
import { privateKey } from './github-double.ts';
import { startService } from './start-service.ts';

interface Dialect {
  options: JsonObject;
  /** How the service writes that a crowd is called. */
  crowds: string[];
  /** A section with the text, where the message is no place to call anybody. */
  section?(text: string): JsonObject;
}

const token = 'aSecretToken0123456789abcdefgh';
const dialects: Record<string, Dialect> = {
  discord: {
    options: { webhooks: { a: `https://discord.com/api/webhooks/1/${token}` } },
    crowds: ['@everyone', '@here', '<@&123456789012345678>', '@EVERYONE'],
  },
  github: {
    options: { appID: 1, installationID: 2, privateKey },
    crowds: ['@acme/everybody', '@acme'],
    section: (content) => ({ pullRequestComment: { content } }),
  },
  googlechat: {
    options: { webhooks: { a: `https://chat.googleapis.com/v1/spaces/A/messages?key=k&token=${token}` } },
    crowds: ['<users/all>', '<users/123>'],
  },
  mattermost: {
    options: { apiURL: 'https://mattermost.example', token },
    crowds: ['@all', '@channel', '@here', '@Channel'],
  },
  rocketchat: {
    options: { serverUrl: 'https://rocket.example', email: 'bot', password: token },
    crowds: ['@all', '@here', '@ALL'],
  },
  slack: { options: { token }, crowds: ['<!here>', '<!channel>', '<!everyone>', '<!subteam^S123>'] },
  webex: { options: { token }, crowds: ['<@all>', '<@personEmail:a@b.example>'] },
  zulip: {
    options: { serverUrl: 'https://zulip.example', email: 'bot@zulip.example', apiKey: token },
    crowds: ['@**all**', '@**everyone**', '@**channel**', '@*oncall*', '@_*oncall*'],
  },
};
/**
 * Their messages have no way to call a crowd, or one apart from the text: Teams `msteams.entities`, Matrix `m.mentions`;
 * bots of Telegram can call nobody but by name.
 */
const none =
  `alertmanager awssqs console email gcppubsub grafana incidentio jsm nats newrelic ntfy opsgenie pagerduty
  pagerdutyv2 pushover webhook matrix teams teams-workflows telegram`.split(/\s+/);

const byName = (a: string, b: string) => (a < b ? -1 : 1);

it('says of each type of service how it calls a crowd', () => {
  expect([...Object.keys(dialects), ...none].toSorted(byName)).toEqual(
    schemas.map(({ type }) => type).toSorted(byName),
  );
});

function written(type: string, message: string, labels: JsonObject): string {
  const section = dialects[type]?.section?.(message);
  const source = section === undefined ? { message } : { [type]: section };
  const { template, problems } = compileTemplate('t', JSON.stringify(source));
  if (template === undefined) throw new Error(JSON.stringify(problems));
  const service = startService(type, dialects[type]?.options ?? {});
  const vars = templateVars({
    app: { metadata: { name: 'a', labels } },
    appProject: {},
    context: {},
    secrets: {},
    serviceType: type,
    recipient: 'a',
    now: 0,
  });
  const result = renderNotification([template], vars, presentationOf(service));
  if (!result.ok) throw new Error(result.error);
  const { notification } = result;
  return section === undefined ? notification.message : JSON.stringify(notification.section);
}

describe.each(
  Object.entries(dialects).flatMap(([type, { crowds }]) => crowds.map((crowd) => [type, crowd] as const)),
)('%s: %s', (type, crowd) => {
  it.each([
    ['the whole of a value', '{{.app.metadata.labels.x}}', { x: crowd }],
    ['within a value', 'runs {{.app.metadata.labels.x}}!', { x: `fix ${crowd} now` }],
    ['at the beginning of a line', 'm:\n{{.app.metadata.labels.x}}', { x: crowd }],
    ['made of a value', '{{.app.metadata.labels.x | printf "%s"}}', { x: crowd }],
    [
      'in two values, one behind the other',
      '{{.app.metadata.labels.x}}{{.app.metadata.labels.y}}',
      halves(crowd),
    ],
    [
      'in one value that is put together',
      '{{printf "%s%s" .app.metadata.labels.x .app.metadata.labels.y}}',
      halves(crowd),
    ],
  ])('is harmless as %s', (_, message, labels) => {
    expect(written(type, message, labels).toLowerCase()).not.toContain(crowd.toLowerCase());
  });

  it('calls it where the template says so', () => {
    expect(written(type, `${crowd} look`, {})).toContain(crowd);
  });
});

function halves(crowd: string): JsonObject {
  return { x: crowd.slice(0, 1), y: crowd.slice(1) };
}
