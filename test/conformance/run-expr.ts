/** Runs the expression vectors: compile error, run error, result, Go types, printed form, triggered. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { toText } from '../../src/go/bytes.ts';
import { sprint } from '../../src/go/format.ts';
import { decodeJson } from '../../src/go/json.ts';
import { goTypeOf } from '../../src/go/typed.ts';
import type { JsonObject } from '../../src/model.ts';
import { compileExpression } from '../../src/triggers/expr/compile.ts';
import { caseVars, type Fixtures, FROZEN_NOW, readFixtures } from './fixtures.ts';
import { typedText } from './typed.ts';
import type { Verdict } from './verdict.ts';

interface Answer {
  compileError: boolean;
  runtimeError: boolean;
  resultType?: string;
  typed?: string;
  printed?: string;
  triggered?: boolean;
}

interface Vector extends Answer {
  name: string;
  group: string;
  expr: string;
  vars?: JsonObject;
  varsRef?: string;
  nondeterministic?: boolean;
  v1_17_8?: Answer;
}

function answer(vector: Vector, fixtures: Fixtures): Answer {
  const compiled = compileExpression(vector.expr);
  if (!compiled.ok) return { compileError: true, runtimeError: false };
  const result = compiled.program.run({ values: caseVars(fixtures, vector, ''), now: FROZEN_NOW });
  if (!result.ok) return { compileError: false, runtimeError: true };
  return {
    compileError: false,
    runtimeError: false,
    resultType: goTypeOf(result.value),
    typed: typedText(result.value),
    printed: toText(sprint(result.value)),
    triggered: result.value === true,
  };
}

/** Where an answer differs from the wanted one; only what the vector states is compared. */
function differences(wanted: Answer, given: Answer): string[] {
  const keys = ['compileError', 'runtimeError', 'resultType', 'typed', 'printed', 'triggered'] as const;
  return keys
    .filter((key) => wanted[key] !== undefined && wanted[key] !== given[key])
    .map((key) => `${key}: wanted ${JSON.stringify(wanted[key])}, got ${JSON.stringify(given[key])}`);
}

/** `file`: an `expr.json`. */
export function runExpr(
  file: string,
  fixturesFile: string = join(dirname(file), 'fixtures.json'),
): Verdict[] {
  const fixtures = readFixtures(fixturesFile);
  const { cases } = decodeJson(readFileSync(file, 'utf8')) as { cases: Vector[] };
  return cases.map((vector) => {
    const { group, name } = vector;
    if (vector.nondeterministic === true)
      return {
        group,
        name,
        status: 'documented',
        detail: 'the order of a map: it changes from run to run in Go',
      };
    try {
      const wrong = differences(vector.v1_17_8 ?? vector, answer(vector, fixtures));
      if (wrong.length === 0) return { group, name, status: 'passed' };
      return { group, name, status: 'failed', detail: `${vector.expr}: ${wrong.join('; ')}` };
    } catch (error) {
      return { group, name, status: 'failed', detail: `${vector.expr}: ${String(error)}` };
    }
  });
}
