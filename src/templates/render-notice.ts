/** The notification of a message that has an end: by its templates or by the default, with why it comes again. */
import type { Notification } from '../model.ts';
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
          }),
          warnings: [],
        };
  if (!rendered.ok) return rendered;
  const line = lineOf(notice, now);
  const isTold = templates.length === 0 || saysItself(templates, notice, options.isFirst);
  const { message, section } = rendered.notification;
  const isGroup = notice.ongoing.groupLabels !== undefined;
  const notification: Notification = {
    message: isTold ? message : message === '' ? line : `${line}\n${message}`,
    ...(section ? { section } : {}),
    ...(isTold ? {} : { lead: line }),
    ...(options.isFirst ? {} : { brief: `${subjectOf(notice, print)}: ${line}` }),
    ...(isGroup ? { replaces: true } : {}),
  };
  return { ...rendered, notification };
}

function isOngoing(notice: NoticeInput): notice is OngoingInput {
  return notice.ongoing !== undefined;
}

/**
 * Whether nothing has to be added to what the templates say: of a first message, of an end that has templates of its
 * own, and where they read the reason.
 */
function saysItself(templates: readonly Template[], notice: OngoingInput, isFirst: boolean): boolean {
  const { ongoing, reason } = notice;
  const isAcknowledged = notice.alerts.some(({ lifecycle }) => lifecycle?.acknowledged);
  if (isFirst && reason === 'first' && !isAcknowledged) return true;
  if (ongoing.state === 'resolved' && ongoing.groupLabels === undefined) return true;
  return templates.some(({ strings }) => strings.some(({ source }) => readsReason(source)));
}

const readsReason = (source: string): boolean =>
  /\balert\.reason\b|\{\{-?\s*\$?\.reason\b|[\s(]\$\.reason\b|\{\{[{#^&]?\s*reason\b/.test(source);

/** Values of the cluster mention nobody. In Slack's text three characters have a meaning, of which all links are made. */
function printer({ serviceType, filterValue }: RenderOptions): Print {
  if (serviceType === 'slack')
    return (value) => value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return (value) => filterValue?.(value, { preceding: '', isForeign: () => true }) ?? value;
}
