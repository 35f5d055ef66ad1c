/**
 * The fields of a template that belong to a service, as argocd-notifications has them, and how several templates
 * of one `send` list merge. Source: pkg/services of argoproj/notifications-engine; conformance group merge.
 */

/**
 * `text` is a template, `literal` a plain string, `list` one of templates, `texts` a mapping of templates; an object has
 * fields, and a list of one object is a list of such.
 */
export type FieldKind =
  | 'text'
  | 'literal'
  | 'flag'
  | 'list'
  | 'texts'
  | readonly [{ readonly [field: string]: FieldKind }]
  | { readonly [field: string]: FieldKind };

export interface SectionShape {
  /**
   * `replace`: a later section replaces the whole, even with empty fields. `nonEmpty`: each field keeps its last
   * non-empty value. `parts`: each field is replaced as a whole, those of earlier templates stay.
   */
  merge: 'replace' | 'nonEmpty' | 'parts';
  /** Fields by name; `*` stands for names of the user's. */
  fields: { readonly [field: string]: FieldKind };
  /** Fields that know certain words only, the first of which any other means. */
  words?: { readonly [field: string]: readonly [string, ...string[]] };
}

const TEAMS = {
  template: 'text',
  title: 'text',
  summary: 'text',
  text: 'text',
  themeColor: 'text',
  facts: 'text',
  sections: 'text',
  potentialAction: 'text',
} as const;

export const SECTIONS: Readonly<Record<string, SectionShape>> = {
  slack: {
    merge: 'replace',
    fields: {
      username: 'text',
      icon: 'text',
      attachments: 'text',
      blocks: 'text',
      groupingKey: 'text',
      notifyBroadcast: 'flag',
      deliveryPolicy: 'literal',
    },
    words: { deliveryPolicy: ['Post', 'PostAndUpdate', 'Update'] },
  },
  webhook: { merge: 'parts', fields: { '*': { method: 'literal', body: 'text', path: 'text' } } },
  email: { merge: 'nonEmpty', fields: { subject: 'text', body: 'text' } },
  mattermost: { merge: 'replace', fields: { attachments: 'text' } },
  rocketchat: { merge: 'replace', fields: { attachments: 'text' } },
  teams: { merge: 'nonEmpty', fields: TEAMS },
  'teams-workflows': { merge: 'nonEmpty', fields: { ...TEAMS, adaptiveCard: 'text' } },
  googlechat: { merge: 'nonEmpty', fields: { cards: 'text', cardsV2: 'text', threadKey: 'text' } },
  opsgenie: {
    merge: 'replace',
    fields: {
      description: 'text',
      priority: 'text',
      alias: 'text',
      note: 'text',
      actions: 'list',
      tags: 'list',
      visibleTo: [{ id: 'text', type: 'text', name: 'text', username: 'text' }],
      details: 'texts',
      entity: 'text',
      user: 'text',
    },
  },
  github: {
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
        requiredContexts: 'list',
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
  },
  alertmanager: {
    merge: 'replace',
    fields: { labels: 'texts', annotations: 'texts', generatorURL: 'text', startsAt: 'literal' },
  },
  pagerduty: {
    merge: 'replace',
    fields: { title: 'text', body: 'text', urgency: 'text', priorityID: 'text' },
  },
  pagerdutyv2: {
    merge: 'replace',
    fields: {
      summary: 'text',
      severity: 'text',
      source: 'text',
      component: 'text',
      group: 'text',
      class: 'text',
      url: 'text',
      dedupKey: 'text',
    },
  },
  newrelic: {
    merge: 'replace',
    fields: { revision: 'text', changelog: 'text', description: 'text', user: 'text' },
  },
  awssqs: { merge: 'nonEmpty', fields: { messageAttributes: 'texts', messageGroupId: 'text' } },
  gcppubsub: { merge: 'nonEmpty', fields: { attributes: 'texts' } },
};

export const shapeOf = (serviceType: string): SectionShape | undefined =>
  Object.hasOwn(SECTIONS, serviceType) ? SECTIONS[serviceType] : undefined;
