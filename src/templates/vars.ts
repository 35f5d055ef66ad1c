/** What templates see: argo-cd's variables and namespaces, and `shared`, which is ours. */
import { subjectOf } from '../application-set.ts';
import type { TypedFunction } from '../go/function.ts';
import { createNamespaces } from '../go/namespaces/create.ts';
import type { RepoProvider } from '../go/namespaces/repo.ts';
import { authorOf, sharedValues } from '../go/namespaces/shared.ts';
import { syncWindowsValues } from '../go/namespaces/sync-windows.ts';
import { GoBytes, GoTypedMap } from '../go/value.ts';
import type { JsonObject } from '../model.ts';
import { readSyncWindows, syncWindowsAt } from '../sync-windows.ts';
import { type Marking, markText, markValue, unmark } from './marks.ts';
import { type NoticeInput, noticeValues, untoldNotice } from './notice-values.ts';
import type { TemplateVars } from './template.ts';

export interface TemplateVarsInput {
  /** What is told of; an ApplicationSet is `applicationset` to templates, and their `app` is nil. */
  app: JsonObject;
  /** What is told. @defaultValue that `app` has just begun to match */
  notice?: NoticeInput;
  appProject: JsonObject;
  /** The `context` of the configuration. */
  context: Readonly<Record<string, string>>;
  /** Absent under self-service: then a template finds no `secrets`, as in argo-cd. */
  secrets?: Readonly<Record<string, string | Uint8Array>>;
  /** Name of the service (`slack`, `team-a` for `service.slack.team-a`): argo-cd's `serviceType` is the name too. */
  serviceType: string;
  recipient: string;
  /** Unix milliseconds. */
  now: number;
  /** Answers for `repo.GetCommitMetadata` and `repo.GetAppDetails`. */
  repo?: RepoProvider;
  /** What stands for a mention of an e-mail address, see `Service.mention`; absent: the plain address. */
  mention?: (address: string) => string;
}

const encoder = new TextEncoder();

const bytesOf = (value: string | Uint8Array): GoBytes =>
  new GoBytes(typeof value === 'string' ? encoder.encode(value) : value);

export function templateVars(input: TemplateVarsInput): TemplateVars {
  const { mention, app, appProject, now } = input;
  const syncWindows = () => syncWindowsValues(syncWindowsAt(app, readSyncWindows(appProject), now), now);
  return {
    values: valuesOf(input, syncWindows),
    now: input.now,
    ...(mention === undefined ? {} : { mention }),
    marked(marking) {
      // A schedule with marks in it is none.
      const values = valuesOf(markedInput(input, marking), () => markValue(syncWindows(), marking));
      return { ...values, repo: markedAnswers(values.repo as RepoFunctions, marking) };
    },
  };
}

type RepoFunctions = Readonly<Record<string, TypedFunction>>;

/** What these functions make of an address may be decoded of it, and so without the marks that it had. */
function markedAnswers(functions: RepoFunctions, marking: Marking): RepoFunctions {
  const marked = ['FullNameByRepoURL', 'RepoURLToHTTPS'].flatMap((name) => {
    const found = functions[name];
    if (found === undefined) return [];
    const { goType, signature } = found;
    const call = (...args: unknown[]) => markValue(found(...args), marking);
    return [[name, Object.assign(call, { goType, signature })] as const];
  });
  return { ...functions, ...Object.fromEntries(marked) };
}

/**
 * The context, the Secret, and what an alert has of its condition and of people are the operator's, as the template is;
 * all else comes from the cluster.
 */
function markedInput(input: TemplateVarsInput, marking: Marking): TemplateVarsInput {
  const { repo, mention } = input;
  const mark = <T>(value: T): T => markValue(value, marking) as T;
  const plain = (text: string) => unmark(text).text;
  return {
    ...input,
    app: mark(input.app),
    ...(input.notice && { notice: markedNotice(input.notice, mark) }),
    appProject: mark(input.appProject),
    recipient: markText(input.recipient, marking),
    mention: (address) => (mention ? mention(plain(address)) : address),
    ...(repo && { repo: markedRepo(repo, mark, plain) }),
  };
}

function markedNotice(notice: NoticeInput, mark: <T>(value: T) => T): NoticeInput {
  const { ongoing, snapshots, alerts } = notice;
  const [first, ...others] = alerts.map((alert) => {
    const { lifecycle, lastWell } = alert;
    const { silencedBy } = lifecycle ?? {};
    return {
      ...alert,
      ...(lastWell && { lastWell: mark(lastWell) }),
      ...(lifecycle && silencedBy && { lifecycle: { ...lifecycle, silencedBy: mark(silencedBy) } }),
    };
  });
  return {
    ...notice,
    snapshots: mark(snapshots),
    alerts: first ? [first, ...others] : alerts,
    ...(ongoing?.groupLabels && { ongoing: { ...ongoing, groupLabels: mark(ongoing.groupLabels) } }),
  };
}

function markedRepo(
  repo: RepoProvider,
  mark: (value: unknown) => unknown,
  plain: (text: string) => string,
): RepoProvider {
  return {
    commitMetadata: (revision) => mark(repo.commitMetadata(plain(revision))),
    ...(repo.commitMetadataOf && {
      commitMetadataOf: (revisions) => mark(repo.commitMetadataOf?.(revisions.map(plain))),
    }),
    appDetails: (sourceIndex) => mark(repo.appDetails(sourceIndex)),
    ...(repo.unhealthyResources && {
      unhealthyResources: () => mark(repo.unhealthyResources?.()) as JsonObject[],
    }),
  };
}

function valuesOf(input: TemplateVarsInput, syncWindows: () => unknown): TemplateVars['values'] {
  const { app, appProject, context, secrets, serviceType, recipient, now, repo, mention } = input;
  const namespaces = createNamespaces({ now: () => now, ...(repo === undefined ? {} : { repo }) });
  const author = () => authorOf(repo);
  const values: Record<string, unknown> = {
    ...subjectOf(app),
    ...noticeValues(input.notice ?? untoldNotice(app, now), now, author),
    appProject,
    context: new GoTypedMap(
      'string',
      new Map([['notificationType', serviceType], ...Object.entries(context)]),
    ),
    serviceType,
    recipient,
    shared: sharedValues({ app, context, syncWindows, repo, mention }),
    ...namespaces,
  };
  if (secrets !== undefined) {
    const entries = Object.entries(secrets).map(([key, value]) => [key, bytesOf(value)] as const);
    values.secrets = new GoTypedMap('bytes', new Map(entries));
  }
  return values;
}
