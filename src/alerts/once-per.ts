import type { ConditionResult } from '../model.ts';

/** How a oncePer that answers nil is printed, as argocd-notifications does. */
export const nil = '<nil>';

/** The value that tells the alerts of a condition apart, '' without oncePer. */
export function oncePerValue({
  oncePer,
}: Pick<Extract<ConditionResult, { status: 'matched' }>, 'oncePer'>): string {
  if (oncePer.kind === 'value') return oncePer.printed;
  return oncePer.kind === 'nil' ? nil : '';
}

/** No value yet: an alert that has none and then gets one is still the same. */
export function isValueless(oncePer: string): boolean {
  return oncePer === '' || oncePer === nil;
}
