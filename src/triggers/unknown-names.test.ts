import { expect, test } from 'vitest';
import { unknownNames } from './unknown-names.ts';

const found = (source: string) =>
  unknownNames(source).map(({ name, kind, of, column, suggestion }) =>
    [kind, of === undefined ? name : `${of}.${name}`, column, suggestion ?? '-'].join(' '),
  );

test.each([
  ['foo(app)', ['function foo 1 -']],
  ['lenn(app.x) > 1', ['function lenn 1 len']],
  ['change(app.x, "1h") > 3', ['function change 1 changes']],
  ['time.Now().Sub(time.Parse(app.t)).Minuts() > 5', ['method time.Duration.Minuts 35 Minutes']],
  [
    'app.a != nil and time.Parse(app.t).Adds(time.Minute).Before(time.Now())',
    ['method time.Time.Adds 36 Add'],
  ],
  ['time.now() > time.Hours', ['method time.now 6 Now', 'field time.Hours 19 Hour']],
  ['strings.Replace(app.x, "a", "b")', ['method strings.Replace 9 ReplaceAll']],
  ['ap.status.phase == "x"', ['variable ap 1 app']],
  ['app.status.resources.filter(#.x)', []],
  ['any(app.status.resources, foo(#.kind))', ['function foo 27 -']],
  ['let t = time.Now(); t.Yeer() > 2000', ['method time.Time.Yeer 23 Year']],
  ['(now() - date(app.t)).Hour() > 1', ['method time.Duration.Hour 23 Hours']],
  ['time.Now().Sub(time.Parse(app.t)) > 5 and bar()', ['function bar 43 -']],
  ['let f = app; f.x == 1 and context.a == "" and secrets.b == nil and $env.app != nil', []],
  ['repo.GetCommitMetadata(app.status.sync.revision).Author == shared.initiator', []],
  ['now().Year() > 2000 and time.Now().Hour() < time.Monday', ['field time.Monday 50 -']],
  ['app.metadata.name.toUpper() == "X"', ['method app.toUpper 19 -']],
  ['"unclosed', []],
])('%s', (source, expected) => {
  expect(found(source)).toEqual(expected);
});
