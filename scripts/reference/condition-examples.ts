/** An example for each function of conditions, by what it is for. What it comes to is computed. */
import type { ExampleGroup } from './examples.ts';

export const conditionExamples: readonly ExampleGroup[] = [
  {
    title: 'Lists',
    examples: {
      all: `all(app.status.resources, .status == 'Synced')`,
      any: `any(app.status.resources, .health.status == 'Degraded')`,
      none: `none(app.status.conditions, .type == 'ComparisonError')`,
      one: `one(app.status.resources, .health.status == 'Degraded')`,
      filter: `len(filter(app.status.conditions, .type endsWith 'Error'))`,
      map: 'map(app.status.resources, .name)',
      find: `find(app.status.conditions, .type == 'SyncError').message`,
      findIndex: `findIndex(app.status.conditions, .type endsWith 'Warning')`,
      findLast: 'findLast(1..9, # % 4 == 0)',
      findLastIndex: 'findLastIndex([5, 6, 7], # < 7)',
      count: `count(app.status.resources, .health.status != 'Healthy')`,
      sum: 'sum(1..4, # * 10)',
      groupBy: 'groupBy(1..5, # % 2)',
      sortBy: `sortBy(['ccc', 'a', 'bb'], len(#))`,
      reduce: 'reduce(1..4, #acc * #, 1)',
      first: 'first(app.status.summary.images)',
      last: 'last([1, 2, 3])',
      take: 'take([1, 2, 3], 2)',
      reverse: 'reverse([1, 2, 3])',
      uniq: 'uniq([1, 2, 1])',
      concat: 'concat([1, 2], [3])',
      flatten: 'flatten([1, [2, [3]]])',
      sort: `sort([3, 1, 2], 'desc')`,
      len: 'len(app.status.summary.images)',
    },
  },
  {
    title: 'Maps',
    examples: {
      get: `get(app.metadata.labels, 'team')`,
      keys: 'sort(keys(app.metadata.labels))',
      values: 'sort(values(app.metadata.labels))',
      toPairs: `toPairs({'team': 'shop'})`,
      fromPairs: `fromPairs([['team', 'shop']])`,
    },
  },
  {
    title: 'Text',
    examples: {
      string: 'string(42)',
      trim: `trim('  guestbook ')`,
      trimPrefix: `trimPrefix('refs/heads/main', 'refs/heads/')`,
      trimSuffix: `trimSuffix('deploy.git', '.git')`,
      upper: 'upper(app.metadata.name)',
      lower: `lower('OutOfSync')`,
      split: `split(first(app.status.summary.images), ':')`,
      splitAfter: `splitAfter('a,b', ',')`,
      replace: `replace('a-b-c', '-', '.')`,
      repeat: `repeat('ab', 2)`,
      join: `join(['a', 'b'], ', ')`,
      indexOf: `indexOf('guestbook', 'book')`,
      lastIndexOf: `lastIndexOf('a/b/c', '/')`,
      hasPrefix: `hasPrefix(app.metadata.name, 'guest')`,
      hasSuffix: `hasSuffix(app.spec.source.repoURL, '.git')`,
      toJSON: 'toJSON([1, 2])',
      fromJSON: `fromJSON('{"team": "shop"}').team`,
      toBase64: `toBase64('herald')`,
      fromBase64: `fromBase64('aGVyYWxk')`,
    },
  },
  {
    title: 'Numbers',
    examples: {
      int: `int('42') + 1`,
      float: `float('0.5') * 2`,
      abs: 'abs(-3)',
      ceil: 'ceil(1.2)',
      floor: 'floor(1.8)',
      round: 'round(1.5)',
      max: 'max(1, [5, 3])',
      min: 'min(1, [5, 3])',
      mean: 'mean([1, 2, 6])',
      median: 'median([1, 2, 6])',
      bitand: 'bitand(6, 3)',
      bitor: 'bitor(6, 3)',
      bitxor: 'bitxor(6, 3)',
      bitnand: 'bitnand(6, 3)',
      bitshl: 'bitshl(1, 4)',
      bitshr: 'bitshr(16, 2)',
      bitushr: 'bitushr(16, 2)',
      bitnot: 'bitnot(5)',
    },
  },
  {
    title: 'Time',
    examples: {
      now: `now().Sub(date(app.status.operationState.finishedAt)) > duration('5m')`,
      duration: `duration('1h30m').Minutes()`,
      date: `date('2026-01-06T10:01:00Z').Weekday()`,
      timezone: `date('2026-01-06 10:00:00', '2006-01-02 15:04:05', 'Europe/Berlin').In(timezone('UTC')).Hour()`,
    },
  },
  {
    title: 'Types',
    examples: { type: 'type(app.metadata.labels)' },
  },
];

/** Of the namespaces that conditions and templates share; `repo`'s answers come from Argo CD, here from an example. */
export const namespaceExamples: Readonly<Record<string, string>> = {
  'time.Parse': 'time.Parse(app.status.operationState.finishedAt).Year()',
  'time.Now': 'time.Now().Sub(time.Parse(app.status.operationState.startedAt)).Minutes() >= 15',
  'time.Nanosecond': 'time.Nanosecond',
  'time.Microsecond': 'time.Microsecond',
  'time.Millisecond': 'time.Millisecond',
  'time.Second': 'time.Second',
  'time.Minute': 'time.Now().Sub(time.Parse(app.status.reconciledAt)) > 5 * time.Minute',
  'time.Hour': 'time.Hour',
  ...Object.fromEntries(
    `Layout ANSIC UnixDate RubyDate RFC822 RFC822Z RFC850 RFC1123 RFC1123Z RFC3339 RFC3339Nano
      Kitchen Stamp StampMilli StampMicro StampNano`
      .split(/\s+/)
      .map((layout) => [`time.${layout}`, `time.Parse('2026-01-06T10:01:00Z').Format(time.${layout})`]),
  ),
  'strings.ReplaceAll': `strings.ReplaceAll('a-b-c', '-', '.')`,
  'strings.ToUpper': 'strings.ToUpper(app.metadata.name)',
  'strings.ToLower': `strings.ToLower('OutOfSync')`,
  'repo.RepoURLToHTTPS': `repo.RepoURLToHTTPS('git@git.example.com:team/deploy.git')`,
  'repo.FullNameByRepoURL': 'repo.FullNameByRepoURL(app.spec.source.repoURL)',
  'repo.QueryEscape': `repo.QueryEscape('a b&c')`,
  'repo.GetCommitMetadata': 'repo.GetCommitMetadata(app.status.sync.revision).Author',
  'repo.GetAppDetails': `repo.GetAppDetails().Helm.GetParameterValueByName('image.tag')`,
  'sync.GetInfoItem': `sync.GetInfoItem(app, 'reason')`,
};

/** What Herald adds; the history that these ask for is kept in the ledger. */
export const historyExamples: Readonly<Record<string, string>> = {
  changes: `changes(app.status.health.status, '10m') >= 4`,
  operationStartedAfter: `operationStartedAfter(app.metadata.annotations['version'])`,
};
