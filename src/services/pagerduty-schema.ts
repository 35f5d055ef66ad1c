import { serviceSchema } from './schema.ts';

export const pagerduty = serviceSchema({
  type: 'pagerduty',
  product: 'PagerDuty',
  pending: true,
  options: {
    token: { kind: 'token' },
    from: { kind: 'text' },
    serviceId: { kind: 'text', ignored: true },
  },
  section: { merge: 'set', fields: { title: 'text', body: 'text', urgency: 'text', priorityId: 'text' } },
  recipient: { noun: 'service id', required: 'the id of a PagerDuty service' },
});
