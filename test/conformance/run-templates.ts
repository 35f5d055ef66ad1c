/** Runs the template vectors: parse error, execution error, output byte by byte. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { toBytes, toText } from '../../src/go/bytes.ts';
import { decodeJson } from '../../src/go/json.ts';
import { UTC } from '../../src/go/location.ts';
import type { JsonObject } from '../../src/model.ts';
import { compileGoTemplate } from '../../src/templates/gotemplate/engine.ts';
import { REFUSED, SPRIG_LIBRARY } from '../../src/templates/sprig/functions.ts';
import { caseVars, type Fixtures, FROZEN_NOW, readFixtures } from './fixtures.ts';
import type { Verdict } from './verdict.ts';

interface Vector {
  name: string;
  group: string;
  template: string;
  varsRef?: string;
  vars?: JsonObject;
  parseError: boolean;
  execError: boolean;
  output?: string;
  /** The exact bytes, where they are no UTF-8. */
  outputBase64?: string;
  nondeterministic?: boolean;
}

type Judgement = Omit<Verdict, 'name' | 'group'>;

const PASSED: Judgement = { status: 'passed' };
const failed = (detail: string): Judgement => ({ status: 'failed', detail });

/** `file`: a `templates.json`. */
export function runTemplates(
  file: string,
  fixturesFile: string = join(dirname(file), 'fixtures.json'),
): Verdict[] {
  const fixtures = readFixtures(fixturesFile);
  const { cases } = decodeJson(readFileSync(file, 'utf8')) as { cases: Vector[] };
  return cases.map((vector) => {
    const { name, group } = vector;
    try {
      return { name, group, ...judge(vector, fixtures) };
    } catch (error) {
      return { name, group, ...failed(`throws ${String(error)}`) };
    }
  });
}

function judge(vector: Vector, fixtures: Fixtures): Judgement {
  const compilation = compileGoTemplate('t', vector.template, SPRIG_LIBRARY);
  if (!compilation.ok) {
    if (vector.parseError) return PASSED;
    const refused = [...REFUSED.keys()].find((name) =>
      compilation.error.message.includes(`"${name}" is not available`),
    );
    if (refused === undefined) return failed(`does not compile: ${compilation.error.message}`);
    return { status: 'documented', detail: `${refused} is refused: ${REFUSED.get(refused)}` };
  }
  if (vector.parseError) return failed('compiles, and must not');
  const vars = { ...caseVars(fixtures, vector, 'slack'), serviceType: 'slack', recipient: '#deploys' };
  const execution = compilation.template.execute(vars, { now: FROZEN_NOW, location: UTC });
  if (vector.execError)
    return execution.ok ? failed(`must fail, and prints ${JSON.stringify(execution.output)}`) : PASSED;
  if (!execution.ok)
    return failed(`must print ${JSON.stringify(vector.output)}, and fails: ${execution.error.message}`);
  if (vector.nondeterministic === true)
    return { status: 'documented', detail: 'changes from run to run in Go' };
  return compareOutput(vector, execution.output);
}

function compareOutput(vector: Vector, output: string): Judgement {
  const same =
    vector.outputBase64 === undefined
      ? toText(output) === vector.output
      : Buffer.from(toBytes(output)).toString('base64') === vector.outputBase64;
  return same
    ? PASSED
    : failed(`expected ${JSON.stringify(vector.output)}, got ${JSON.stringify(toText(output))}`);
}
