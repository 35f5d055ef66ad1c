/** What a Go template reads that nothing has: misspelt fields and methods, and words that a value never is. */
import {
  ANY,
  type Mistake,
  memberOf,
  objectOf,
  SCALAR,
  type Shape,
  type Shapes,
  shapeOfType,
  TEXT,
  wordMistake,
} from '../../go/shape.ts';
import type { BranchNode, CommandNode, Node, Operand, PipeNode } from './ast.ts';
import type { Library } from './engine.ts';
import { TemplateSyntaxError } from './lexer.ts';
import { parseTemplate } from './parser.ts';

/** Mistakes in a template that compiles; none in one that does not. */
export function inspectGoTemplate(
  name: string,
  source: string,
  { functions }: Library,
  variables: Shapes,
): Mistake[] {
  try {
    const { main, named } = parseTemplate(name, source, () => undefined);
    const inspector = new Inspector(source, functions);
    const root = objectOf(variables);
    inspector.list(main, { dot: root, variables: new Map([['$', root]]) });
    // What a template is called with is known only where it is called.
    const unknown = { dot: ANY, variables: new Map([['$', ANY]]) };
    for (const nodes of named.values()) if (nodes !== main) inspector.list(nodes, unknown);
    return inspector.mistakes;
  } catch (error) {
    if (error instanceof TemplateSyntaxError || error instanceof RangeError) return [];
    throw error;
  }
}

interface Scope {
  dot: Shape;
  /** Copied for each block, in which variables are declared for the rest of it. */
  variables: Map<string, Shape>;
}

interface Argument {
  shape: Shape;
  /** As the template has it. */
  text: string;
  literal?: string;
  at: number;
}

class Inspector {
  readonly mistakes: Mistake[] = [];
  private readonly source: string;
  private readonly functions: Library['functions'];
  /** Variables that are assigned somewhere: nobody knows in which order. */
  private readonly assigned: ReadonlySet<string>;

  constructor(source: string, functions: Library['functions']) {
    this.source = source;
    this.functions = functions;
    this.assigned = new Set(
      [...source.matchAll(/(\$\w*)(?:\s*,\s*(\$\w*))?\s*=(?!=)/g)].flatMap(([, one = '', other = '']) => [
        one,
        other,
      ]),
    );
  }

  list(nodes: readonly Node[], scope: Scope): void {
    for (const node of nodes) this.node(node, scope);
  }

  private node(node: Node, scope: Scope): void {
    switch (node.type) {
      case 'action':
        this.pipe(node.pipe, scope);
        return;
      case 'if':
      case 'with':
      case 'range':
        this.branch(node, scope);
        return;
      case 'template':
        if (node.pipe) this.pipe(node.pipe, scope);
        return;
      case 'text':
      case 'break':
      case 'continue':
        return;
    }
  }

  private branch(node: BranchNode, scope: Scope): void {
    const inner: Scope = { dot: scope.dot, variables: new Map(scope.variables) };
    const value = this.pipe(node.pipe, inner);
    if (node.elseList) this.list(node.elseList, { ...inner, variables: new Map(inner.variables) });
    if (node.type === 'with') inner.dot = value;
    if (node.type === 'range') {
      const element = value.kind === 'list' || value.kind === 'map' ? value.element : ANY;
      inner.dot = element;
      const [first, second] = node.pipe.variables;
      if (first !== undefined) this.bind(inner, first, second === undefined ? element : ANY);
      if (second !== undefined) this.bind(inner, second, element);
    }
    this.list(node.list, inner);
  }

  private bind(scope: Scope, name: string, shape: Shape): void {
    scope.variables.set(name, this.assigned.has(name) ? ANY : shape);
  }

  private pipe(pipe: PipeNode, scope: Scope): Shape {
    let piped: Argument | undefined;
    for (const command of pipe.commands) {
      const shape = this.command(command, scope, piped);
      const literal =
        command.args.length === 1 && command.args[0].type === 'string' ? command.args[0].value : undefined;
      piped = { shape, text: command.text, at: command.at, ...(literal === undefined ? {} : { literal }) };
    }
    const shape = piped?.shape ?? ANY;
    if (!pipe.isAssign) for (const name of pipe.variables) this.bind(scope, name, shape);
    return shape;
  }

  private command(command: CommandNode, scope: Scope, piped: Argument | undefined): Shape {
    const [first, ...rest] = command.args;
    const args: Argument[] = rest.map((operand) => ({
      shape: this.operand(operand, scope),
      text: textOf(operand),
      at: operand.at,
      ...(operand.type === 'string' ? { literal: operand.value } : {}),
    }));
    if (piped) args.push(piped);
    return first.type === 'identifier' ? this.call(first.name, args) : this.operand(first, scope);
  }

  private call(name: string, args: readonly Argument[]): Shape {
    const [first, ...others] = args;
    switch (name) {
      case 'index':
        return others.reduce<Argument>((base, key) => {
          if (key.literal !== undefined && base.shape.kind === 'object')
            return { ...base, shape: this.member(base.shape, key.literal, base.text, key.at) };
          const { shape } = base;
          return { ...base, shape: shape.kind === 'list' || shape.kind === 'map' ? shape.element : ANY };
        }, first ?? { shape: ANY, text: '', at: 0 }).shape;
      case 'first':
      case 'last':
        return first?.shape.kind === 'list' ? first.shape.element : ANY;
      case 'get':
      case 'hasKey': {
        const [key] = others;
        if (first?.shape.kind !== 'object' || key?.literal === undefined)
          return name === 'get' ? ANY : SCALAR;
        const shape = this.member(first.shape, key.literal, first.text, key.at);
        return name === 'get' ? shape : SCALAR;
      }
      case 'eq':
      case 'ne':
        for (const { shape, text } of args) {
          for (const { literal, at } of args) {
            const mistake = literal === undefined ? undefined : wordMistake(shape, literal, text);
            if (mistake) this.mistakes.push({ at, ...mistake });
          }
        }
        return SCALAR;
      case 'call':
        return first?.shape.kind === 'function' ? first.shape.result : ANY;
      default:
        return shapeOfType(this.functions.get(name)?.signature.out[0] ?? '');
    }
  }

  private operand(node: Operand, scope: Scope): Shape {
    switch (node.type) {
      case 'dot':
        return scope.dot;
      case 'field':
        return this.path(scope.dot, node.path, '', node.at);
      case 'variable':
        return this.path(scope.variables.get(node.name) ?? ANY, node.path, node.name, node.at);
      case 'chain':
        return this.path(this.operand(node.operand, scope), node.path, textOf(node.operand), node.at);
      case 'pipe':
        return this.pipe(node, { dot: scope.dot, variables: new Map(scope.variables) });
      case 'identifier':
        return this.call(node.name, []);
      case 'string':
        return TEXT;
      case 'number':
      case 'bool':
        return SCALAR;
      case 'nil':
        return ANY;
    }
  }

  private path(base: Shape, path: readonly string[], before: string, at: number): Shape {
    let shape = base;
    let text = before;
    let offset = at;
    /** The map that the last step went into, as the text has it, and the name in it. */
    let map: { text: string; name: string } | undefined;
    for (const name of path) {
      const found = this.source.indexOf(`.${name}`, offset);
      offset = found < 0 ? offset : found + 1;
      const isMethod = shape.kind === 'go';
      const entered = shape.kind === 'map' ? { text, name } : undefined;
      const member = memberOf(shape, name, text === '' ? 'the template' : text);
      if (member.mistake) {
        const fix =
          map && `A name with a dot needs index: index ${map.text} ${JSON.stringify(`${map.name}.${name}`)}.`;
        this.mistakes.push({ at: offset, ...member.mistake, ...(fix === undefined ? {} : { fix }) });
      }
      shape = member.shape;
      map = entered;
      // Methods are called where they stand; functions in a map are not.
      if (isMethod && shape.kind === 'function') shape = shape.result;
      text = `${text}.${name}`;
    }
    return shape;
  }

  private member(base: Shape, name: string, path: string, at: number): Shape {
    const { shape, mistake } = memberOf(base, name, path);
    if (mistake) this.mistakes.push({ at, ...mistake });
    return shape;
  }
}

function textOf(node: Operand): string {
  switch (node.type) {
    case 'dot':
      return '.';
    case 'field':
      return `.${node.path.join('.')}`;
    case 'variable':
      return [node.name, ...node.path].join('.');
    case 'chain':
      return `${textOf(node.operand)}.${node.path.join('.')}`;
    case 'pipe':
      return `(${node.commands.map(({ text }) => text).join(' | ')})`;
    case 'identifier':
      return node.name;
    case 'string':
      return JSON.stringify(node.value);
    case 'number':
      return node.text;
    case 'bool':
      return String(node.value);
    case 'nil':
      return 'nil';
  }
}
