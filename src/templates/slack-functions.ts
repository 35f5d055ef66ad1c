/**
 * `slackUserByEmail`, `slackChannel`, `slackUserGroup`, named as argo-cd's open pull requests name them. Rendering does
 * no I/O: what they print stands for the mention until Slack's service sends it. Where the destination is no Slack they
 * print the address, `#name` and `@handle`.
 */
import { contextual, type TemplateFunction } from './gotemplate/functions.ts';
import type { FunctionContext } from './gotemplate/run.ts';
import { unmark } from './marks.ts';

/** Of a name that can be looked up: what may stand in a marker. */
const NAME = /^[^\s"\\<>]{1,250}$/;

function mentioning(prefix: '' | '#' | '!', shown: '' | '#' | '@', strip: RegExp): TemplateFunction {
  return contextual('func(string) string', (context: FunctionContext, given: string) => {
    const name = unmark(given).text.trim().replace(strip, '');
    // As it came, so that it is still known for a value of the cluster.
    if (!NAME.test(name)) return `${shown}${given}`;
    return context.mention?.(`${prefix}${name}`) ?? `${shown}${name}`;
  });
}

export const SLACK_FUNCTIONS: Readonly<Record<string, TemplateFunction>> = {
  slackUserByEmail: mentioning('', '', /^$/),
  slackChannel: mentioning('#', '#', /^#/),
  slackUserGroup: mentioning('!', '@', /^@/),
};
