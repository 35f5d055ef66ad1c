import { parseDocument } from 'yaml';
import {
  compileGroups,
  compileInhibit,
  compileMuteTimes,
  compileSilences,
  noRules,
} from '../../src/alerts/schema.ts';
import type { Config } from '../../src/config/config.ts';
import { parsePrometheusDuration } from '../../src/go/durations.ts';

/** Reads the fields of a lifecycle and the keys of rules until the configuration does. */
export function shim(config: Config, data: Readonly<Record<string, string>>): void {
  const rules = {
    ...noRules,
    silences: compileSilences('silences', data.silences ?? '[]').rules,
    muteTimes: compileMuteTimes('muteTimes', data.muteTimes ?? '[]').rules,
    inhibit: compileInhibit('inhibit', data.inhibit ?? '[]').rules,
    groups: compileGroups('groups', data.groups ?? '[]').rules,
  };
  Object.assign(config, { rules });
  for (const [name, trigger] of config.triggers) {
    const document = parseDocument(data[`trigger.${name}`] ?? '[]');
    if (document.errors.length > 0) continue;
    const raw = document.toJS() as Record<string, unknown>[];
    for (const condition of trigger.conditions) {
      const fields = raw[condition.index] ?? {};
      const ms = (field: string) => parsePrometheusDuration(String(fields[field] ?? ''));
      if (fields.labels) Object.assign(condition, { labels: fields.labels });
      if (!['for', 'keepFiring', 'repeat', 'resolved'].some((field) => field in fields)) continue;
      const resolved = fields.resolved === true ? [] : fields.resolved;
      const lifecycle = {
        for: ms('for') ?? 0,
        keepFiring: ms('keepFiring') ?? 0,
        ...(ms('repeat') === undefined ? {} : { repeat: ms('repeat') }),
        ...(resolved ? { resolved } : {}),
      };
      const since = ({ status }: { status?: { health?: { lastTransitionTime?: string } } }) =>
        Date.parse(status?.health?.lastTransitionTime ?? '') || undefined;
      Object.assign(condition, { lifecycle, since });
    }
  }
}
