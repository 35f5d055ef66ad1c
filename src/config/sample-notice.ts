import { identityOf, projectOf } from '../application.ts';
import type { DeliveredLifecycle, JsonObject, WellState } from '../model.ts';
import type { NoticeInput } from '../templates/schema.ts';
import type { Condition, Trigger } from '../triggers/trigger.ts';

/**
 * What a message tells that is only tried: an alert of the first condition that names one of the templates. It has
 * ended where the templates tell of its end, or are to be tried with all that an alert can have (`complete`).
 * `now` is Unix milliseconds.
 */
export function sampleNotice(
  app: JsonObject,
  now: number,
  templates: readonly string[],
  triggers: ReadonlyMap<string, Trigger>,
  complete = false,
): NoticeInput {
  const named = (names: readonly string[] = []) => templates.some((name) => names.includes(name));
  const all = [...triggers.values()].flatMap(({ name, conditions }) =>
    conditions.map((condition) => ({ trigger: name, condition })),
  );
  const firing = all.find(({ condition }) => named(condition.send));
  const ending = all.find(({ condition }) => named(condition.lifecycle?.resolved));
  const { trigger = 'trigger', condition } = firing ?? ending ?? {};
  const isOver = complete || (firing === undefined && ending !== undefined);
  const { namespace, name } = identityOf(app);
  return {
    reason: isOver ? 'all resolved' : condition?.lifecycle ? 'first' : 'matched',
    alerts: [
      {
        key: 'sample',
        trigger,
        condition: condition?.id ?? '',
        oncePer: '',
        application: { uid: '', namespace, name, project: projectOf(app) },
        lifecycle: {
          ...lifeOf(condition, now),
          ...(isOver ? end(now) : {}),
          ...(complete ? handled(now) : {}),
        },
        ...(complete ? { lastWell: well(now) } : {}),
      },
    ],
    snapshots: [app],
    observedAt: now,
  };
}

function lifeOf(condition: Condition | undefined, now: number): DeliveredLifecycle {
  const { severity = '', labels = {}, lifecycle } = condition ?? {};
  const since = now - (lifecycle?.for ?? 0);
  return { state: 'firing', severity, labels, since, firedAt: now, changes: [] };
}

const end = (now: number) => ({ state: 'resolved', endedAt: now, why: 'recovered' }) as const;

const well = (now: number): WellState => ({
  revisions: ['8e2d5b7c9a1f03641728394a5b6c7d8e9f012345'],
  images: ['registry.example.com/guestbook:1.4.1'],
  initiator: 'ana',
  since: now,
  until: now,
});

const handled = (now: number) => ({
  changes: [now],
  acknowledged: { at: now, by: 'somebody', comment: 'a comment' },
  silencedBy: ['silence'],
});
