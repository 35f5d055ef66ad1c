import { transport } from './fields.ts';
import { serviceSchema } from './schema.ts';

export const incidentio = serviceSchema({
  type: 'incidentio',
  product: 'incident.io',
  isHeraldOnly: true,
  options: {
    url: {
      kind: 'url',
      required: 'Set url to that of the alert source: https://api.incident.io/v2/alert_events/http/<id>.',
    },
    token: {
      kind: 'token',
      required: 'Set token: $incidentio-token and put the token of the alert source into the Secret.',
    },
    insecureSkipVerify: transport.insecureSkipVerify,
  },
  check({ url }, report) {
    const { pathname, searchParams } = new URL(url);
    if (searchParams.has('token')) {
      const fix = 'Leave it out of url, write it as token, and keep it in the Secret.';
      report(['url'], 'url holds the token', fix);
    } else if (!/\/alert_events\/http\/[^/]+\/?$/.test(pathname)) {
      const fix = 'Take it from the alert source: https://api.incident.io/v2/alert_events/http/<id>.';
      report(['url'], 'url is none of an alert source for HTTP', fix, 'warning');
    }
  },
  section: {
    merge: { description: 'set', deduplicationKey: 'set', sourceUrl: 'keep', metadata: 'keep' },
    fields: { description: 'text', deduplicationKey: 'text', sourceUrl: 'text', metadata: 'texts' },
  },
  recipient: { noun: 'recipient' },
});
