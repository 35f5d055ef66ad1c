import type { SectionSchema } from './schema.ts';

/** What an alert of Opsgenie and of Jira Service Management, which took over its API, both have. */
export const opsAlert = {
  merge: {
    description: 'set',
    priority: 'set',
    alias: 'set',
    note: 'set',
    entity: 'set',
    user: 'set',
    actions: 'keep',
    tags: 'keep',
    details: 'keep',
    visibleTo: 'keep',
  },
  fields: {
    description: 'text',
    priority: 'text',
    alias: 'text',
    note: 'text',
    entity: 'text',
    user: 'text',
    actions: 'list',
    tags: 'list',
    details: 'texts',
  },
} as const satisfies SectionSchema;
