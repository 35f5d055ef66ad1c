import type { Comparison } from '../replay/comparison.ts';
import type { Replayed } from '../replay/replay.ts';
import type { TimelineMessage } from '../replay/timeline.ts';
import { formatted } from './formatted.ts';
import type { ReplayCommandOptions } from './options.ts';
import { formatTable, oneLine, printable } from './table.ts';

type Output = ReplayCommandOptions['output'];

const mostNamed = 3;
const longestText = 80;

/** The messages in their order, and how many they are. */
export function timelineText(replayed: Replayed, output: Output): string {
  const { messages } = replayed;
  if (output === 'json') return formatted({ ...periodOf(replayed), messages: messages.map(jsonOf) }, 'json');
  const rows = messages.map((message) => cellsOf(message, replayed.namespace));
  const table = rows.length === 0 ? '' : `${formatTable([headings, ...rows])}\n`;
  return printable(`${table}${periodText(replayed)}: ${countsText(replayed)}\n`);
}

/** What differs, and a line that counts it. */
export function comparisonText(comparison: Comparison, replayed: Replayed, output: Output): string {
  const { appears, vanishes, moves, differs, merges, splits, same } = comparison;
  if (output === 'json') {
    const pairOf = ({ before, after }: { before: TimelineMessage; after: TimelineMessage }) => ({
      before: jsonOf(before),
      after: jsonOf(after),
    });
    return formatted(
      {
        ...periodOf(replayed),
        same,
        appears: appears.map(jsonOf),
        vanishes: vanishes.map(jsonOf),
        moves: moves.map(pairOf),
        differs: differs.map(pairOf),
        merges: merges.map(({ from, to }) => ({ from: from.map(jsonOf), to: jsonOf(to) })),
        splits: splits.map(({ from, to }) => ({ from: jsonOf(from), to: to.map(jsonOf) })),
      },
      'json',
    );
  }
  const { namespace } = replayed;
  const changes = [
    ...appears.map((to) => ({ at: to.at, rows: [['appears', ...cellsOf(to, namespace)]] })),
    ...vanishes.map((from) => ({ at: from.at, rows: [['vanishes', ...cellsOf(from, namespace)]] })),
    ...moves.map(({ before, after }) => ({
      at: before.at,
      rows: [[`moves ${spanOf(after.at - before.at)}`, ...cellsOf(after, namespace)]],
    })),
    ...differs.map(({ before, after }) => ({
      at: before.at,
      rows: [
        ['was', ...cellsOf(before, namespace)],
        ['is', ...cellsOf(after, namespace)],
      ],
    })),
    ...merges.map(({ from, to }) => ({
      at: from[0]?.at ?? to.at,
      rows: [
        ...from.map((each) => ['merges', ...cellsOf(each, namespace)]),
        [`into (of ${from.length})`, ...cellsOf(to, namespace)],
      ],
    })),
    ...splits.map(({ from, to }) => ({
      at: from.at,
      rows: [
        ['splits', ...cellsOf(from, namespace)],
        ...to.map((each) => [`into (${to.length})`, ...cellsOf(each, namespace)]),
      ],
    })),
  ].sort((a, b) => a.at - b.at);
  const rows = changes.flatMap((change) => change.rows);
  const table = rows.length === 0 ? '' : `${formatTable([['', ...headings], ...rows])}\n`;
  const merged = merges.reduce((sum, { from }) => sum + from.length, 0);
  const split = splits.reduce((sum, { to }) => sum + to.length, 0);
  const counts = [
    [appears.length, 'appear'],
    [vanishes.length, 'vanish'],
    [moves.length, 'move'],
    [differs.length, 'read otherwise'],
    [merged, `merge into ${merges.length}`],
    [splits.length, `split into ${split}`],
    [same, 'stay as they are'],
  ] as const;
  const said = counts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  const verdict = said.length === 0 ? 'no messages' : `of the messages ${said.join(', ')}`;
  return printable(`${table}${periodText(replayed)}: ${verdict}\n`);
}

const headings = ['TIME', 'TO', 'REASON', 'APPLICATIONS', 'TEXT'];

function cellsOf(message: TimelineMessage, namespace: string): string[] {
  const { at, service, recipient, reason, state, error, text } = message;
  const isEnd = state === 'resolved' && reason !== 'all resolved';
  return [
    timeOf(at),
    `${service}:${recipient}`,
    isEnd ? `${reason}, resolved` : reason,
    applicationsOf(message, namespace),
    error === undefined
      ? oneLine(text.trim().split('\n')[0] ?? '', longestText)
      : `NOT SENT: ${oneLine(error, longestText)}`,
  ];
}

function applicationsOf(
  { applications, firing, resolved, groupLabels }: TimelineMessage,
  namespace: string,
): string {
  const names = applications
    .slice(0, mostNamed)
    .map((name) => (name.startsWith(`${namespace}/`) ? name.slice(namespace.length + 1) : name));
  const all = groupLabels ? Math.max(applications.length, firing + resolved) : applications.length;
  return all > names.length ? `${names.join(', ')} and ${all - names.length} more` : names.join(', ');
}

function timeOf(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')}Z`;
}

/** `+5m`, `-1h30m`. */
function spanOf(ms: number): string {
  const seconds = Math.round(Math.abs(ms) / 1_000);
  const parts = [
    [Math.floor(seconds / 3_600), 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ] as const;
  const text = parts.flatMap(([count, unit]) => (count > 0 ? `${count}${unit}` : [])).join('');
  return `${ms < 0 ? '-' : '+'}${text || `${Math.abs(ms)}ms`}`;
}

function periodOf({ from, to, applications, changes, waiting }: Replayed) {
  return {
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    applications,
    changes,
    waiting,
  };
}

function periodText({ from, to, applications, changes }: Replayed): string {
  return `${timeOf(from)} to ${timeOf(to)}, ${changes} changes, ${applications} Applications at the end`;
}

function countsText({ messages, waiting }: Replayed): string {
  const sent = messages.filter(({ error }) => error === undefined);
  const atStart = sent.filter(({ isAtStart }) => isAtStart).length;
  const lost = messages.length - sent.length;
  return [
    `${sent.length} ${sent.length === 1 ? 'message' : 'messages'}`,
    ...(atStart > 0 ? [`${atStart} of them at the start`] : []),
    ...(lost > 0 ? [`${lost} not sent`] : []),
    ...(waiting > 0 ? [`${waiting} still wait for their turn`] : []),
  ].join(', ');
}

function jsonOf({ at, decidedAt, news: _news, ...message }: TimelineMessage) {
  return { at: new Date(at).toISOString(), decidedAt: new Date(decidedAt).toISOString(), ...message };
}
