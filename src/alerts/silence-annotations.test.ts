import { describe, expect, it } from 'vitest';
import { parseMoment } from './moment.ts';
import { silenceOfAnnotations, silenceProblems } from './silence-annotations.ts';

const until = 'herald.argoproj.io/silence-until';
const reason = 'herald.argoproj.io/silence-reason';
const told = (annotations: Record<string, string>, labels: Record<string, string> = {}) =>
  silenceProblems({ annotations, labels }).map(
    ({ severity, key, what, fix }) => `${severity} ${key}: ${what}. ${fix}`,
  );

describe('the silence that stands on an object', () => {
  it('is for all that is told of it, until the time', () => {
    expect(
      silenceOfAnnotations({ [until]: '2026-12-01T09:00:00+09:00', [reason]: 'migration' }, 'argocd/shop'),
    ).toEqual({
      silence: {
        id: 'annotation of argocd/shop: migration',
        matchers: [],
        from: Number.NEGATIVE_INFINITY,
        until: Date.parse('2026-12-01T00:00:00Z'),
      },
    });
    expect(silenceOfAnnotations({ [until]: '2026-12-01' }, 'AppProject p').silence?.id).toBe(
      'annotation of AppProject p',
    );
  });

  it.each([[{}], [{ [until]: '' }], [{ [reason]: 'x' }], [{ [until]: '  ' }]])(
    '%j is none',
    (annotations) => {
      expect(silenceOfAnnotations(annotations as Record<string, string>, 'x')).toEqual({});
    },
  );

  it.each(['tomorrow', '2h', '2026-12-01T00:00:00', '2026-13-01T00:00:00Z', '1796083200'])(
    '%s is no time, and silences nothing',
    (text) => {
      const { silence, problem } = silenceOfAnnotations({ [until]: text }, 'x');
      expect(silence).toBeUndefined();
      expect(problem).toMatchObject({
        key: `annotation ${until}`,
        severity: 'error',
        what: expect.stringContaining(text),
      });
    },
  );

  it('repeats no more than the beginning of a long text', () => {
    expect(silenceOfAnnotations({ [until]: 'x'.repeat(10_000) }, 'x').problem?.what.length).toBeLessThan(200);
    const id = silenceOfAnnotations({ [until]: '2026-12-01', [reason]: 'x'.repeat(10_000) }, 'x').silence?.id;
    expect(id?.length).toBeLessThan(200);
  });
});

describe('what is wrong in it', () => {
  it.each([
    [
      { [until]: 'soon' },
      [
        `error annotation ${until}: "soon" is no time, so nothing is silenced. Write it with its zone, such as 2026-12-01T00:00:00Z.`,
      ],
    ],
    [
      { [reason]: 'x' },
      [`warning annotation ${reason}: it is a reason, and nothing says until when. Add ${until}.`],
    ],
    ...[
      'herald.argoproj.io/silenceUntil',
      'herald.argoproj.io/silence_until',
      'herald.argoproj.io/silence-untill',
      'herald.argoproj.io/silence.until',
      'heralds.argoproj.io/silence-until',
      'notifications.argoproj.io/silence-until',
      'silence-until',
    ].map((name): [Record<string, string>, string[]] => [
      { [name]: '2026-12-01' },
      [
        `warning annotation ${name}: the annotation looks like a silence, but is none and is ignored. Did you mean ${until}?`,
      ],
    ]),
  ] as [Record<string, string>, string[]][])('%j', (annotations, problems) => {
    expect(told(annotations)).toEqual(problems);
  });

  it('is a label in place of an annotation', () => {
    expect(told({}, { [until]: '2026-12-01' })).toEqual([
      `warning label ${until}: it is a label, and silences are read from annotations only. Move it to metadata.annotations.`,
    ]);
  });

  it.each([
    [{ [until]: '2026-12-01T00:00:00Z', [reason]: 'x' }],
    [{ [until]: '2020-01-01T00:00:00Z' }],
    [
      {
        'notifications.argoproj.io/subscribe.on-deployed.slack': 'a',
        'argocd.argoproj.io/sync-wave': '1',
        silence: 'x',
      },
    ],
    [{ 'grafana.com/silence-until': 'x', 'example.com/silence-reason': 'x' }],
  ] as Record<string, string>[][])('nothing of %j', (annotations) => {
    expect(told(annotations)).toEqual([]);
  });
});

it.each([
  ['2026-12-01', '2026-12-01T00:00:00.000Z'],
  ['2026-12-01T10:00Z', '2026-12-01T10:00:00.000Z'],
  ['2026-12-01 10:00:00.5+02:00', '2026-12-01T08:00:00.500Z'],
  ['2026-12-01t10:00:00z', '2026-12-01T10:00:00.000Z'],
  ['2026-12-01 10:00:00 +09:00', '2026-12-01T01:00:00.000Z'],
  ['2028-02-29', '2028-02-29T00:00:00.000Z'],
  ['2026-02-29', undefined],
  ['2026-02-30T00:00:00Z', undefined],
  ['2026-12-01T24:00:00Z', undefined],
  ['2026-12-01T10:00:00', undefined],
  ['2026-12-01T10:00:00 Asia/Seoul', undefined],
  ['', undefined],
])('the time %j', (text, iso) => {
  const time = parseMoment(text);
  expect(time === undefined ? undefined : new Date(time).toISOString()).toBe(iso);
});
