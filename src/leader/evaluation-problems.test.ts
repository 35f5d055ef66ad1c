import { expect, it } from 'vitest';
import type { ActiveConfig } from '../configurations/configurations.ts';
import { application } from '../testing/fixtures.ts';
import { recordLog } from '../testing/recorded-log.ts';
import { createEvaluationProblems } from './evaluation-problems.ts';

function setUp() {
  const { log, lines } = recordLog();
  const problems = createEvaluationProblems({
    metrics: { setStuckOperation: () => undefined },
    log,
    now: () => 0,
  });
  const warned = () => lines.filter(({ level }) => level === 'warn').map(({ msg }) => msg);
  return { problems, lines, warned };
}

it('says what failed when it is news, and again after it worked', () => {
  const { problems, warned } = setUp();
  const entry = { application: application('a'), failures: '' };
  for (const failures of [['t: x'], ['t: x'], [], ['t: x'], ['t: y']]) problems.failed(entry, failures);
  expect(warned()).toHaveLength(3);
  expect(entry.failures).toBe('t: y');
});

it('of what fails alike for many says a few, and of all as much as a person reads, and that there is more', () => {
  const { problems, lines, warned } = setUp();
  for (let index = 0; index < 100; index += 1)
    problems.failed({ application: application(`a${index}`), failures: '' }, ['t: x']);
  expect([warned().length, lines.length]).toEqual([10, 100]);
  for (let index = 0; index < 100; index += 1)
    problems.failed({ application: application(`a${index}`), failures: '' }, [`t: ${index}`]);
  expect(warned()).toHaveLength(101);
  expect(warned().at(-1)).toBe('More conditions that could not be evaluated are logged at debug level');
});

it('says of a configuration once which trigger it does not hold', () => {
  const { problems, warned } = setUp();
  const [one, other] = [{ namespace: 'a' }, { namespace: 'a' }] as ActiveConfig[];
  for (const active of [one, one, other] as ActiveConfig[]) {
    problems.unknownTrigger(active, 'on-x', application('a'));
  }
  expect(warned()).toHaveLength(2);
});

it('says of an operation without an end once that it has none', () => {
  const { problems, lines } = setUp();
  const stuck = (startedAt: string) => ({
    operationState: { phase: 'Succeeded', startedAt },
    reconciledAt: '2026-01-01T00:30:00Z',
  });
  const entry = { application: application('a', { status: stuck('2026-01-01T00:00:00Z') }) };
  problems.stuck(entry);
  problems.stuck(entry);
  problems.stuck({ ...entry, application: application('a', { status: stuck('2026-01-01T00:01:00Z') }) });
  expect(lines.map(({ startedAt }) => startedAt)).toEqual(['2026-01-01T00:00:00Z', '2026-01-01T00:01:00Z']);
  problems.stuck({ ...entry, application: application('a') });
  expect(lines).toHaveLength(2);
});
