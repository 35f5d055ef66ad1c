/** Which notice tells a destination of an alert. Pure. */
import type { Alert } from '../ledger/rows.ts';
import type { Destination } from '../model.ts';
import { groupKey } from './keys.ts';
import type { LabelValues } from './matcher.ts';
import type { GroupRule } from './rules.ts';

export interface GroupPlace {
  key: string;
  groupLabels: Readonly<Record<string, string>>;
}

/** What every alert has; all of it, with the labels of its condition, tells each alert from the others. */
const everyLabel = [
  'trigger',
  'severity',
  'namespace',
  'name',
  'project',
  'destination',
  'destinationNamespace',
  'repository',
] as const;

/**
 * The group of an alert under a rule: it is keyed by destination and labels, whatever the rule, so that editing the rule
 * re-sends nothing (check 16). A label that is missing is empty (check 14).
 */
export function placeInGroup(
  { groupBy }: Pick<GroupRule, 'groupBy'>,
  alert: Pick<Alert, 'configNamespace' | 'trigger' | 'condition' | 'oncePer' | 'labels' | 'application'>,
  destination: Destination,
  labels: LabelValues,
): GroupPlace {
  const { configNamespace } = alert;
  const names = groupBy === 'all' ? [...everyLabel, ...Object.keys(alert.labels)] : groupBy;
  const pairs = [...new Set(names)].sort().map((name): [string, string] => [name, labels(name).join(', ')]);
  const parts = [JSON.stringify(pairs)];
  if (groupBy === 'all') parts.push(alert.application.uid, alert.condition, alert.oncePer);
  return {
    key: groupKey(configNamespace, destination, parts),
    groupLabels: Object.fromEntries(pairs.filter(([, value]) => value !== '' || groupBy !== 'all')),
  };
}

/** Of a destination: what more messages would have told than its rule allows in a minute. */
export function overflowPlace(configNamespace: string, destination: Destination): GroupPlace {
  return { key: groupKey(configNamespace, destination, ['overflow', '']), groupLabels: {} };
}
