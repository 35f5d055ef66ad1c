/** What is asked of others than the cluster and the store: Slack, Argo CD. */
import type { Config, ServiceConfig } from '../../config/config.ts';
import { isObject, textAt } from '../../json.ts';
import { createHttpClient } from '../../services/http.ts';
import { type InspectedChannel, inspectToken, listChannels } from '../../services/slack/inspect.ts';
import type { SlackOptions } from '../../services/slack/schema.ts';
import { botScopes } from '../../services/slack/scopes.ts';
import { subscribedOf } from '../explain/subscribed.ts';
import type { CommandIo } from '../io.ts';
import { applicationOf, metadataOf, stringsOf } from '../object-values.ts';
import type { DoctorOptions } from '../options.ts';
import type { Source } from '../source.ts';
import type { Finding } from './finding.ts';

export async function slackFindings(
  options: DoctorOptions,
  source: Source,
  config: Config,
  io: CommandIo,
): Promise<Finding[]> {
  const services = [...config.services.values()].filter(({ type }) => type === 'slack');
  if (services.length === 0) return [];
  const recipients = await recipientsOf(options, source, config);
  const findings = services.map((service) => ofSlack(service, recipients.get(service.name) ?? new Set(), io));
  return (await Promise.all(findings)).flat();
}

async function ofSlack(
  { name, settings, key }: ServiceConfig,
  recipients: ReadonlySet<string>,
  io: CommandIo,
): Promise<Finding[]> {
  const options = settings as SlackOptions;
  const check = `Slack token of ${name}`;
  const http = createHttpClient({
    insecureSkipVerify: options.insecureSkipVerify,
    certificatesOf: (host) => io.certificatesOf(host),
  });
  try {
    const token = await inspectToken(http, options);
    if (!token.ok)
      return [
        {
          check,
          status: 'failed',
          what: token.error,
          mend: `Put the bot token (xoxb-…) of the app into the Secret, under the name that ${key} has; or see apiURL and the network.`,
        },
      ];
    const has = (scope: string) => token.scopes.includes(scope);
    const missing = botScopes.filter(({ name: scope }) => !has(scope));
    const ofScopes: Finding[] = missing.map(({ name: scope, without, isNeeded }) => ({
      check: `Slack scope ${scope} of ${name}`,
      status: isNeeded ? 'failed' : 'warning',
      what: `is missing: ${without}`,
      mend: 'Add it to the app under OAuth & Permissions, and install the app again.',
    }));
    const seesPrivate = has('groups:read');
    const types = [
      ...(has('channels:read') ? (['public_channel'] as const) : []),
      ...(seesPrivate ? (['private_channel'] as const) : []),
    ];
    const channels = recipients.size === 0 ? [] : await listChannels(http, options, types);
    return [
      { check, status: 'ok', what: `${token.user} of ${token.team}` },
      ...(missing.length === 0
        ? [{ check: `Slack scopes of ${name}`, status: 'ok' as const, what: 'all are there' }]
        : ofScopes),
      ...(channels === undefined
        ? [
            {
              check: `Slack channels of ${name}`,
              status: 'skipped' as const,
              what: 'the app may not list them, or there are too many',
              mend: 'Grant channels:read and groups:read.',
            },
          ]
        : channelFindings(name, recipients, channels, {
            mayPostPublic: has('chat:write.public'),
            seesPrivate,
          })),
    ];
  } finally {
    await http.close();
  }
}

function channelFindings(
  service: string,
  recipients: ReadonlySet<string>,
  channels: readonly InspectedChannel[],
  { mayPostPublic, seesPrivate }: { mayPostPublic: boolean; seesPrivate: boolean },
): Finding[] {
  const named = (recipient: string) => {
    const name = recipient.replace(/^#/, '');
    return channels.find((channel) => channel.id === name || channel.name === name);
  };
  const bad = [...recipients]
    // People and direct messages are no channels.
    .filter((recipient) => !/^([UWD][A-Z0-9]{8,}|@.+|.+@.+)$/.test(recipient))
    .flatMap((recipient): Finding[] => {
      const check = `Slack channel ${recipient} of ${service}`;
      const channel = named(recipient);
      if (!channel)
        return [
          {
            check,
            status: seesPrivate ? 'failed' : 'warning',
            what: seesPrivate
              ? 'there is no such channel, or it is private and the app is no member'
              : 'there is no such public channel, and private ones are not shown to the app',
            mend: `Correct the name in the subscription, or invite the app${seesPrivate ? '' : ', and grant groups:read'}.`,
          },
        ];
      if (channel.isArchived)
        return [
          { check, status: 'failed', what: 'it is archived', mend: 'Unarchive it, or subscribe another.' },
        ];
      if (channel.isMember || mayPostPublic) return [];
      return [
        {
          check,
          status: 'failed',
          what: 'the app is no member',
          mend: 'Invite it, or grant chat:write.public.',
        },
      ];
    });
  if (bad.length > 0 || recipients.size === 0) return bad;
  const what = `${recipients.size} that are subscribed can be posted to`;
  return [{ check: `Slack channels of ${service}`, status: 'ok', what }];
}

/** Who is subscribed, by the name of the service: by annotations of Applications and AppProjects, and the ConfigMap. */
async function recipientsOf(
  { applicationNamespaces }: DoctorOptions,
  source: Source,
  config: Config,
): Promise<Map<string, Set<string>>> {
  const namespace = source.namespace();
  const everywhere = applicationNamespaces.length > 0;
  const [applications, projects] = await Promise.all([
    source.list('applications', everywhere ? undefined : namespace).catch(() => []),
    source.list('appprojects', namespace).catch(() => []),
  ]);
  const annotationsOf = new Map(
    projects.map((each) => [textAt(each, 'metadata', 'name'), stringsOf(metadataOf(each).annotations)]),
  );
  const found = new Map<string, Set<string>>();
  for (const object of applications) {
    const application = applicationOf(object, namespace);
    const ofProject = annotationsOf.get(application.project) ?? {};
    for (const { destination } of subscribedOf(application, ofProject, config)) {
      const known = found.get(destination.service) ?? new Set();
      found.set(destination.service, known.add(destination.recipient));
    }
  }
  return found;
}

export async function argocdFindings(
  { source: { repoServer } }: DoctorOptions,
  { argocd }: Config,
  asksRepoServer: boolean,
  io: CommandIo,
): Promise<Finding[]> {
  if (argocd) return [await apiFinding(argocd, io)];
  const check = 'repo-server';
  if (!asksRepoServer) return [{ check, status: 'skipped', what: 'no condition or template asks it' }];
  if (!repoServer)
    return [
      {
        check,
        status: 'warning',
        what: 'nobody answers repo functions',
        mend: 'Give --argocd-repo-server, or the key argocd in the ConfigMap.',
      },
    ];
  const isThere = await io.reaches(repoServer.address);
  return [
    isThere
      ? { check, status: 'ok', what: `${repoServer.address} takes connections` }
      : {
          check,
          status: 'failed',
          what: `${repoServer.address} cannot be reached: repo functions stay empty`,
          mend: 'See --argocd-repo-server; a NetworkPolicy of Argo CD lets only its own in: apply the component repo-server-networkpolicy.',
        },
  ];
}

async function apiFinding(argocd: NonNullable<Config['argocd']>, io: CommandIo): Promise<Finding> {
  const check = "Argo CD's API";
  const http = createHttpClient({
    insecureSkipVerify: argocd.insecureSkipVerify,
    certificatesOf: (host) => io.certificatesOf(host),
  });
  try {
    const answer = await http.send(
      {
        method: 'GET',
        url: `${argocd.url.replace(/\/+$/, '')}/api/v1/session/userinfo`,
        headers: { authorization: `Bearer ${argocd.token.trim()}` },
      },
      new AbortController().signal,
    );
    const body = answer.json();
    if (answer.status === 200 && isObject(body) && body.loggedIn === true)
      return { check, status: 'ok', what: `${textAt(body, 'username') || 'the token'} is logged in` };
    return {
      check,
      status: 'failed',
      what:
        answer.status === 200 && isObject(body)
          ? 'its token is not accepted'
          : `answered HTTP ${answer.status}`,
      mend: 'Make a token with argocd account generate-token, and put it into the Secret; see url of argocd in the ConfigMap.',
    };
  } catch (error) {
    return {
      check,
      status: 'failed',
      what: `no answer: ${(error as Error).message}`,
      mend: 'See url of argocd in the ConfigMap, and the network.',
    };
  } finally {
    await http.close();
  }
}
