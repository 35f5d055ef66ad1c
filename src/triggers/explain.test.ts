import { expect, test } from 'vitest';
import { explain } from './explain.ts';
import { conditionVars } from './vars.ts';

const app = {
  metadata: { name: 'shop' },
  status: { health: { status: 'Healthy' }, sync: { status: 'OutOfSync' } },
};
const vars = conditionVars({ app, context: {}, now: 0 });

test('shows the value of each operand and of each side of a comparison', () => {
  const whole = explain(
    "app.status.sync.status == 'Synced' and app.status.health.status in ['Healthy']",
    vars,
  );
  expect(whole?.result).toMatchObject({ ok: true, printed: 'false' });
  expect(whole?.parts.map(({ text, result }) => [text, result.ok && result.printed])).toEqual([
    ['app.status.sync.status == "Synced"', 'false'],
    ['app.status.health.status in ["Healthy"]', 'true'],
  ]);
  expect(whole?.parts[0]?.parts).toEqual([
    {
      text: 'app.status.sync.status',
      column: 17,
      result: { ok: true, printed: 'OutOfSync', isTrue: false },
      parts: [],
    },
  ]);
});

test('names what was nil in the part that failed', () => {
  const whole = explain(
    "app.status.health.status == 'Healthy' and app.status.operationState.phase == 'Running'",
    vars,
  );
  expect(whole?.result).toMatchObject({ ok: false });
  expect(whole?.parts[1]?.result).toMatchObject({
    ok: false,
    error: expect.stringContaining('app.status.operationState is nil: it has no phase') as string,
  });
});

test('takes a chain of one operator apart at once', () => {
  expect(explain('true or app.a or app.b', vars)?.parts.map(({ text }) => text)).toEqual(['app.a', 'app.b']);
});

test('every part runs by itself, whatever the construct', () => {
  const sources = [
    'let x = app.metadata.name; x == "shop" ? any([1, 2], # > 1) : {"a": 1}.a == 1',
    'not ("a" in {a: 1}) and app?.metadata?.["name"][0:2] startsWith "s"',
    'map(app.metadata | keys(), {let y = #; y}) == ["name"] && -1.5 < 2',
    'first(app.list ?? [])?.name not in ["x"]',
  ];
  for (const source of sources) expect(explain(source, vars)?.result, source).toMatchObject({ ok: true });
});

test('an expression that does not compile has no parts', () => {
  expect(explain('app.status ==', vars)).toBeUndefined();
});
