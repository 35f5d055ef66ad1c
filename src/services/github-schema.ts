import { transport } from './fields.ts';
import { serviceSchema } from './schema.ts';

export const github = serviceSchema({
  type: 'github',
  product: 'GitHub',
  pending: true,
  options: {
    /** A number, or a text of digits. */
    appID: { kind: 'any' },
    installationID: { kind: 'any' },
    privateKey: { kind: 'password' },
    enterpriseBaseURL: { kind: 'url' },
    ...transport,
  },
  section: {
    merge: 'parts',
    fields: {
      repoURLPath: 'text',
      revisionPath: 'text',
      status: { state: 'text', label: 'text', targetURL: 'text' },
      deployment: {
        state: 'text',
        environment: 'text',
        environmentURL: 'text',
        logURL: 'text',
        requiredContexts: 'literals',
        autoMerge: 'flag',
        transientEnvironment: 'flag',
        reference: 'text',
      },
      pullRequestComment: { content: 'text', commentTag: 'literal' },
      checkRun: {
        name: 'text',
        details_url: 'text',
        status: 'text',
        conclusion: 'text',
        started_at: 'text',
        completed_at: 'text',
        output: { title: 'text', summary: 'text', text: 'text' },
      },
      repositoryDispatch: { event_type: 'text', client_payload: 'text' },
    },
    json: ['repositoryDispatch.client_payload'],
  },
  recipient: { noun: 'recipient' },
});
