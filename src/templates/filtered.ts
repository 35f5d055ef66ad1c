/**
 * Rendering with a filter on what is printed. The filter may ask where a character comes from: that is found out by
 * rendering once more with what comes from the cluster marked, and only when a filter asks, which is rare.
 */
import { createAllowance, DEFAULT_LIMITS } from './gotemplate/run.ts';
import { type Marking, markingsFor, markText, unmark } from './marks.ts';
import type { PrintFilter, StringOptions, TemplateVars } from './template.ts';

export type Execution = { ok: true; output: string } | { ok: false; error: { message: string; at: number } };

export interface ExecuteOptions extends StringOptions {
  printed?: (value: string, at: { action: number; start: number }) => void;
  decoded?: (text: string) => string;
}
export type Execute = (vars: TemplateVars, options: ExecuteOptions) => Execution;

interface PrintedValue {
  value: string;
  action: number;
  /** In the output. */
  start: number;
}

type Recorded = { ok: true; output: string; printed: PrintedValue[] } | Extract<Execution, { ok: false }>;

export function executeFiltered(
  execute: Execute,
  filter: PrintFilter,
  vars: TemplateVars,
  options: StringOptions,
): Execution {
  const allowance = options.allowance ?? createAllowance();
  const before = allowance.steps;
  const plain = record(execute, vars, { ...options, allowance });
  if (!plain.ok) return plain;
  const { output, printed } = plain;
  const used = before - allowance.steps;
  const provenance = createProvenance(plain.printed, (marking) => {
    // It takes as much again. Where that is not left, everything counts as foreign.
    if (allowance.steps < 2 * used) return undefined;
    allowance.steps -= used;
    const values = markedValues(vars, marking);
    if (values === undefined) return undefined;
    const again = {
      ...options,
      allowance: { steps: 2 * used, output: DEFAULT_LIMITS.output },
      decoded: (text: string) => markText(text, marking),
    };
    return record(execute, { ...vars, values }, again);
  });

  let filtered = '';
  let done = 0;
  for (const [at, { value, start }] of printed.entries()) {
    filtered += output.slice(done, start);
    done = start + value.length;
    // To look at what precedes, the engine copies it.
    allowance.steps -= filtered.length >> 9;
    if (allowance.steps < 0) return failed(`the template needs more than ${DEFAULT_LIMITS.steps} steps`);
    filtered += filter(value, {
      preceding: filtered,
      isForeign: (index) => provenance(at, index),
    });
    if (filtered.length - done > allowance.output)
      return failed(`the output is longer than ${DEFAULT_LIMITS.output} characters`);
  }
  filtered += output.slice(done);
  allowance.output -= Math.max(0, filtered.length - output.length);
  return { ok: true, output: filtered };
}

/** None where the Application nests beyond the stack: then everything counts as foreign. */
function markedValues(vars: TemplateVars, marking: Marking): TemplateVars['values'] | undefined {
  try {
    return vars.marked?.(marking);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return undefined;
  }
}

function record(execute: Execute, vars: TemplateVars, options: ExecuteOptions): Recorded {
  const printed: PrintedValue[] = [];
  const result = execute(vars, {
    ...options,
    printed: (value, at) => void printed.push({ value, ...at }),
  });
  return result.ok ? { ...result, printed } : result;
}

/**
 * Whether a character of a printed value is foreign. A value that comes out otherwise once it is marked, since the
 * template compares, measures or encodes it, is foreign as a whole; so is everything where other actions print.
 */
function createProvenance(
  plain: readonly PrintedValue[],
  render: (marking: Marking) => Recorded | undefined,
): (at: number, index: number) => boolean {
  const renderings = new Map<Marking, readonly PrintedValue[] | undefined>();
  const known = new Map<string, (index: number) => boolean>();

  function markedValues(marking: Marking): readonly PrintedValue[] | undefined {
    if (!renderings.has(marking)) {
      const result = render(marking);
      const isAlike =
        result?.ok === true &&
        result.printed.length === plain.length &&
        result.printed.every(({ action }, at) => action === plain[at]?.action);
      renderings.set(marking, isAlike ? result.printed : undefined);
    }
    return renderings.get(marking);
  }

  function find(at: number, markings: readonly Marking[]): (index: number) => boolean {
    for (const marking of markings) {
      const value = markedValues(marking)?.[at]?.value;
      if (value === undefined) continue;
      const { text, isMarked } = unmark(value);
      if (text === plain[at]?.value) return isMarked;
    }
    return () => true;
  }

  return (at, index) => {
    const markings = markingsFor(plain[at]?.value ?? '', index);
    const key = `${at} ${markings[0]}`;
    const isForeign = known.get(key) ?? find(at, markings);
    known.set(key, isForeign);
    return isForeign(index);
  };
}

function failed(message: string): Execution {
  return { ok: false, error: { message, at: 0 } };
}
