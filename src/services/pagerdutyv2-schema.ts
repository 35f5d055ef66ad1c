import { serviceSchema } from './schema.ts';

export const pagerdutyv2 = serviceSchema({
  type: 'pagerdutyv2',
  product: 'PagerDuty',
  options: {
    serviceKeys: {
      kind: 'map',
      of: 'token',
      required: 'Set serviceKeys: {<name of a service>: $<key of its integration key>}.',
    },
  },
  section: {
    merge: 'set',
    fields: {
      summary: 'text',
      severity: 'text',
      source: 'text',
      component: 'text',
      group: 'text',
      class: 'text',
      url: 'text',
      dedupKey: 'text',
    },
  },
  recipient: { noun: 'service', required: 'a name from serviceKeys:', keyedBy: 'serviceKeys' },
});
