/**
 * Every reason for which nothing is sent, the one that counts first: what keeps Herald from deciding at all, then what has
 * come farthest on its way to a person, then mistakes, then what is as it should be.
 */
export const causeKinds = [
  'no such application',
  'namespace not watched',
  'label selector',
  'not configured',
  'watch forbidden',
  'store away',
  'not leading',
  'bad token',
  'wrong recipient',
  'parked',
  'retried',
  'paced',
  'being sent',
  'silenced',
  'muted',
  'inhibited',
  'grouped',
  'pending',
  'typo',
  'unknown trigger',
  'broken trigger',
  'unknown service',
  'other kind',
  'other controller',
  'condition failed',
  'not refreshed',
  'undecided',
  'matches',
  'not known',
  'told before',
  'imported',
  'told',
  'condition false',
  'no conditions',
  'project not found',
  'unsubscribed',
] as const;
export type CauseKind = (typeof causeKinds)[number];

export interface Cause {
  kind: CauseKind;
  /** One sentence, without a line break. */
  sentence: string;
  /** What to do about it, where something is to be done. */
  mend?: string;
}
