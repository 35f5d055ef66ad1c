/** A template of the corpus, rendered with every section that it has, against the engine's notification. */
import type { Config } from '../../src/config/config.ts';
import type { Json, JsonObject } from '../../src/model.ts';
import { schemaOf } from '../../src/services/schemas.ts';
import { neutraliseMentions } from '../../src/services/slack/mentions.ts';
import { type RenderOptions, renderNotification } from '../../src/templates/render.ts';
import type { Template } from '../../src/templates/template.ts';
import { templateVars } from '../../src/templates/vars.ts';
import type { GoldenRendering } from './corpus-golden.ts';
import { type Fixtures, FROZEN_NOW, fixedRepo } from './fixtures.ts';
import { difference, type Verdict } from './verdict.ts';

interface Input {
  app: JsonObject;
  config: Config;
  fixtures: Fixtures;
}

type Judgement = Pick<Verdict, 'status' | 'detail'>;
type Rendered = { ok: true; notification: JsonObject } | { ok: false; error: string };

/** As the corpus was rendered. */
const serviceType = 'slack';
const recipient = 'deploys';
type Safety = Pick<RenderOptions, 'jsonFields' | 'looseJsonFields' | 'urlFields' | 'filterValue'>;
/** What the services ask of the renderer. */
const safety: Readonly<Record<'slack' | 'webhook', Safety>> = {
  slack: { jsonFields: ['attachments', 'blocks'], filterValue: neutraliseMentions },
  webhook: { jsonFields: [], looseJsonFields: ['*.body'], urlFields: ['*.path'] },
};

export function compareRendering(template: Template, golden: GoldenRendering, input: Input): Judgement {
  const plain = render(template, input, {});
  if ('error' in golden) {
    if (!plain.ok) return { status: 'passed' };
    return {
      status: 'failed',
      detail: `must fail (${golden.error}), and gives ${JSON.stringify(plain.notification)}`,
    };
  }
  if (!plain.ok) return { status: 'failed', detail: `fails: ${plain.error}` };
  const wanted = meaningful(golden.notification);
  const actual = meaningful(asRecorded(plain.notification, template));
  const differs = difference('notification', wanted, actual);
  if (differs === undefined) return compareSafe(template, plain.notification, input);
  return isAddress(JSON.stringify(wanted), JSON.stringify(actual))
    ? { status: 'skipped' }
    : { status: 'failed', detail: differs };
}

/** With the values kept from breaking JSON and from mentioning people: no other difference than that. */
function compareSafe(template: Template, plain: JsonObject, input: Input): Judgement {
  const safe = render(template, input, safety);
  if (!safe.ok) return { status: 'failed', detail: `fails when its values are escaped: ${safe.error}` };
  const reasons = new Set<string>();
  for (const [field, text] of Object.entries(objectOf(plain.slack))) {
    const other = objectOf(safe.notification.slack)[field];
    if (text === other) continue;
    if (typeof text !== 'string' || typeof other !== 'string') {
      return { status: 'failed', detail: `slack.${field} becomes ${JSON.stringify(other)}` };
    }
    if (safety.slack.jsonFields.includes(field) && !isJson(text) && isJson(other)) {
      reasons.add('b: values that would break the JSON of an attachment or block are escaped');
    } else if (withMentions(text) === withMentions(other)) {
      reasons.add('mentions that come from a value are neutralised');
    } else return { status: 'failed', detail: `slack.${field} becomes ${JSON.stringify(other)}` };
  }
  for (const [name, request] of Object.entries(objectOf(plain.webhook))) {
    const other = objectOf(objectOf(safe.notification.webhook)[name]);
    const { body, path } = objectOf(request);
    if (body !== other.body) {
      const wasJson = typeof body === 'string' && isJson(body);
      if (wasJson || typeof other.body !== 'string' || !isJson(other.body)) {
        return { status: 'failed', detail: `webhook.${name}.body becomes ${JSON.stringify(other.body)}` };
      }
      reasons.add('b: values that would break the JSON of the body of a webhook are escaped');
    }
    if (path !== other.path) reasons.add('values that would break the path of a webhook are escaped');
  }
  return reasons.size === 0
    ? { status: 'passed' }
    : { status: 'documented', detail: [...reasons].join('; ') };
}

/** The engine renders every section for any destination; the product that of the destination only. */
function render(
  template: Template,
  { app, config, fixtures }: Input,
  options: Partial<Record<string, Safety>>,
): Rendered {
  const vars = templateVars({
    app,
    appProject: fixtures.appProject,
    context: config.context,
    secrets: {},
    serviceType,
    recipient,
    now: FROZEN_NOW,
    repo: fixedRepo(fixtures, app),
  });
  const all: JsonObject = {};
  // Sections of types that the engine does not know are nothing to it, also of those that Herald knows.
  const types = [...template.sections.keys()].filter((type) => {
    const schema = schemaOf(type);
    return schema?.section !== undefined && schema.isHeraldOnly !== true;
  });
  for (const type of new Set([serviceType, ...types])) {
    const extra = options[type] ?? { jsonFields: [] };
    const result = renderNotification([template], vars, { serviceType: type, ...extra });
    if (!result.ok) return { ok: false, error: `${result.field}: ${result.error}` };
    all.message = result.notification.message;
    if (result.notification.section !== undefined) all[type] = result.notification.section;
  }
  return { ok: true, notification: all };
}

/** As it was before mentions lost their power. */
function withMentions(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('\u200b', '');
}

const pathDefaults = {
  repoURLPath: '{{.app.spec.source.repoURL}}',
  revisionPath: '{{.app.status.operationState.syncResult.revision}}',
};

/**
 * The golden results show `repoURLPath` and `revisionPath` of `github` as they are written, or as its service has them
 * by default, rather than rendered; a deployment merges unless it says otherwise.
 */
function asRecorded(notification: JsonObject, template: Template): JsonObject {
  const written = template.sections.get('github');
  if (written === undefined) return notification;
  const github: JsonObject = { ...objectOf(notification.github) };
  const ourDefaults = schemaOf('github')?.section?.defaults ?? {};
  for (const [field, byDefault] of Object.entries(pathDefaults)) {
    const path = written[field];
    const source = typeof path === 'object' && path !== null && 'source' in path ? path.source : '';
    const isWritten = typeof source === 'string' && source !== '' && source !== ourDefaults[field];
    github[field] = isWritten ? source : byDefault;
  }
  if (github.deployment !== undefined)
    github.deployment = { autoMerge: true, ...objectOf(github.deployment) };
  return { ...notification, github };
}

function objectOf(value: Json | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}

const address = /0x[0-9a-f]{9,16}/;

/** Whether the texts differ only where the engine printed an address in memory, another one each time. */
function isAddress(wanted: string, actual: string): boolean {
  if (!address.test(wanted)) return false;
  const parts = wanted
    .split(new RegExp(address, 'g'))
    .map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 's').test(actual);
}

/** Without the zero values that Go writes out, or leaves out. */
function meaningful(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(meaningful);
  const entries = Object.entries(value)
    .map(([name, item]) => [name, meaningful(item)] as const)
    .filter(([name, item]) => !isZero(item) && !(name === 'deliveryPolicy' && item === 'Post'));
  return Object.fromEntries(entries);
}

function isZero(value: Json): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0;
  return value === '' || value === false || value === null;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
