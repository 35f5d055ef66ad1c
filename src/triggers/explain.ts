/** Why a condition answered what it did: the value of each of its parts. */
import { runeCount, toText } from '../go/bytes.ts';
import { sprint } from '../go/format.ts';
import type { Node } from './expr/ast.ts';
import { type CompileOptions, compilePart } from './expr/compile.ts';
import { CompileError } from './expr/errors.ts';
import { parse } from './expr/parser.ts';
import { print } from './expr/print.ts';
import { Run } from './expr/run.ts';
import type { ConditionVars } from './trigger.ts';

export interface ExplainedPart {
  /** The part as text; spacing and quotes are normalised. */
  text: string;
  /** 1-based offset of the part's operator or name in the source, in characters. */
  column: number;
  /** Which operator its parts are operands of; absent: none of logic. */
  logic?: 'and' | 'or' | 'not';
  /** The value as Go prints it. */
  result: { ok: true; printed: string; isTrue: boolean } | { ok: false; error: string };
  /** Operands of `and` and `or`, sides of a comparison; literals are left out. */
  parts: ExplainedPart[];
}

const LOGIC: Readonly<Record<string, 'and' | 'or'>> = { and: 'and', '&&': 'and', or: 'or', '||': 'or' };
const MAX_PRINTED = 500;

const isLiteral = (node: Node): boolean => {
  if (node.kind === 'array') return node.nodes.every(isLiteral);
  return ['nil', 'bool', 'integer', 'float', 'string', 'bytes', 'constant'].includes(node.kind);
};

/** Operands of a whole chain of the same operator. */
function operands(node: Node, operator: string): Node[] {
  if (node.kind !== 'binary' || node.operator !== operator) return [node];
  return [...operands(node.left, operator), ...operands(node.right, operator)];
}

function partsOf(node: Node): Node[] {
  if (node.kind === 'binary') {
    return Object.hasOwn(LOGIC, node.operator) ? operands(node, node.operator) : [node.left, node.right];
  }
  if (node.kind === 'unary') return [node.node];
  return node.kind === 'conditional' ? [node.condition, node.yes, node.no] : [];
}

function logicOf(node: Node): ExplainedPart['logic'] {
  if (node.kind === 'binary') return LOGIC[node.operator];
  return node.kind === 'unary' && (node.operator === '!' || node.operator === 'not') ? 'not' : undefined;
}

function printed(value: unknown): string {
  try {
    new Run().walk(value);
    const text = toText(sprint(value));
    return text.length > MAX_PRINTED ? `${text.slice(0, MAX_PRINTED)}…` : text;
  } catch {
    return '(too large to print)';
  }
}

function explainNode(
  node: Node,
  vars: ConditionVars,
  options: CompileOptions,
  source: string,
): ExplainedPart {
  const text = print(node);
  const compiled = compilePart(node, source, options);
  const ran = compiled.ok
    ? compiled.program.run(vars)
    : { ok: false as const, error: compiled.error.message };
  const result = ran.ok
    ? { ok: true as const, printed: printed(ran.value), isTrue: ran.value === true }
    : { ok: false as const, error: ran.error };
  const parts = partsOf(node).filter((part) => !isLiteral(part));
  const logic = logicOf(node);
  return {
    text,
    ...(logic === undefined ? {} : { logic }),
    column: runeCount(source.slice(0, node.at)) + 1,
    result,
    parts: parts.map((part) => explainNode(part, vars, options, source)),
  };
}

/**
 * Evaluates an expression and each of its parts by itself; undefined where it does not compile. A part is
 * evaluated even where the whole skips it (`a != nil and a.b == 1`), so its error need not be the whole's.
 */
export function explain(
  source: string,
  vars: ConditionVars,
  options: CompileOptions = {},
): ExplainedPart | undefined {
  try {
    return explainNode(parse(source), vars, options, source);
  } catch (error) {
    if (error instanceof CompileError) return undefined;
    throw error;
  }
}
