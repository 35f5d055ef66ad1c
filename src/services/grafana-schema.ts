import { transport } from './fields.ts';
import { serviceSchema } from './schema.ts';

export const grafana = serviceSchema({
  type: 'grafana',
  product: 'Grafana',
  options: {
    apiUrl: { kind: 'url', required: 'Set apiUrl, such as https://grafana.example.com/api.' },
    apiKey: { kind: 'token', required: 'Set apiKey: $grafana-api-key and put a token into the Secret.' },
    ...transport,
  },
  recipient: { noun: 'tags' },
});
