import { parseArgs } from 'node:util';

const options = {
  /** Rows by the names of their files; all. */
  only: { type: 'string', multiple: true },
  rounds: { type: 'string', default: '3' },
  /** Renews bench/baseline.json. */
  write: { type: 'boolean', default: false },
  applications: { type: 'string', default: '10000' },
  /** Of the burst. */
  changes: { type: 'string', default: '1000' },
  /** Of steady changes, 20 a second. */
  seconds: { type: 'string', default: '30' },
  store: { type: 'string', multiple: true, default: ['redis', 'sqlite', 'postgres'] as string[] },
  /** The program of the controller to compare with: `argocd`, or anything that takes the flags of its notifications. */
  peer: { type: 'string' },
  /** Flags for it beside, as one text. */
  'peer-flags': { type: 'string', default: '' },
  /** Another checkout of this repository to measure in place of this one. */
  checkout: { type: 'string' },
  /** Where the profile of the measured process is written. */
  profile: { type: 'string' },
} as const;

/** The flags of `npm run bench`, which every row is given. */
export function flags() {
  const { values } = parseArgs({ options });
  return {
    ...values,
    rounds: Number(values.rounds),
    applications: Number(values.applications),
    changes: Number(values.changes),
    seconds: Number(values.seconds),
  };
}
