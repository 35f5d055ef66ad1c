import { createPrivateKey } from 'node:crypto';
import { transport } from './fields.ts';
import { createMarkdownEscape } from './markdown.ts';
import { serviceSchema } from './schema.ts';

/** A line for each source, an empty one for what is no repository of Git. */
const repositories = `{{if .app.spec.sources}}{{range .app.spec.sources}}{{if not (or .chart (hasPrefix "oci://" (toString .repoURL)))}}{{.repoURL}}{{end}}
{{end}}{{else if .app.spec.source}}{{.app.spec.source.repoURL}}{{else if .app.spec.sourceHydrator}}{{.app.spec.sourceHydrator.drySource.repoURL}}{{end}}`;

/** A line for each source, an empty one where nothing has been synced yet. */
const revisions = `{{with .app.status}}{{with .operationState}}{{with .syncResult}}{{if $.app.spec.sources}}{{range .revisions}}{{.}}
{{end}}{{else}}{{with .revision}}{{.}}{{end}}{{end}}{{end}}{{end}}{{end}}`;

/** People and teams, but not the host of an e-mail address. */
const mention = String.raw`(?<=(?<![\w.+-])@)[a-z\d][\w-]*(?:/[\w.-]+)?`;

export const github = serviceSchema({
  type: 'github',
  product: 'GitHub',
  options: {
    appID: {
      kind: 'whole',
      required: 'Set appID to the App ID, a number that the settings of the App show.',
    },
    installationID: {
      kind: 'whole',
      required: 'Set installationID to the number at the end of the address of the installation.',
    },
    privateKey: {
      kind: 'password',
      required: 'Set privateKey: $github-privateKey and put the .pem file of the App into the Secret.',
    },
    enterpriseBaseURL: { kind: 'url', default: 'https://api.github.com' },
    ...transport,
  },
  check({ appID = 0, installationID = 0, privateKey }, report) {
    for (const [name, id] of Object.entries({ appID, installationID })) {
      if (id < 1) report([name], `${name} is no id`, 'Write the number that GitHub shows.');
    }
    if (isPrivateKey(privateKey)) return;
    const fix =
      'Store the .pem file as GitHub gave it, with its line breaks, and write privateKey: $<its key>.';
    report(['privateKey'], 'privateKey is no RSA key in PEM form', fix);
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
      pullRequestComment: { content: 'text', commentTag: 'text' },
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
    defaults: { repoURLPath: repositories, revisionPath: revisions },
    json: ['repositoryDispatch.client_payload'],
  },
  rendering: {
    // Markdown are comments, and the summary and the text of a check run.
    filterValue: createMarkdownEscape({ crowds: [mention], html: true }),
    plainFields: [
      'message',
      'repoURLPath',
      'revisionPath',
      'status.*',
      'deployment.*',
      'pullRequestComment.commentTag',
      'checkRun.*',
      'checkRun.output.title',
      'repositoryDispatch.*',
    ],
  },
  recipient: { noun: 'recipient' },
  // GitHub takes 80 writes a minute.
  pace: { perSecond: 1, burst: 30 },
});

function isPrivateKey(text: string): boolean {
  try {
    return createPrivateKey(text).asymmetricKeyType === 'rsa';
  } catch {
    return false;
  }
}
