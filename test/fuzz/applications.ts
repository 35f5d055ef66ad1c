import fc from 'fast-check';
import type { Json, JsonObject } from '../../src/model.ts';
import { halfRight, nastyJson, nastyName, nastyText } from './arbitraries.ts';

const time = fc.constantFrom<Json>('2026-11-22T11:59:00Z', '2026-11-22', 'never', '', 0, null);
const revision = fc.constantFrom<Json>('1a1', '', 'main');
const prefix = 'notifications.argoproj.io';

const annotationName = fc.oneof(
  fc.constantFrom(
    `${prefix}/subscribe.on-health-degraded.slack`,
    `${prefix}/subscribe.slack`,
    `${prefix}/subscriptions`,
    'notified.notifications.argoproj.io',
    'on-deployed.recipients.argocd-notifications.argoproj.io',
    '__proto__',
  ),
  nastyText.map((text) => `${prefix}/subscribe.${text}`),
  nastyText.map((text) => `${prefix}/${text}`),
  nastyText,
);

const annotations = fc
  .array(fc.tuple(annotationName, nastyText), { maxLength: 6 })
  .map((entries) => Object.fromEntries(entries) as JsonObject);

const operationState = halfRight({
  phase: fc.constantFrom<Json>('Succeeded', 'Failed', 'Error', 'Running'),
  message: nastyText,
  startedAt: time,
  finishedAt: time,
  syncResult: halfRight({ revision, revisions: fc.constant<Json>(['a', 'b']), resources: nastyJson }),
  operation: halfRight({ initiatedBy: halfRight({ username: nastyText, automated: fc.boolean() }) }),
});

const status = halfRight({
  health: halfRight({
    status: fc.constantFrom<Json>('Healthy', 'Degraded', 'Progressing', 'Missing'),
    lastTransitionTime: time,
  }),
  sync: halfRight({ status: fc.constantFrom<Json>('Synced', 'OutOfSync', 'Unknown'), revision }),
  summary: halfRight({ images: fc.constant<Json>(['a:1', 'b:2']), externalURLs: nastyJson }),
  conditions: fc.array(halfRight({ type: nastyText, message: nastyText }), { maxLength: 3 }),
  resources: fc.array(halfRight({ kind: nastyText, name: nastyText, health: nastyJson }), { maxLength: 3 }),
  history: fc.array(halfRight({ id: fc.nat(), revision, deployedAt: time }), { maxLength: 3 }),
  reconciledAt: time,
  operationState,
});

const spec = halfRight({
  project: nastyText,
  source: halfRight({ repoURL: nastyText, path: nastyText, targetRevision: nastyText }),
  sources: fc.array(halfRight({ repoURL: nastyText }), { maxLength: 2 }),
  destination: halfRight({ server: nastyText, namespace: nastyText, name: nastyText }),
  syncPolicy: halfRight({ automated: fc.constant<Json>({}), syncOptions: nastyJson }),
});

/** An Application with a name, in every other way as wrong as can be. */
export const badApplication: fc.Arbitrary<JsonObject> = fc
  .record({
    name: nastyName,
    uid: nastyName,
    namespace: fc.oneof(fc.constant<Json>('argocd'), nastyText),
    labels: fc.oneof(fc.dictionary(nastyText, nastyText, { maxKeys: 3 }), nastyJson),
    annotations: fc.oneof({ weight: 5, arbitrary: annotations }, { weight: 1, arbitrary: nastyJson }),
    creationTimestamp: time,
    spec: fc.oneof({ weight: 6, arbitrary: spec }, { weight: 1, arbitrary: nastyJson }),
    status: fc.oneof({ weight: 8, arbitrary: status }, { weight: 1, arbitrary: nastyJson }),
  })
  .map(
    ({ spec: ofSpec, status: ofStatus, ...metadata }): JsonObject => ({
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      metadata: { resourceVersion: '1', ...metadata } as JsonObject,
      spec: ofSpec,
      status: ofStatus,
    }),
  );

/** Much of everything: about 1.5 MB, ten thousand conditions, annotations of 256 KB, deep nesting. */
export function hugeApplications(): Record<string, JsonObject> {
  const base = (metadata: JsonObject, more: JsonObject): JsonObject => ({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: 'huge', uid: 'huge', namespace: 'argocd', resourceVersion: '1', ...metadata },
    spec: { project: 'default', source: { repoURL: 'https://git.example.com/a.git' } },
    ...more,
  });
  const failing = (message: string): JsonObject => ({
    operationState: {
      phase: 'Failed',
      message,
      startedAt: '2026-11-22T11:00:00Z',
      finishedAt: '2026-11-22T11:01:00Z',
    },
    health: { status: 'Degraded' },
    sync: { status: 'OutOfSync', revision: '1a1' },
  });
  const subscribed = (value: string): JsonObject => ({
    annotations: { [`${prefix}/subscribe.on-health-degraded.slack`]: value },
  });
  const many = <T>(count: number, make: (index: number) => T): T[] =>
    Array.from({ length: count }, (_, i) => make(i));
  const annotated = (text: string) =>
    base(
      { annotations: { [`${prefix}/subscriptions`]: text, 'notified.notifications.argoproj.io': text } },
      {},
    );
  const kilobytes = 256 * 1024;
  return {
    'ten thousand conditions': base(subscribed('a'), {
      status: {
        ...failing('x'),
        conditions: many(10_000, (i) => ({ type: 'SyncError', message: `condition ${i} <!here> "quoted"` })),
      },
    }),
    'ten thousand resources': base(subscribed('a'), {
      status: {
        ...failing('x'),
        resources: many(10_000, (i) => ({
          kind: 'Pod',
          name: `pod-${i}`,
          status: 'OutOfSync',
          health: { status: 'Degraded' },
        })),
      },
    }),
    'a message of 1.5 MB': base(subscribed('a'), {
      status: failing('could not <!channel> "apply" \\ 漢字 '.repeat(40_000)),
    }),
    'a message of line breaks': base(subscribed('a'), { status: failing('\n'.repeat(750_000)) }),
    'a message of combining marks': base(subscribed('a'), {
      status: failing(`a${'\u0301'.repeat(700_000)}`),
    }),
    'a message of backslashes': base(subscribed('a'), { status: failing('\\'.repeat(700_000)) }),
    'a message of openings': base(subscribed('a'), { status: failing('<!'.repeat(350_000)) }),
    'a message of mention markers': base(subscribed('a'), {
      status: failing('__SLACK_USER_EMAIL__'.repeat(35_000)),
    }),
    'recipients of 256 KB': base(subscribed('a;'.repeat(kilobytes / 2)), { status: failing('x') }),
    'different recipients of 256 KB': base(subscribed(many(40_000, (i) => i).join(';')), {
      status: failing('x'),
    }),
    'one recipient of 256 KB': base(subscribed('a'.repeat(kilobytes)), { status: failing('x') }),
    'white space of 256 KB': base(subscribed(' '.repeat(kilobytes)), { status: failing('x') }),
    'a list in YAML of 256 KB': annotated(
      '- trigger: [a]\n  destinations: [{service: slack, recipients: [b]}]\n'.repeat(3_900),
    ),
    'brackets of 256 KB': annotated('['.repeat(kilobytes)),
    'braces of 256 KB': annotated('{"a":'.repeat(kilobytes / 5)),
    'a list of lists of 256 KB': annotated(`${'- '.repeat(kilobytes / 2 - 2)}\n- a`),
    'dashes of 256 KB': annotated('- '.repeat(kilobytes / 2)),
    'quotes of 256 KB': annotated('"'.repeat(kilobytes)),
    'notified keys of colons of 256 KB': annotated(JSON.stringify({ [':'.repeat(kilobytes - 10)]: 1 })),
    'aliases of YAML': annotated(
      `a: &a [${'x,'.repeat(100)}]\n${many(200, (i) => `b${i}: &b${i} [*a,*a,*a]`).join('\n')}`,
    ),
    'four thousand annotations': base(
      { annotations: Object.fromEntries(many(4_000, (i) => [`${prefix}/subscribe.on-${i}.slack`, 'a'])) },
      { status: failing('x') },
    ),
    'ten thousand labels': base({ labels: Object.fromEntries(many(10_000, (i) => [`label-${i}`, 'a'])) }, {}),
  };
}
