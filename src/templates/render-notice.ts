/** The notification of a message that has an end: by its templates or by the default, with why it comes again. */
import type { JsonObject, Notification } from '../model.ts';
import { schemaOf } from '../services/schemas.ts';
import { defaultNotification } from './default-message.ts';
import type { NoticeInput } from './notice-values.ts';
import { lineOf, type OngoingInput, type Print, subjectOf } from './notice-words.ts';
import { type RenderOptions, type RenderResult, renderNotification } from './render.ts';
import type { Template, TemplateVars } from './template.ts';

interface Options extends RenderOptions {
  /** The `context` of the configuration. */
  context: Readonly<Record<string, string>>;
  /** It is sent as if nothing had been sent of it before. */
  isFirst: boolean;
  /** What begins a new line in a message. @defaultValue a line feed */
  lineBreak?: string;
}

export function renderNotice(
  templates: readonly Template[],
  vars: TemplateVars,
  notice: NoticeInput,
  options: Options,
): RenderResult {
  if (!isOngoing(notice)) return renderNotification(templates, vars, options);
  const print = printer(options);
  const { now } = vars;
  const { lineBreak = '\n' } = options;
  const context = new Map(Object.entries(options.context));
  const rendered: RenderResult =
    templates.length > 0
      ? renderNotification(templates, vars, options)
      : {
          ok: true,
          notification: defaultNotification(notice, {
            serviceType: options.serviceType,
            print,
            now,
            argocdUrl: context.get('argocdUrl') ?? '',
            lineBreak,
          }),
          warnings: [],
        };
  if (!rendered.ok) return rendered;
  const line = lineOf(notice, now);
  const isTold = templates.length === 0 || saysItself(templates, notice, options.isFirst);
  const { message, section } = rendered.notification;
  const isGroup = notice.ongoing.groupLabels !== undefined;
  const notification: Notification = {
    message: isTold ? message : led(message, line, lineBreak),
    ...(section ? { section: isTold ? section : ledSection(section, line, lineBreak, options) } : {}),
    ...(isTold ? {} : { lead: line }),
    ...(options.isFirst ? {} : { brief: `${subjectOf(notice, print)}: ${line}` }),
    ...(isGroup ? { replaces: true } : {}),
  };
  return { ...rendered, notification };
}

/** What a service shows in place of the message begins with it, too. */
function ledSection(
  section: JsonObject,
  line: string,
  lineBreak: string,
  { serviceType }: RenderOptions,
): JsonObject {
  const field = schemaOf(serviceType)?.section?.messageField;
  const text = field === undefined ? undefined : section[field];
  if (field === undefined || typeof text !== 'string' || text === '') return section;
  return { ...section, [field]: led(text, line, lineBreak) };
}

/** HTML stays HTML: the line goes into its body. */
function led(text: string, line: string, lineBreak: string): string {
  if (text === '') return line;
  if (!/^\s*</.test(text)) return `${line}${lineBreak}${text}`;
  const at = /<body[^>]*>/i.exec(text);
  const end = at ? at.index + at[0].length : 0;
  return `${text.slice(0, end)}<p>${line}</p>${text.slice(end)}`;
}

function isOngoing(notice: NoticeInput): notice is OngoingInput {
  return notice.ongoing !== undefined;
}

/**
 * Whether nothing has to be added to what the templates say: of a first message, of an end that has templates of its
 * own, and where they read the reason. A template that knows of one Application says nothing of a whole group.
 */
function saysItself(templates: readonly Template[], notice: OngoingInput, isFirst: boolean): boolean {
  const { ongoing, reason, alerts } = notice;
  const isGroup = ongoing.groupLabels !== undefined;
  const reads = (what: RegExp) =>
    templates.some(({ strings }) => strings.some(({ source }) => what.test(source)));
  const isAcknowledged = alerts.some(({ lifecycle }) => lifecycle?.acknowledged);
  if (isFirst && reason === 'first' && !isAcknowledged)
    return !isGroup || ongoing.firing < 2 || reads(ofAlerts) || reads(ofReason);
  if (ongoing.state === 'resolved' && !isGroup) return true;
  return reads(ofReason);
}

const ofReason = /\balert\.reason\b|\{\{-?\s*\$?\.reason\b|[\s(]\$\.reason\b|\{\{[{#^&]?\s*reason\b/;
const ofAlerts =
  /[\s({$]\.(?:alerts|firing|counts|truncated)\b|\{\{[{#^&]?\s*(?:alerts|firing|counts|truncated)\b/;

/** Values of the cluster mention nobody. In Slack's text three characters have a meaning, of which all links are made. */
function printer({ serviceType, filterValue }: RenderOptions): Print {
  if (serviceType === 'slack')
    return (value) => value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return (value) => filterValue?.(value, { preceding: '', isForeign: () => true }) ?? value;
}
