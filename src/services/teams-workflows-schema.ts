import { transport } from './fields.ts';
import { createMarkdownEscape } from './markdown.ts';
import { serviceSchema } from './schema.ts';
import { cardFields } from './teams-card.ts';

export const teamsWorkflows = serviceSchema({
  type: 'teams-workflows',
  product: 'Microsoft Teams',
  options: {
    recipientUrls: {
      kind: 'map',
      of: 'hook',
      required: 'Set recipientUrls: {<name of a channel>: $<key of the URL of its workflow>}.',
    },
    ...transport,
  },
  check({ recipientUrls }, report) {
    for (const [name, url] of Object.entries(recipientUrls)) {
      const fault = workflowFault(url);
      if (fault) report(['recipientUrls', name], `recipientUrls.${name} ${fault.what}`, fault.fix, 'warning');
    }
  },
  section: {
    merge: 'keep',
    fields: { ...cardFields, adaptiveCard: 'text' },
    messageField: 'text',
    json: ['template', 'facts', 'sections', 'potentialAction', 'adaptiveCard'],
  },
  rendering: {
    filterValue: createMarkdownEscape({}),
    plainFields: ['themeColor', 'summary'],
    lineBreak: '\n\n',
  },
  recipient: { noun: 'channel', required: 'a name from recipientUrls:', keyedBy: 'recipientUrls' },
  pace: { perSecond: 1, burst: 4 },
});

/** Where Microsoft has workflows, now and before. */
const workflows =
  /api\.power(?:automate|platform)\.com|flow\.microsoft\.com|webhook\.office\.com\/workflows|\/powerautomate\/|logic\.azure\.com/i;

/** Why a URL is none of a workflow; goes on from its name. */
export function workflowFault(url: string): { what: string; fix: string } | undefined {
  const { protocol, hostname } = new URL(url);
  const isLocal = hostname === 'localhost' || /^127\.[\d.]+$/.test(hostname);
  if (protocol !== 'https:' && !isLocal) return { what: 'is no https URL', fix: 'Write it with https.' };
  if (workflows.test(url)) return undefined;
  return {
    what: 'is no URL of a workflow',
    fix: 'Take the URL that Teams shows for the workflow; one of an Office 365 connector belongs to service.teams.',
  };
}
