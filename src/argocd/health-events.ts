/**
 * Which resources an Application's health is due to, as the events tell that Argo CD 3.6 and newer writes about it:
 * `Updated health status: Healthy -> Degraded (Caused by apps/Deployment:default/api)`, of up to three resources.
 */

import type { JsonObject } from '../model.ts';
import type { Answer, ArgocdClient } from './client.ts';
import { describeFailure } from './failure.ts';
import type { HealthQuestion } from './questions.ts';

export interface HealthEventsDeps {
  /**
   * Messages of the events about an Application, the newest first; undefined: they may not be read, which is told
   * elsewhere. May reject.
   */
  readEvents(application: { namespace: string; name: string }): Promise<readonly string[] | undefined>;
}

export function createHealthEvents({
  readEvents,
}: HealthEventsDeps): Pick<ArgocdClient<HealthQuestion>, 'ask'> {
  return {
    async ask({ application, health }): Promise<Answer> {
      try {
        const messages = await readEvents(application);
        if (!messages) return { ok: false, reason: 'unknown', detail: 'has events that Herald may not read' };
        const value = causesIn(messages, health);
        if (value) return { ok: true, value };
        const detail =
          'says in no event which resources are not healthy, as it does from 3.6 on: configure argocd, whose API tells';
        return { ok: false, reason: 'unknown', detail };
      } catch (error) {
        return { ok: false, reason: 'unreachable', detail: describeFailure(error) };
      }
    },
  };
}

const updated = /^Updated health status: \S* -> (\S+)(?: \(Caused by (.*)\))?$/;
const resource = /^(?:([^/:]*)\/)?([^/:]+):(?:([^/:]*)\/)?([^/:]+)$/;

/** Of the last change of health, if it led to this one; undefined where that does not say. */
export function causesIn(messages: readonly string[], health: string): JsonObject[] | undefined {
  for (const message of messages) {
    const [matched, status, causes] = updated.exec(message.trim()) ?? [];
    if (matched === undefined) continue;
    if (status !== health || causes === undefined) return undefined;
    const found = causes.split(/,\s*/).flatMap((cause) => {
      const [, group = '', kind, namespace = '', name] = resource.exec(cause.trim()) ?? [];
      return kind === undefined || name === undefined
        ? []
        : [{ group, kind, namespace, name, health: { status: health, message: '' } }];
    });
    return found.length > 0 ? found : undefined;
  }
  return undefined;
}
