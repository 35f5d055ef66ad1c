import { serviceSchema } from './schema.ts';

export const pagerduty = serviceSchema({
  type: 'pagerduty',
  product: 'PagerDuty',
  options: {
    token: {
      kind: 'token',
      required: 'Set token: $pagerduty-token and put an API key into the Secret.',
    },
    from: { kind: 'header' },
    serviceId: { kind: 'text', ignored: true },
  },
  section: { merge: 'set', fields: { title: 'text', body: 'text', urgency: 'text', priorityId: 'text' } },
  recipient: {
    noun: 'service id',
    required: 'the id of a PagerDuty service',
    fault: (recipient) =>
      recipient === '' ? { what: 'is missing', fix: 'Write the id of a PagerDuty service.' } : undefined,
  },
});
