import { transport } from './fields.ts';
import { serviceSchema } from './schema.ts';

export const alertmanager = serviceSchema({
  type: 'alertmanager',
  product: 'Alertmanager',
  options: {
    targets: { kind: 'list', of: 'host', default: ['127.0.0.1:9093'] },
    scheme: { kind: 'text', default: 'http' },
    apiPath: { kind: 'text', default: '/api/v2/alerts' },
    basicAuth: {
      kind: 'object',
      fields: { username: { kind: 'text' }, password: { kind: 'password' } },
    },
    bearerToken: { kind: 'token' },
    /** Seconds for one call. */
    timeout: { kind: 'whole', default: 3 },
    ...transport,
  },
  check({ targets, scheme, timeout }, report) {
    if (!/^https?$/.test(scheme)) report(['scheme'], 'scheme is none', 'Write http or https.');
    if (targets.length === 0)
      report(['targets'], 'targets is empty', 'Write at least one host with its port.');
    if (timeout < 1) report(['timeout'], 'timeout is no time', 'Write a number of seconds.');
  },
  section: {
    merge: { labels: 'set', annotations: 'keep', generatorURL: 'set', startsAt: 'set' },
    fields: { labels: 'texts', annotations: 'texts', generatorURL: 'text', startsAt: 'literal' },
    // Of several sources the first.
    defaults: {
      generatorURL:
        '{{with .app.spec.source}}{{.repoURL}}{{else}}{{with .app.spec.sources}}{{(index . 0).repoURL}}{{end}}{{end}}',
    },
    templateName: ['labels', 'alertname'],
  },
  recipient: { noun: 'recipient' },
});
