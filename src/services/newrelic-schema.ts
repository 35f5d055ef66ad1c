import { transport } from './fields.ts';
import { serviceSchema } from './schema.ts';

export const newrelic = serviceSchema({
  type: 'newrelic',
  product: 'New Relic',
  options: {
    apiKey: { kind: 'token', required: 'Set apiKey: $newrelic-api-key and put the key into the Secret.' },
    apiURL: { kind: 'url', default: 'https://api.newrelic.com' },
    ...transport,
  },
  section: {
    merge: 'set',
    fields: { revision: 'text', changelog: 'text', description: 'text', user: 'text' },
    defaults: {
      revision: '{{.app.status.operationState.syncResult.revision}}',
      changelog: '{{(call .repo.GetCommitMetadata .app.status.sync.revision).Message}}',
      user: '{{(call .repo.GetCommitMetadata .app.status.sync.revision).Author}}',
    },
  },
  recipient: {
    noun: 'application',
    required: 'the id of an application',
    fault: (recipient) =>
      recipient === '' ? { what: 'is missing', fix: 'Write the id of the application.' } : undefined,
  },
});
