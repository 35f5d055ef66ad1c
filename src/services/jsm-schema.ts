import { transport } from './fields.ts';
import { opsAlert } from './ops-alerts-schema.ts';
import { serviceSchema } from './schema.ts';

export const jsm = serviceSchema({
  type: 'jsm',
  product: 'Jira Service Management',
  isHeraldOnly: true,
  options: {
    apiUrl: { kind: 'url', default: 'https://api.atlassian.com/jsm/ops/integration' },
    apiKeys: {
      kind: 'map',
      of: 'token',
      required: 'Set apiKeys: {<name of an integration>: $<key of its API key>}.',
    },
    insecureSkipVerify: transport.insecureSkipVerify,
  },
  check({ apiUrl }, report) {
    const { protocol, pathname } = new URL(apiUrl);
    if (/\/v\d+(?:\/|$)/.test(pathname)) {
      const fix = 'Write it as far as /jsm/ops/integration.';
      report(['apiUrl'], 'apiUrl names a version, which Herald adds', fix, 'warning');
    }
    if (/\/jsm\/ops\/api\//.test(pathname)) {
      const what = 'apiUrl is that of an API which takes no API keys of integrations';
      report(['apiUrl'], what, 'Leave it out: the key says which site is meant.', 'warning');
    }
    if (protocol !== 'https:') {
      report(['apiUrl'], 'apiUrl sends the key without encryption', 'Write it with https.', 'warning');
    }
  },
  section: {
    merge: { ...opsAlert.merge, responders: 'keep' },
    fields: {
      ...opsAlert.fields,
      visibleTo: [{ id: 'text', type: 'text' }],
      responders: [{ id: 'text', type: 'text' }],
    },
  },
  recipient: { noun: 'integration', required: 'a name from apiKeys:', keyedBy: 'apiKeys' },
});
