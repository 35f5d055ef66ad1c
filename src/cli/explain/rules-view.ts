/** What the rules of the ConfigMap, and the silences of the store and of annotations, mean for one Application. */
import { labelValues } from '../../alerts/labels.ts';
import { silencesOfRow } from '../../alerts/ledger-silences.ts';
import type { LabelValues } from '../../alerts/matcher.ts';
import { matchesAll } from '../../alerts/matcher.ts';
import { mutedBy, type Silence, silencedBy } from '../../alerts/mutes.ts';
import { placeInGroup } from '../../alerts/routing.ts';
import { createRuleBook } from '../../alerts/rule-book.ts';
import type { GroupRule } from '../../alerts/rules.ts';
import { silenceOfAnnotations } from '../../alerts/silence-annotations.ts';
import type { Config } from '../../config/config.ts';
import type { Alert } from '../../ledger/rows.ts';
import type { Destination } from '../../model.ts';
import type { Condition } from '../../triggers/trigger.ts';
import { metadataOf, stringsOf } from '../object-values.ts';
import type { Context } from './context.ts';
import type { ExplainFacts, Standing } from './facts.ts';

interface Asked {
  config: Config;
  trigger: string;
  condition: Condition;
  destination: Destination;
  /** As the store has it. */
  alert: Alert | undefined;
}

export interface RulesView {
  /** Of what matches and was not told: what the rules hold it back by, or wait for. */
  standing(asked: Asked): Promise<Standing>;
  silences(): Promise<ExplainFacts['silences']>;
}

export function createRulesView({ application, project, acting, facts, ledger, io }: Context): RulesView {
  const now = io.now();
  const { namespace, name, object, annotations } = application;
  const own = [
    silenceOfAnnotations(annotations, `${namespace}/${name}`),
    silenceOfAnnotations(stringsOf(metadataOf(project).annotations), `AppProject ${application.project}`),
  ].flatMap(({ silence }) => (silence ? [silence] : []));
  let asked: Promise<(Silence & { comment: string })[]> | undefined;

  /** Of the store. */
  async function stored(): Promise<(Silence & { comment: string })[]> {
    const rows = (await ledger?.load('silences', ['silence'])) ?? [];
    return rows.flatMap(({ key, value }) =>
      silencesOfRow(key, value).silences.map((silence) => ({ ...silence, comment: value.comment })),
    );
  }

  function labelsOf(
    trigger: string,
    { severity, labels }: Condition,
    destination?: Destination,
  ): LabelValues {
    return labelValues({
      trigger,
      severity,
      labels,
      application,
      object,
      ...(destination ? { destination } : {}),
    });
  }

  async function standing({ config, trigger, condition, destination, alert }: Asked): Promise<Standing> {
    asked ??= stored();
    const labels = labelsOf(trigger, condition, destination);
    const book = createRuleBook(config.rules);
    const predicted = facts ? {} : ({ predicted: true } as const);
    const mute =
      silencedBy([...book.silencesOf(labels), ...(await asked), ...own], labels, now) ??
      mutedBy(book.mutesOf(labels), labels, now);
    if (mute) return { kind: 'held', by: { by: mute.by, id: mute.id }, ...predicted };
    const since = Math.min(condition.since?.(object) ?? now, now);
    const firesAt = since + (condition.lifecycle?.for ?? 0);
    if (!facts && firesAt > now) return { kind: 'pending', since, firesAt, predicted: true };
    const rule = book.group(labels);
    if (!rule || (facts && !alert)) return { kind: 'none' };
    const toldAt = alert && (await groupToldAt(rule, alert, destination, labels));
    const first = (alert?.firedAt ?? firesAt) + rule.groupWait;
    const at = toldAt === undefined ? first : Math.max(first, toldAt + rule.groupInterval);
    const index = config.rules.groups.indexOf(rule) + 1;
    return { kind: 'grouped', rule: ruleText(rule, index), at, ...predicted };
  }

  async function groupToldAt(
    rule: GroupRule,
    alert: Alert,
    destination: Destination,
    labels: LabelValues,
  ): Promise<number | undefined> {
    const { key } = placeInGroup(rule, alert, destination, labels);
    const rows = (await ledger?.load(key, ['ongoing'])) ?? [];
    return rows[0]?.value.told?.at;
  }

  return {
    standing,
    async silences() {
      asked ??= stored();
      const active = ({ from, until }: Silence) => from <= now && now <= until;
      const ofApplication = acting.flatMap(({ config }) =>
        [...config.triggers.values()].flatMap((trigger) =>
          trigger.conditions.map((condition) => labelsOf(trigger.name, condition)),
        ),
      );
      // Of a recipient or a service nobody knows here.
      const concerns = ({ matchers }: Silence) => {
        const some = matchers.filter(({ label }) => label !== 'service' && label !== 'recipient');
        return ofApplication.some((labels) => matchesAll(some, labels));
      };
      const rules = acting.flatMap(({ config }) =>
        createRuleBook(config.rules).silences.map((silence, index) => ({
          ...silence,
          comment: config.rules.silences[index]?.comment ?? '',
        })),
      );
      return [...own.map((silence) => ({ ...silence, comment: '' })), ...rules, ...(await asked)]
        .filter((silence) => active(silence) && (silence.matchers.length === 0 || concerns(silence)))
        .map(({ id, until, comment }) => ({ id, until, comment }));
    },
  };
}

function ruleText({ entry, groupBy }: GroupRule, index: number): string {
  const labels = groupBy === 'all' ? 'every label' : groupBy.join(', ');
  return `groups ${entry ?? index}${labels === '' ? '' : `, by ${labels}`}`;
}
