import type { Destination } from '../model.ts';

/**
 * `slack:general` → service and recipient, cut at the first colon only: argocd-notifications drops what follows a
 * second one, so that `webhook:https://…` loses its address (difference d).
 */
export function parseDestination(text: string): Destination {
  const colon = text.indexOf(':');
  if (colon < 0) return { service: text, recipient: '' };
  return { service: text.slice(0, colon), recipient: text.slice(colon + 1) };
}
