/** What templates see: argo-cd's variables and namespaces, and `shared`, which is ours. */
import { createNamespaces } from '../go/namespaces/create.ts';
import type { RepoProvider } from '../go/namespaces/repo.ts';
import { sharedValues } from '../go/namespaces/shared.ts';
import { GoBytes, GoTypedMap } from '../go/value.ts';
import type { JsonObject } from '../model.ts';
import type { TemplateVars } from './template.ts';

export interface TemplateVarsInput {
  app: JsonObject;
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
  const { app, appProject, context, secrets, serviceType, recipient, now, repo, mention } = input;
  const namespaces = createNamespaces({ now: () => now, ...(repo === undefined ? {} : { repo }) });
  const values: Record<string, unknown> = {
    app,
    appProject,
    context: new GoTypedMap(
      'string',
      new Map([['notificationType', serviceType], ...Object.entries(context)]),
    ),
    serviceType,
    recipient,
    shared: sharedValues(app, context, mention),
    ...namespaces,
  };
  if (secrets !== undefined) {
    const entries = Object.entries(secrets).map(([key, value]) => [key, bytesOf(value)] as const);
    values.secrets = new GoTypedMap('bytes', new Map(entries));
  }
  return { values, now };
}
