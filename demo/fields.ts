/** Values of which Applications are made. */
import type { JsonObject } from '../src/model.ts';

export const syncPolicy: JsonObject = { automated: { prune: true, selfHeal: true } };

export function synced(revision: string): JsonObject {
  return { status: 'Synced', revision };
}

export function imageOf(name: string, version: string): string {
  return `ghcr.io/acme/${name}:${version}`;
}

/** What checkout deploys: its workload and the secret that it reads. */
export function withSecret(status: string, message = ''): JsonObject[] {
  const common = { namespace: 'shop', status: 'Synced' };
  return [
    { ...common, group: 'apps', kind: 'Deployment', name: 'checkout', health: { status: 'Healthy' } },
    {
      ...common,
      group: 'external-secrets.io',
      kind: 'ExternalSecret',
      name: 'checkout-db',
      health: { status, message },
    },
  ];
}

/** Seconds from now, as Kubernetes writes times. */
export function at(seconds: number): string {
  return `${new Date(Date.now() + seconds * 1000).toISOString().slice(0, 19)}Z`;
}

export function ago({
  days = 0,
  hours = 0,
  minutes = 0,
}: Partial<Record<'days' | 'hours' | 'minutes', number>>): string {
  return at(-60 * (minutes + 60 * (hours + 24 * days)));
}

export function short(revision: string): string {
  return revision.slice(0, 7);
}
