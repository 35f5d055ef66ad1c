import { serviceAccountKeyIn } from './gcppubsub/service-account-key.ts';
import { serviceSchema } from './schema.ts';

export const gcppubsub = serviceSchema({
  type: 'gcppubsub',
  product: 'Google Cloud Pub/Sub',
  options: {
    project: { kind: 'text', required: 'Set project to the id of the Google Cloud project.' },
    topic: { kind: 'text' },
    /** Path of a file in Herald's container. */
    keyFile: { kind: 'text' },
    /** Herald's own: what such a file holds, out of the Secret. Its secret part is taken out of errors by the service. */
    key: { kind: 'text' },
  },
  check({ key }, report) {
    if (key === '' || serviceAccountKeyIn(key) !== undefined) return;
    report(
      ['key'],
      'key is no key of a service account',
      'Put the JSON file of the key into the Secret, and refer to it: key: $gcp-key.',
    );
  },
  section: { merge: 'keep', fields: { attributes: 'texts' } },
  recipient: {
    noun: 'topic',
    fault(recipient) {
      if (recipient === '' || topicOf('p', recipient) !== undefined) return undefined;
      return {
        what: 'is no id of a topic',
        fix: 'Write the id alone, or projects/<project>/topics/<topic>.',
      };
    },
  },
});

/** The name of a topic in full; undefined where that is none. */
export function topicOf(project: string, topic: string): string | undefined {
  if (/^projects\/[\w.:-]+\/topics\/[\w.~+%-]+$/.test(topic)) return topic;
  return /^[\w.~+%-]+$/.test(topic) ? `projects/${project}/topics/${topic}` : undefined;
}
