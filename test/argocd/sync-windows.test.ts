import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/model.ts';
import { readSyncWindows, syncWindowsAt } from '../../src/sync-windows.ts';

interface Vector {
  windows: JsonObject[] | null;
  name: string;
  destination: JsonObject;
  at: string;
  startedAt?: string;
  assigned: number[];
  active: number[];
  error?: true;
  automated: boolean;
  manual: boolean;
  goesOn?: boolean;
  until?: string | null;
}

const { cases } = JSON.parse(readFileSync(new URL('sync-windows.json', import.meta.url), 'utf8')) as {
  cases: Vector[];
};
const horizon = 8 * 86_400_000;

function answerTo({ windows, name, destination, at, startedAt }: Vector) {
  const now = Date.parse(at);
  const all = readSyncWindows({ spec: { syncWindows: windows ?? [] } });
  const operationState = {
    phase: 'Running',
    startedAt: startedAt ?? '',
    operation: { initiatedBy: { automated: true } },
  };
  const state = syncWindowsAt(
    { metadata: { name }, spec: { destination }, status: { operationState } },
    all,
    now,
  );
  const until = state.until();
  const indexes = (some: readonly unknown[]) => some.map((window) => all.indexOf(window as never));
  return {
    assigned: indexes(state.assigned),
    active: indexes(state.active),
    error: state.error !== undefined,
    automated: state.canSync,
    manual: state.canSyncManually,
    until: until - now < horizon - 60_000 ? new Date(until).toISOString().replace('.000', '') : null,
    ...(startedAt === undefined ? {} : { goesOn: !state.isOperationBlocked }),
  };
}

describe('sync windows', () => {
  it.each(cases.map((vector, index) => [index, vector] as const))(
    '%i %j stand as in Argo CD',
    (_, vector) => {
      const { assigned, active, error = false, automated, manual, goesOn } = vector;
      const answer = answerTo(vector);
      const { until = answer.until } = vector;
      expect(answer).toEqual({
        assigned,
        active,
        error,
        automated,
        manual,
        until,
        ...(goesOn === undefined ? {} : { goesOn }),
      });
    },
  );
});
