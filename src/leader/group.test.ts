import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { GroupRule } from '../alerts/rules.ts';
import type { OngoingNotice } from '../ledger/rows.ts';
import type { JsonObject } from '../model.ts';
import { renderNotice } from '../templates/render-notice.ts';
import { compileTemplate } from '../templates/schema.ts';
import { templateVars } from '../templates/vars.ts';
import { firingAlert } from '../testing/firing-alert.ts';
import { toldDelivery } from '../testing/told.ts';
import { accounted, isUnaccounted, opensAt, restoreGroup } from './group.ts';

const now = Date.UTC(2026, 0, 1, 12);
const minute = 60_000;
const alert = (name: string) =>
  firingAlert(now, {
    key: `key-${name}`,
    trigger: 'on-sync-status-unknown',
    application: { uid: `uid-${name}`, namespace: 'argocd', name, project: 'retail' },
    severity: 'warning',
    labels: { team: 'payments' },
    since: now - 10 * minute,
    firedAt: now - 9 * minute,
    resolved: [],
  });
const notice: OngoingNotice = {
  configNamespace: 'argocd',
  destination: { service: 'console', recipient: 'ops' },
  groupLabels: { trigger: 'on-sync-status-unknown' },
  createdAt: now,
  told: { at: now, root: 'r', delivery: 'd', firing: { 'key-shop': 'warning' }, acknowledged: [] },
  held: { 'key-cart': { by: 'mute', id: 'muteTimes 1' } },
};

function restored() {
  const group = restoreGroup(
    'key',
    notice,
    new Map(['shop', 'cart'].map((name) => [`key-${name}`, alert(name)])),
  );
  const [member] = group.members.values();
  if (!member) throw new Error('The group has no member');
  return { group, member };
}

it('a group that a term begins with has the alerts that it told or holds, of Applications that nobody has seen', () => {
  const { group, member } = restored();
  expect([...group.members.keys()]).toEqual(['key-shop', 'key-cart']);
  expect(isUnaccounted(group)).toBe(true);
  expect(member.resolves).toBe(true);
  expect(member.object).toEqual({
    metadata: { namespace: 'argocd', name: 'shop', uid: 'uid-shop' },
    spec: { project: 'retail' },
  });
});

it('an alert of whose Application no more is known than itself keeps its labels, so that rules hold for it', () => {
  const expected = {
    trigger: ['on-sync-status-unknown'],
    severity: ['warning'],
    project: ['retail'],
    name: ['shop'],
    namespace: ['argocd'],
    team: ['payments'],
    service: ['console'],
    recipient: ['ops'],
  };
  const seen: unknown[] = [];
  const rule = { groupWait: 1, groupInterval: 2 } as GroupRule;
  const { member } = restored();
  const known = accounted(member, undefined, (labels) => {
    seen.push(Object.fromEntries(Object.keys(expected).map((label) => [label, labels(label)])));
    return rule;
  });
  expect(seen).toEqual([expected]);
  expect(known).toMatchObject({ rule, object: member.object });
  expect(known.isUnaccounted).toBeUndefined();
});

it('and what the ledger has of it counts where there is something', () => {
  const { member } = restored();
  const record: JsonObject = { metadata: { name: 'shop' }, spec: { project: 'other' } };
  expect(accounted(member, record, () => undefined).object).toBe(record);
});

it.each<[what: string, text: string | undefined]>([
  ['the default digest', undefined],
  [
    'the shipped template',
    readFileSync(
      join(import.meta.dirname, '../../config/components/incident-groups/apps-not-comparable.yaml'),
      'utf8',
    ),
  ],
])('is told of by name all the same, firing and at its end: %s', (_what, text) => {
  const { member } = restored();
  const compiled = text === undefined ? undefined : compileTemplate('t', text);
  expect(compiled?.problems ?? []).toEqual([]);
  const templates = compiled?.template ? [compiled.template] : [];
  for (const serviceType of ['slack', 'email', 'teams', 'console']) {
    for (const state of ['firing', 'resolved'] as const) {
      const end = state === 'resolved' ? { endedAt: now, why: 'application deleted' as const } : {};
      const delivery = {
        ...toldDelivery(now, {
          reason: state === 'firing' ? 'repeated' : 'all resolved',
          ongoing: { groupLabels: { trigger: 'on-sync-status-unknown' } },
          alerts: [{ name: 'shop', state, ...end }],
        }),
        snapshots: [member.object],
      } as ReturnType<typeof toldDelivery>;
      const about = { appProject: {}, context: {}, serviceType, recipient: 'ops', now };
      const vars = templateVars({ app: member.object, notice: delivery, ...about });
      const rendered = renderNotice(templates, vars, delivery, {
        serviceType,
        jsonFields: [],
        context: {},
        isFirst: false,
      });
      if (!rendered.ok) throw new Error(rendered.error);
      const printed = JSON.stringify(rendered.notification);
      expect(printed).toContain('shop');
      expect(printed).not.toMatch(/<no value>|<nil>|%!|undefined/);
    }
  }
});

it.each<[what: string, group: Parameters<typeof opensAt>[0], minutes: number]>([
  ['that begins', undefined, 12],
  ['that waits already', { dueAt: now - 9 * minute }, 1],
  ['that has told before', { dueAt: undefined, notice }, 22],
])('what comes to a group %s is told of when that says', (_what, group, minutes) => {
  const rule = { groupWait: 12 * minute, groupInterval: 5 * minute };
  const { since } = alert('shop');
  const at = opensAt(group, rule, { since, firedAt: now });
  expect((at - since) / minute).toBe(minutes);
});
