import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { fetch } from 'undici';
import type { KubeApiServer } from './kube-apiserver.ts';

/** Priority and fairness let no request of the account through from then on, until the answer is called. */
export async function limit(
  server: KubeApiServer,
  account: { namespace: string; name: string },
): Promise<() => Promise<void>> {
  const priority = '/apis/flowcontrol.apiserver.k8s.io/v1';
  const apiVersion = 'flowcontrol.apiserver.k8s.io/v1';
  const metadata = { name: `none-${randomBytes(4).toString('hex')}` };
  const nothing = { nominalConcurrencyShares: 0, lendablePercent: 0, borrowingLimitPercent: 0 };
  await server.ask('POST', `${priority}/prioritylevelconfigurations`, {
    apiVersion,
    kind: 'PriorityLevelConfiguration',
    metadata,
    spec: { type: 'Limited', limited: { ...nothing, limitResponse: { type: 'Reject' } } },
  });
  const all = ['*'];
  const resourceRules = [{ verbs: all, apiGroups: all, resources: all, namespaces: all, clusterScope: true }];
  const nonResourceRules = [{ verbs: all, nonResourceURLs: all }];
  const subjects = [{ kind: 'ServiceAccount', serviceAccount: account }];
  await server.ask('POST', `${priority}/flowschemas`, {
    apiVersion,
    kind: 'FlowSchema',
    metadata,
    spec: {
      priorityLevelConfiguration: metadata,
      matchingPrecedence: 2,
      rules: [{ subjects, resourceRules, nonResourceRules }],
    },
  });
  const headers = { authorization: `Bearer ${await server.tokenOf(account)}` };
  const status = async () => (await server.fetch('/version', { headers })).status;
  const occupation = occupy(server, headers);
  while ((await status()) !== 429) await delay(50);
  return async () => {
    occupation.abort();
    await server.ask('DELETE', `${priority}/flowschemas/${metadata.name}`);
    while ((await status()) === 429) await delay(50);
  };
}

/**
 * A request at a time whose body never ends: of a level without places the server still lets the only request through,
 * so that there has to be one under way already.
 */
function occupy({ url, dispatcher }: KubeApiServer, authorization: Record<string, string>): AbortController {
  const stopping = new AbortController();
  const { signal } = stopping;
  const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
  const headers = { ...authorization, 'content-type': 'application/json' };
  void (async () => {
    while (!signal.aborted) {
      const body = new ReadableStream({ pull: () => delay(600_000, undefined, { signal }) });
      const asking = { dispatcher, headers, method: 'POST', body, duplex: 'half', signal } as const;
      await fetch(`${url}${path}`, asking).then(
        (answer) => answer.text(),
        () => undefined,
      );
      if (!signal.aborted) await delay(50);
    }
  })();
  return stopping;
}
