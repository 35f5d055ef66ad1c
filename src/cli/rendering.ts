import { randomBytes } from 'node:crypto';
import { PassThrough } from 'node:stream';
import type { Lookup } from '../argocd/lookup.ts';
import { renderWithRepo } from '../argocd/rendering.ts';
import { jsonFaults } from '../config/check-renderings.ts';
import type { Config } from '../config/config.ts';
import { sampleNotice } from '../config/sample-notice.ts';
import { createLog } from '../log.ts';
import type { Application, JsonObject, Notification } from '../model.ts';
import { createService, type ServiceDeps } from '../services/registry.ts';
import { renderingOf } from '../services/schema.ts';
import { schemaOf, schemas } from '../services/schemas.ts';
import { type Scrub, scrubOfSecret } from '../services/secrets.ts';
import { type Presentation, presentationOf, type Service, type ServiceState } from '../services/service.ts';
import { type RenderResult, renderNotification } from '../templates/render.ts';
import type { Template } from '../templates/template.ts';
import { templateVars } from '../templates/vars.ts';
import { CommandFailure, type CommandIo, exitCode } from './io.ts';
import type { LoadedConfig } from './source.ts';
import { printable } from './table.ts';

/** What templates of one command are rendered with. */
export interface RenderContext {
  config: Config;
  loaded: LoadedConfig;
  application: Application;
  appProject: JsonObject;
  /** Who answers repo functions; undefined: nobody, so that their values are empty. */
  argocd: Lookup | undefined;
  io: CommandIo;
}

export interface Address {
  service: string;
  recipient: string;
}

/** `service:recipient`; the recipient may hold further colons. */
export function parseAddress(text: string): Address {
  const colon = text.indexOf(':');
  if (colon === 0)
    throw new CommandFailure(`--recipient ${text} names no service: write it as in slack:channel`);
  return colon < 0
    ? { service: text, recipient: '' }
    : { service: text.slice(0, colon), recipient: text.slice(colon + 1) };
}

/** Renders for one service; `console` stands for no service in particular and gets every section of the templates. */
export async function renderFor(
  address: Address,
  templates: readonly Template[],
  context: RenderContext,
): Promise<{ shown: JsonObject; isBroken: boolean }> {
  const types =
    address.service === 'console'
      ? [...new Set(templates.flatMap(({ sections }) => [...sections.keys()]))]
      : [typeOf(address.service, context.config)];
  const render = (type: string) =>
    rendered(address, templates, presentationFor({ ...address, type }, context), context);
  const first = await render(types[0] ?? 'console');
  const all = [first, ...(await Promise.all(types.slice(1).map(render)))];
  const { message } = first.notification;
  const shown = all.reduce<JsonObject>(
    (before, { notification: { section } }, i) =>
      section ? { ...before, [types[i] ?? '']: section } : before,
    message === '' ? {} : { message },
  );
  return { shown, isBroken: all.some(({ isBroken }) => isBroken) };
}

/**
 * The notification for a service, and whether something in it is no JSON that is meant to be; or a CommandFailure that
 * shows the line of the template at fault.
 */
export async function rendered(
  address: Address,
  templates: readonly Template[],
  service: Presentation & Pick<Service, 'mention'>,
  context: RenderContext,
): Promise<{ notification: Notification; isBroken: boolean }> {
  const { config, loaded, application, appProject, argocd, io } = context;
  const names = templates.map(({ name }) => name);
  const input = {
    app: application.object,
    notice: sampleNotice(application.object, io.now(), names, config.triggers),
    appProject,
    context: config.context,
    secrets: loaded.secret ?? {},
    serviceType: address.service,
    recipient: address.recipient,
    now: io.now(),
    ...(service.mention ? { mention: service.mention } : {}),
  };
  const result = await renderWithRepo(application.kind ? undefined : argocd, application.object, (repo) =>
    renderNotification(templates, templateVars({ ...input, repo }), {
      ...presentationOf(service),
      template: (name) => config.templates.get(name),
    }),
  );
  const scrub = scrubOfSecret(loaded.secret);
  if (!result.ok) throw new CommandFailure(faultText(result, loaded, scrub), { exit: exitCode.negative });
  const { notification, warnings } = result;
  for (const { template, field, what } of warnings) {
    io.stderr(printable(`template.${template}, ${field}: ${scrub(what)}\n`));
  }
  const faults = jsonFaults(service.type, notification.section, config.services);
  for (const { field, language, what } of faults) {
    io.stderr(printable(`${field} is no ${language}: ${scrub(what)}\n`));
  }
  return { notification, isBroken: warnings.length + faults.length > 0 };
}

function faultText(fault: Extract<RenderResult, { ok: false }>, loaded: LoadedConfig, scrub: Scrub): string {
  const { template, field, line, column = 1 } = fault;
  const error = scrub(fault.error);
  const key = `template.${template}`;
  if (line === undefined) return `${key}, ${field}: ${error}`;
  const inFile = loaded.manifest?.position(['data', key], { line, column });
  const file = inFile ? ` (${loaded.manifest?.file}:${inFile.line}:${inFile.column})` : '';
  const source = loaded.configMap[key]?.split('\n')[line - 1];
  const excerpt = source === undefined ? '' : `\n  ${source}\n  ${' '.repeat(Math.max(0, column - 1))}^`;
  return `${key}, ${field}, line ${line}, column ${column}${file}: ${error}${excerpt}`;
}

function typeOf(service: string, config: Config): string {
  const type = config.services.get(service)?.type ?? service;
  if (schemaOf(type) !== undefined) return type;
  const known = [...config.services.keys(), ...schemas.map((schema) => schema.type)];
  throw new CommandFailure(
    `there is no service ${JSON.stringify(service)}: use one of ${[...new Set(known)].join(', ')}`,
  );
}

/** How a type of service has its values rendered; of a configured one, as its options say. */
function presentationFor(
  { service: name, type }: Address & { type: string },
  { config }: RenderContext,
): Presentation {
  const schema = schemaOf(type);
  if (schema === undefined) return { type, jsonFields: [] };
  const configured = config.services.get(name);
  const settings = configured?.type === type ? configured.settings : undefined;
  // A mention is shown as the address: what stands for it is of use to the service alone.
  return renderingOf(schema, name, settings as Record<string, never> | undefined);
}

/** A configured service that sends. */
export function serviceFor(name: string, { config, io }: RenderContext): Service {
  const source = config.services.get(name);
  if (!source) {
    const errors = config.problems.filter(({ key, severity }) => severity === 'error' && isKeyOf(key, name));
    const why = errors.map(({ key, what }) => `${key}: ${what}`).join('; ');
    const has = [...config.services.keys(), 'console'].join(', ');
    const message = why === '' ? `there is no service ${JSON.stringify(name)}; there are: ${has}` : why;
    throw new CommandFailure(message, { exit: exitCode.negative });
  }
  const { service, problems } = createService(source, serviceDeps(io));
  if (service) return service;
  const why = problems.map(({ what, fix }) => `${what}. ${fix}`).join(' ');
  throw new CommandFailure(`service ${name} cannot be used: ${why}`, { exit: exitCode.negative });
}

function isKeyOf(key: string, service: string): boolean {
  return /^(?:herald\.)?service\./.test(key) && key.endsWith(`.${service}`);
}

function serviceDeps(io: CommandIo): ServiceDeps {
  return {
    log: createLog({ level: 'warn', format: 'text' }, { write: (text) => io.stderr(text) }),
    state: volatileState(),
    stream: new PassThrough().resume(),
    now: () => io.now(),
    certificatesOf: (host) => io.certificatesOf(host),
  };
}

/** Threads and channel ids of one command; the bridge's are in its store. */
function volatileState(): ServiceState {
  const values = new Map<string, JsonObject>();
  return {
    get: (key) => Promise.resolve(values.get(key)),
    set(key, value) {
      values.set(key, value);
      return Promise.resolve();
    },
  };
}

export function newDeliveryId(): string {
  return randomBytes(20).toString('hex');
}
