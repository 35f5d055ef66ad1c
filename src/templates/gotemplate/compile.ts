/**
 * Parsed template → closures. A closure takes the execution and the dot; nothing is looked up by name at run time
 * but variables, whose stack is dynamic in Go too. Longer than most files: the closures share one compiler.
 */
import { entriesOf, itemsOf } from '../../go/collections.ts';
import { sprint } from '../../go/format.ts';
import { parseSignature, type Signature } from '../../go/function.ts';
import { type GoFunction, GoSlice, goTypeOf } from '../../go/typed.ts';
import { GoInt } from '../../go/value.ts';
import { acceptArgument, acceptLiteral, idealConstant, prepareArgument } from './arguments.ts';
import type {
  BranchNode,
  CommandNode,
  Node,
  Operand,
  ParsedTemplates,
  PipeNode,
  TemplateNode,
} from './ast.ts';
import { printed } from './builtins.ts';
import type { FunctionTable, TemplateFunction } from './functions.ts';
import { ExecutionError, LimitError, type Run, spendWalk } from './run.ts';
import { anyInteger, isTrue, memberOf } from './values.ts';

type Evaluate = (run: Run, dot: unknown) => unknown;
/** `final`: the value that the pipeline passes on, NONE in its first command. */
type EvaluateCommand = (run: Run, dot: unknown, final: unknown) => unknown;
type Walk = (run: Run, dot: unknown) => Jump;
type Jump = typeof GO_ON | typeof BREAK | typeof CONTINUE;

const GO_ON = 0;
const BREAK = 1;
const CONTINUE = 2;
const NONE = Symbol('no value from the pipeline');

export type Body = (run: Run, dot: unknown) => void;

function fail(message: string, at: number): never {
  throw new ExecutionError(message, at);
}

/** Errors of functions become errors of the template; limits pass through with a place. */
function located(error: unknown, name: string, at: number): never {
  if (error instanceof ExecutionError) throw error;
  if (error instanceof LimitError) throw new ExecutionError(error.message, at, { cause: error });
  let reason = error instanceof Error ? error.message : String(error);
  if (error instanceof RangeError && reason.includes('call stack')) reason = 'the value is nested too deeply';
  throw new ExecutionError(`error calling ${name}: ${reason}`, at, { cause: error });
}

/** What it costs to read the arguments of a function: a loop must not have it read much for little. */
function chargeArguments(run: Run, values: readonly unknown[]): void {
  for (const value of values) {
    if (typeof value === 'string') run.spend(value.length >> 3);
    else run.spend((listIn(value)?.length ?? 0) >> 2);
  }
}

function listIn(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value;
  return value instanceof GoSlice ? value.items : undefined;
}

/** What a result costs, and whether it is too large to go on with. */
function chargeResult(run: Run, value: unknown): void {
  if (typeof value === 'string') {
    if (value.length < 256) return;
    run.spend(value.length >> 6);
    if (value.length > run.limits.text)
      throw new LimitError(`a text is longer than ${run.limits.text} characters`);
    return;
  }
  const items = listIn(value);
  if (items === undefined) return;
  run.spend(items.length >> 2);
  if (items.length > run.limits.list) throw new LimitError(`a list is longer than ${run.limits.list}`);
}

export function compileTemplates(parsed: ParsedTemplates, functions: FunctionTable): Body {
  const bodies = new Map<string, Walk>();
  const compiler = createCompiler(functions, (name) => bodies.get(name));
  for (const [name, nodes] of parsed.named) bodies.set(name, compiler(nodes));
  return compiler(parsed.main);
}

function createCompiler(
  functions: FunctionTable,
  body: (name: string) => Walk | undefined,
): (nodes: Node[]) => Walk {
  function compileList(nodes: readonly Node[]): Walk {
    const walks = nodes.map(compileNode);
    const count = walks.length;
    return (run, dot) => {
      for (let at = 0; at < count; at++) {
        const jump = (walks[at] as Walk)(run, dot);
        if (jump !== GO_ON) return jump;
      }
      return GO_ON;
    };
  }

  function compileNode(node: Node): Walk {
    switch (node.type) {
      case 'text': {
        const { text } = node;
        return (run) => {
          run.write(text);
          return GO_ON;
        };
      }
      case 'action':
        return compileAction(node.pipe, node.at);
      case 'if':
      case 'with':
        return compileCondition(node);
      case 'range':
        return compileRange(node);
      case 'template':
        return compileCall(node);
      case 'break':
        return () => BREAK;
      case 'continue':
        return () => CONTINUE;
    }
  }

  function compileAction(pipe: PipeNode, at: number): Walk {
    const evaluate = compilePipe(pipe);
    const declares = pipe.variables.length > 0;
    return (run, dot) => {
      run.spend(1);
      const value = evaluate(run, dot);
      if (declares) return GO_ON;
      if (typeof value === 'function') fail(`can't print a value of type ${goTypeOf(value)}`, at);
      let text: string;
      try {
        spendWalk(run, value);
        text = printed(value);
      } catch (error) {
        return located(error, 'print', at);
      }
      run.printed?.(text, { action: at, start: run.output.length });
      run.write(text);
      return GO_ON;
    };
  }

  function compileCondition(node: BranchNode): Walk {
    const evaluate = compilePipe(node.pipe);
    const list = compileList(node.list);
    const otherwise = node.elseList === undefined ? undefined : compileList(node.elseList);
    const setsDot = node.type === 'with';
    return (run, dot) => {
      run.spend(1);
      const mark = run.mark();
      const value = evaluate(run, dot);
      let jump: Jump = GO_ON;
      if (isTrue(value)) jump = list(run, setsDot ? value : dot);
      else if (otherwise !== undefined) jump = otherwise(run, dot);
      run.pop(mark);
      return jump;
    };
  }

  function compileRange(node: BranchNode): Walk {
    const evaluate = compilePipe(node.pipe);
    const list = compileList(node.list);
    const otherwise = node.elseList === undefined ? undefined : compileList(node.elseList);
    const { variables, isAssign } = node.pipe;
    const [first, second] = variables;

    function bind(run: Run, index: unknown, item: unknown): void {
      if (first === undefined) return;
      if (!isAssign) {
        run.setTop(1, item);
        if (second !== undefined) run.setTop(2, index);
        return;
      }
      run.assign(first, second === undefined ? item : index);
      if (second !== undefined) run.assign(second, item);
    }

    return (run, dot) => {
      run.spend(1);
      const outerMark = run.mark();
      const value = evaluate(run, dot);
      const mark = run.mark();
      let ran = false;
      let stopped: Jump = GO_ON;
      const iterate = (index: unknown, item: unknown): boolean => {
        ran = true;
        run.spend(1);
        bind(run, index, item);
        stopped = list(run, item);
        run.pop(mark);
        return stopped !== BREAK;
      };
      iterateOver(value, second !== undefined, iterate, node.pipe.at);
      let jump: Jump = GO_ON;
      if (!ran && otherwise !== undefined) jump = otherwise(run, dot);
      run.pop(outerMark);
      return jump;
    };
  }

  function compileCall(node: TemplateNode): Walk {
    const evaluate = node.pipe === undefined ? undefined : compilePipe(node.pipe);
    return (run, dot) => {
      run.spend(1);
      const walk = body(node.name);
      if (walk === undefined) return fail(`template ${JSON.stringify(node.name)} not defined`, node.at);
      const inner = evaluate?.(run, dot);
      try {
        run.call(inner, () => walk(run, inner));
      } catch (error) {
        located(error, 'template', node.at);
      }
      return GO_ON;
    };
  }

  function compilePipe(pipe: PipeNode): Evaluate {
    const [first, ...rest] = pipe.commands.map((command, at) => compileCommand(command, at > 0)) as [
      EvaluateCommand,
      ...EvaluateCommand[],
    ];
    const { variables, isAssign, at } = pipe;
    const evaluate: Evaluate =
      rest.length === 0
        ? (run, dot) => first(run, dot, NONE) ?? undefined
        : (run, dot) => {
            let value = first(run, dot, NONE) ?? undefined;
            for (const command of rest) value = command(run, dot, value) ?? undefined;
            return value;
          };
    if (variables.length === 0) return evaluate;
    return (run, dot) => {
      const value = evaluate(run, dot);
      for (const name of variables) {
        if (!isAssign) run.declare(name, value);
        else if (!run.assign(name, value)) fail(`undefined variable: ${name}`, at);
      }
      return value;
    };
  }

  function compileCommand(command: CommandNode, hasFinal: boolean): EvaluateCommand {
    const [first, ...args] = command.args;
    switch (first.type) {
      case 'field':
        return compilePath((_, dot) => dot, first.path, args, hasFinal, first.at);
      case 'variable':
        if (first.path.length > 0)
          return compilePath(variable(first.name, first.at), first.path, args, hasFinal, first.at);
        break;
      case 'chain':
        if (first.operand.type === 'nil') return () => fail('indirection through explicit nil', first.at);
        return compilePath(compileArgument(first.operand, undefined), first.path, args, hasFinal, first.at);
      case 'identifier':
        return compileFunctionCall(first.name, args, hasFinal, command);
      default:
    }
    if (args.length > 0 || hasFinal) {
      return () => fail(`can't give argument to non-function ${command.text}`, first.at);
    }
    if (first.type === 'nil') return () => fail('nil is not a command', first.at);
    const evaluate = compileValue(first);
    return (run, dot) => evaluate(run, dot);
  }

  function variable(name: string, at: number): Evaluate {
    return (run) => (run.has(name) ? run.variable(name) : fail(`undefined variable: ${name}`, at));
  }

  /** An operand as a value of no particular type. */
  function compileValue(node: Operand): Evaluate {
    switch (node.type) {
      case 'dot':
        return (_, dot) => dot;
      case 'nil':
        return () => null;
      case 'bool':
      case 'string': {
        const { value } = node;
        return () => value;
      }
      case 'number': {
        const constant = idealConstant(node);
        return constant.ok ? () => constant.value : () => fail(constant.error, node.at);
      }
      case 'variable':
        if (node.path.length === 0) return variable(node.name, node.at);
        return withoutFinal(compilePath(variable(node.name, node.at), node.path, [], false, node.at));
      case 'field':
        return withoutFinal(compilePath((_, dot) => dot, node.path, [], false, node.at));
      case 'chain':
        if (node.operand.type === 'nil') return () => fail('indirection through explicit nil', node.at);
        return withoutFinal(
          compilePath(compileArgument(node.operand, undefined), node.path, [], false, node.at),
        );
      case 'identifier':
        return withoutFinal(
          compileFunctionCall(node.name, [], false, { at: node.at, args: [node], text: node.name }),
        );
      case 'pipe':
        return compilePipe(node);
    }
  }

  /** An operand as an argument of a Go type; `undefined` for any value, invalid ones included. */
  function compileArgument(node: Operand, type: string | undefined): Evaluate {
    if (type === undefined) return compileValue(node);
    if (node.type === 'bool' || node.type === 'string' || node.type === 'number' || node.type === 'nil') {
      const literal = acceptLiteral(node, type);
      return literal.ok ? () => literal.value : () => fail(literal.error, node.at);
    }
    const evaluate = compileValue(node);
    if (type === 'reflect.Value') return evaluate;
    return (run, dot) => accepted(evaluate(run, dot), type, node.at);
  }

  /** `.a.b.c`: the last name may be a method, which takes the arguments. */
  function compilePath(
    receiver: Evaluate,
    path: readonly string[],
    args: readonly Operand[],
    hasFinal: boolean,
    at: number,
  ): EvaluateCommand {
    const hasArguments = args.length > 0 || hasFinal;
    const last = path.length - 1;
    return (run, dot, final) => {
      let value = receiver(run, dot);
      for (let step = 0; step <= last; step++) {
        const name = path[step] as string;
        const member = memberOf(value, name);
        if (member.kind === 'error') return fail(member.message, at);
        if (member.kind === 'method') {
          value = callMethod(
            run,
            dot,
            member.call,
            name,
            step === last ? args : [],
            step === last ? final : NONE,
            at,
          );
        } else {
          if (hasArguments && step === last && value !== undefined)
            return fail(`${name} is not a method but has arguments`, at);
          value = member.value;
        }
      }
      return value;
    };
  }

  function callMethod(
    run: Run,
    dot: unknown,
    method: GoFunction,
    name: string,
    args: readonly Operand[],
    final: unknown,
    at: number,
  ): unknown {
    const signature = parseSignature(method.goType ?? 'func()');
    const problem = countProblem(signature, name, args.length + (final === NONE ? 0 : 1));
    if (problem !== undefined) fail(problem, at);
    const values = args.map((arg, position) =>
      compileArgument(arg, parameterType(signature, position))(run, dot),
    );
    if (final !== NONE) values.push(accepted(final, parameterType(signature, values.length), at));
    run.spend(1);
    try {
      chargeArguments(run, values);
      const result = method(...values);
      chargeResult(run, result);
      return result;
    } catch (error) {
      return located(error, name, at);
    }
  }

  function compileFunctionCall(
    name: string,
    args: readonly Operand[],
    hasFinal: boolean,
    command: CommandNode,
  ): EvaluateCommand {
    const definition = functions.get(name) as TemplateFunction;
    const { signature } = definition;
    const { at } = command;
    const problem = countProblem(signature, name, args.length + (hasFinal ? 1 : 0));
    if (problem !== undefined) return () => fail(problem, at);
    const evaluates = args.map((arg, position) => compileArgument(arg, parameterType(signature, position)));
    if (definition.special === 'and' || definition.special === 'or') {
      return compileLogic(evaluates, hasFinal, definition.special === 'or');
    }
    const finalType = parameterType(signature, args.length);
    const invoke = definition.special === 'call' ? invokeCall(calleeName(args, command)) : definition.invoke;
    return (run, dot, final) => {
      run.spend(1);
      const values = evaluates.map((evaluate) => evaluate(run, dot));
      if (hasFinal) values.push(accepted(final, finalType, at));
      try {
        chargeArguments(run, values);
        const result = invoke(run, values);
        chargeResult(run, result);
        return result;
      } catch (error) {
        return located(error, name, at);
      }
    };
  }

  return compileList;
}

const withoutFinal =
  (evaluate: EvaluateCommand): Evaluate =>
  (run, dot) =>
    evaluate(run, dot, NONE);

/** `and` and `or` stop at the first value that decides. */
function compileLogic(evaluates: readonly Evaluate[], hasFinal: boolean, stopAt: boolean): EvaluateCommand {
  return (run, dot, final) => {
    run.spend(1);
    let value: unknown;
    for (const evaluate of evaluates) {
      value = evaluate(run, dot);
      if (isTrue(value) === stopAt) return value;
    }
    return hasFinal ? final : value;
  };
}

const calleeName = (args: readonly Operand[], command: CommandNode): string =>
  args[0]?.type === 'field' ? `.${args[0].path.join('.')}` : command.text;

/** The built-in `call`: its first argument is the function. */
function invokeCall(name: string): TemplateFunction['invoke'] {
  return (_, [callee, ...args]) => {
    if (callee === undefined || callee === null) throw new Error('call of nil');
    if (typeof callee !== 'function') throw new Error(`non-function ${name} of type ${goTypeOf(callee)}`);
    const call = callee as GoFunction;
    const signature = parseSignature(call.goType ?? 'func()');
    const problem = countProblem(signature, name, args.length);
    if (problem !== undefined) throw new Error(problem);
    const values = args.map((arg, at) => {
      const prepared = prepareArgument(arg, parameterType(signature, at));
      if (!prepared.ok) throw new Error(`arg ${at}: ${prepared.error}`);
      return prepared.value;
    });
    return call(...values);
  };
}

function parameterType(signature: Signature, at: number): string {
  return signature.in[Math.min(at, signature.in.length - 1)] ?? 'interface {}';
}

/** What is wrong with a call of that many arguments, or with the function as such. */
function countProblem(signature: Signature, name: string, count: number): string | undefined {
  const wanted = signature.in.length;
  if (signature.variadic) {
    if (count < wanted - 1)
      return `wrong number of args for ${name}: want at least ${wanted - 1} got ${count}`;
  } else if (count !== wanted) return `wrong number of args for ${name}: want ${wanted} got ${count}`;
  const results = signature.out.length;
  if (results === 1 || (results === 2 && signature.out[1] === 'error')) return undefined;
  return `function ${name} has ${results} return values; should be 1 or 2`;
}

function accepted(value: unknown, type: string, at: number): unknown {
  const argument = acceptArgument(value, type);
  return argument.ok ? argument.value : fail(argument.error, at);
}

/** Calls `each` until it answers false. */
function iterateOver(
  value: unknown,
  pairs: boolean,
  each: (index: unknown, item: unknown) => boolean,
  at: number,
): void {
  if (value === undefined || value === null) return;
  const items = itemsOf(value);
  if (items !== undefined) {
    for (let index = 0; index < items.length; index++) if (!each(new GoInt(index), items[index])) return;
    return;
  }
  const entries = entriesOf(value);
  if (entries !== undefined) {
    for (const [key, item] of entries) if (!each(key, item)) return;
    return;
  }
  const count = anyInteger(value);
  if (count === undefined) return fail(`range can't iterate over ${sprint(value)}`, at);
  if (pairs) return fail(`can't use ${sprint(value)} to iterate over more than one variable`, at);
  const make = typeof value === 'number' ? (index: number) => index : (index: number) => new GoInt(index);
  for (let index = 0; index < count; index++) if (!each(undefined, make(index))) return;
}
