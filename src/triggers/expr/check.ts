/**
 * What expr-lang refuses before an expression runs: constant type mismatches, unknown pointers, wrong
 * arguments of built-ins and of methods of times, bad constant patterns. It also sets the type of each node,
 * on which the optimizer and the lowering rely. The first error found is the one reported. Long, because each
 * kind of node has its rule; the rules of operators and of single built-ins are tables.
 */
import type { BinaryNode, BuiltinNode, CallNode, MemberNode, Node } from './ast.ts';
import { CompileError } from './errors.ts';
import { compilePattern } from './patterns.ts';
import { builtinType, isBuiltin, signatureOf } from './signatures.ts';
import {
  assignable,
  BOOL,
  BYTES,
  checkCall,
  comparable,
  DURATION,
  deref,
  elementOf,
  FLOAT,
  INT,
  isBool,
  isDuration,
  isInteger,
  isList,
  isMap,
  isNumber,
  isString,
  isTime,
  isUnknown,
  keyOf,
  kindOf,
  LIST,
  listOf,
  MAP,
  methodOf,
  NIL,
  nameOf,
  STRING,
  type StaticType,
  TIME,
  typeOf,
  UNKNOWN,
} from './types.ts';

interface Closure {
  collection: StaticType;
  pointers: Readonly<Record<string, StaticType>>;
}

/** Lexical state of the walk. */
interface Scope {
  closures: Closure[];
  variables: { name: string; type: StaticType }[];
}

type Test = (type: StaticType) => boolean;

/** Both unknown, or one unknown and the other one of the kinds. */
function maybe(left: StaticType, right: StaticType, ...tests: Test[]): boolean {
  const known = (type: StaticType): boolean => tests.some((test) => test(type));
  if (isUnknown(left)) return isUnknown(right) || known(right);
  return isUnknown(right) && known(left);
}

const promote = (left: StaticType, right: StaticType): StaticType =>
  left.go === 'float64' || right.go === 'float64' ? FLOAT : INT;

/** The type of `left operator right`; undefined where the two do not fit. */
function operatorType(operator: string, left: StaticType, right: StaticType): StaticType | undefined {
  const both = (test: Test): boolean => test(left) && test(right);
  switch (operator) {
    case '==':
    case '!=':
      return comparable(left, right) ? BOOL : undefined;
    case 'or':
    case '||':
    case 'and':
    case '&&':
      return both(isBool) || maybe(left, right, isBool) ? BOOL : undefined;
    case '<':
    case '>':
    case '>=':
    case '<=': {
      const ordered = [isNumber, isString, isTime, isDuration];
      return ordered.some(both) || maybe(left, right, ...ordered) ? BOOL : undefined;
    }
    case '-':
      if (both(isNumber)) return promote(left, right);
      if (both(isTime) || both(isDuration)) return DURATION;
      if (isTime(left) && isDuration(right)) return TIME;
      return maybe(left, right, isNumber, isTime, isDuration) ? UNKNOWN : undefined;
    case '*':
      if (both(isNumber)) return promote(left, right);
      if (both((type) => isNumber(type) || isDuration(type))) return DURATION;
      return maybe(left, right, isNumber, isDuration) ? UNKNOWN : undefined;
    case '/':
    case '**':
    case '^':
      return both(isNumber) || maybe(left, right, isNumber) ? FLOAT : undefined;
    case '%':
      return both(isInteger) || maybe(left, right, isInteger) ? INT : undefined;
    case '+':
      if (both(isNumber)) return promote(left, right);
      if (both(isString)) return STRING;
      if ((isTime(left) && isDuration(right)) || (isDuration(left) && isTime(right))) return TIME;
      if (both(isDuration)) return DURATION;
      return maybe(left, right, isNumber, isString, isTime, isDuration) ? UNKNOWN : undefined;
    case 'matches':
      return ((isString(left) || left.go === BYTES.go) && isString(right)) || maybe(left, right, isString)
        ? BOOL
        : undefined;
    case 'contains':
    case 'startsWith':
    case 'endsWith':
      return both(isString) || maybe(left, right, isString) ? BOOL : undefined;
    case '..':
      return both(isInteger) || maybe(left, right, isInteger) ? listOf(INT) : undefined;
    default:
      return undefined;
  }
}

class Checker {
  readonly scope: Scope = { closures: [], variables: [] };

  visit(node: Node): StaticType {
    const type = this.typeOf(node);
    node.type = type;
    return type;
  }

  fail(node: { at: number }, message: string): never {
    throw new CompileError(message, node.at);
  }

  typeOf(node: Node): StaticType {
    switch (node.kind) {
      case 'nil':
        return NIL;
      case 'identifier':
        return this.identifier(node.name);
      case 'integer':
        return INT;
      case 'float':
        return FLOAT;
      case 'bool':
        return BOOL;
      case 'string':
        return STRING;
      case 'bytes':
        return BYTES;
      case 'constant':
        return UNKNOWN;
      case 'unary':
        return this.unary(node.operator, node, this.visit(node.node));
      case 'binary':
        return this.binary(node);
      case 'chain':
        return this.visit(node.node);
      case 'member':
        return this.member(node);
      case 'slice': {
        const type = this.visit(node.node);
        if (isUnknown(type)) return UNKNOWN;
        if (!isString(type) && !isList(type)) this.fail(node, `cannot slice ${nameOf(type)}`);
        for (const bound of [node.from, node.to]) {
          const given = bound === undefined ? INT : deref(this.visit(bound));
          if (!isInteger(given) && !isUnknown(given))
            this.fail(bound as Node, `non-integer slice index ${nameOf(given)}`);
        }
        return type;
      }
      case 'call':
        return this.call(node);
      case 'builtin':
        return this.builtin(node);
      case 'predicate':
        return this.visit(node.node);
      case 'pointer':
        return this.pointer(node.name, node);
      case 'let': {
        if (isBuiltin(node.name)) this.fail(node, `cannot redeclare built-in ${node.name}`);
        if (this.scope.variables.some(({ name }) => name === node.name)) {
          this.fail(node, `cannot redeclare variable ${node.name}`);
        }
        this.scope.variables.push({ name: node.name, type: this.visit(node.value) });
        const type = this.visit(node.body);
        this.scope.variables.pop();
        return type;
      }
      case 'sequence': {
        let last = UNKNOWN;
        for (const each of node.nodes) last = this.visit(each);
        return last;
      }
      case 'conditional': {
        const condition = deref(this.visit(node.condition));
        if (!isBool(condition) && !isUnknown(condition)) {
          this.fail(node.condition, `a condition must be true or false, not ${nameOf(condition)}`);
        }
        return joined(this.visit(node.yes), this.visit(node.no));
      }
      case 'array': {
        const types = node.nodes.map((each) => this.visit(each));
        const same = types.every(
          (type, at) => at === 0 || kindOf(type) === kindOf(types[at - 1] as StaticType),
        );
        return same ? listOf(types.at(-1) ?? UNKNOWN) : LIST;
      }
      case 'map':
        for (const pair of node.pairs) {
          this.visit(pair.key);
          this.visit(pair.value);
        }
        return MAP;
    }
  }

  identifier(name: string): StaticType {
    const variable = this.scope.variables.findLast((each) => each.name === name);
    if (variable !== undefined) return variable.type;
    return isBuiltin(name) ? builtinType(name) : UNKNOWN;
  }

  unary(operator: string, node: Node, operand: StaticType): StaticType {
    const type = deref(operand);
    const negation = operator === '!' || operator === 'not';
    if (isUnknown(type)) return negation ? BOOL : UNKNOWN;
    if (negation ? isBool(type) : isNumber(type)) return type;
    return this.fail(node, `${operator} cannot be used on ${nameOf(type)}`);
  }

  binary(node: BinaryNode): StaticType {
    const left = deref(this.visit(node.left));
    const right = deref(this.visit(node.right));
    if (node.operator === '??') return coalesced(left, right);
    if (node.operator === 'in') return this.membership(node, left, right);
    if (node.operator === 'matches' && node.right.kind === 'string') {
      const pattern = compilePattern(node.right.value);
      if (typeof pattern === 'string') this.fail(node, pattern);
    }
    const type = operatorType(node.operator, left, right);
    return type ?? this.fail(node, `${node.operator} cannot be used on ${nameOf(left)} and ${nameOf(right)}`);
  }

  membership(node: Node, left: StaticType, right: StaticType): StaticType {
    const needle = isUnknown(left);
    if (kindOf(right) === 'struct' && (isString(left) || needle)) return BOOL;
    if (isMap(right)) {
      if (!needle && !assignable(left, keyOf(right)))
        this.fail(node, `${nameOf(left)} is no key of ${nameOf(right)}`);
      return BOOL;
    }
    if (isList(right)) {
      const element = elementOf(right);
      if (!comparable(left, element))
        this.fail(node, `cannot look for ${nameOf(left)} in a list of ${nameOf(element)}`);
      return BOOL;
    }
    if ((needle && isString(right)) || isUnknown(right)) return BOOL;
    return this.fail(node, `in cannot be used on ${nameOf(left)} and ${nameOf(right)}`);
  }

  member(node: MemberNode): StaticType {
    const name = node.property.kind === 'string' ? node.property.value : undefined;
    if (node.node.kind === 'identifier' && node.node.name === '$env') {
      node.node.type = UNKNOWN;
      return UNKNOWN;
    }
    const given = this.visit(node.node);
    const property = this.visit(node.property);
    if (isUnknown(given)) return UNKNOWN;
    if (name !== undefined) {
      if (given.nil === true) this.fail(node, `nil has no field ${name}`);
      const method = methodOf(given, name);
      if (method !== undefined) return method;
    }
    const base = deref(given);
    if (isMap(base)) {
      const key = keyOf(base);
      if (!assignable(property, key) && !assignable(deref(property), key) && !isUnknown(property)) {
        this.fail(node.property, `${nameOf(property)} is no key of ${nameOf(base)}`);
      }
      return elementOf(base);
    }
    if (isList(base)) {
      const index = deref(property);
      if (!isInteger(index) && !isUnknown(index)) {
        this.fail(node.property, `an element is selected by an integer, not by ${nameOf(index)}`);
      }
      return elementOf(base);
    }
    if (name !== undefined)
      this.fail(node, `${nameOf(base)} has no ${node.method ? 'method' : 'field'} ${name}`);
    return this.fail(node, `${nameOf(base)} cannot be indexed`);
  }

  call(node: CallNode): StaticType {
    if (node.callee.kind === 'identifier' && node.callee.name === '$env')
      this.fail(node, '$env cannot be called');
    const callee = this.visit(node.callee);
    if (isUnknown(callee)) {
      for (const arg of node.args) arg.type = UNKNOWN;
      return UNKNOWN;
    }
    if (callee.builtin !== undefined) return this.checkBuiltin(callee.builtin, node, node.args);
    const name =
      node.callee.kind === 'member' && node.callee.property.kind === 'string'
        ? node.callee.property.value
        : 'it';
    if (kindOf(callee) !== 'func') this.fail(node, `${nameOf(callee)} cannot be called`);
    return this.checkArguments(name, callee.go, node, node.args);
  }

  checkArguments(name: string, go: string, node: Node, args: readonly Node[]): StaticType {
    const types = args.map((arg) => this.visit(arg));
    const checked = checkCall(name, go, types);
    if (checked.ok) return checked.type;
    const at = checked.argument === undefined ? node : (args[checked.argument] as Node);
    return this.fail(at, checked.error);
  }

  checkBuiltin(name: string, node: Node, args: readonly Node[]): StaticType {
    const types = args.map((arg) => this.visit(arg));
    const signature = signatureOf(name);
    if (signature.validate !== undefined) {
      const result = signature.validate(name, types);
      return typeof result === 'string' ? this.fail(node, result) : result;
    }
    let failure: ReturnType<typeof checkCall> | undefined;
    for (const go of signature.types) {
      failure = checkCall(name, go, types);
      if (failure.ok) return failure.type;
    }
    if (failure === undefined || failure.ok) return UNKNOWN;
    return this.fail(failure.argument === undefined ? node : (args[failure.argument] as Node), failure.error);
  }

  builtin(node: BuiltinNode): StaticType {
    const [first, second, third] = node.args;
    switch (node.name) {
      case 'all':
      case 'none':
      case 'any':
      case 'one':
      case 'filter':
      case 'find':
      case 'findLast':
      case 'findIndex':
      case 'findLastIndex':
      case 'count': {
        const collection = this.collection(node.name, first as Node);
        if (second === undefined) return INT;
        const result = this.closure(second, collection);
        if (!isBool(result) && !isUnknown(result)) {
          this.fail(second, `the closure of ${node.name} must answer true or false, not ${nameOf(result)}`);
        }
        return closureResult(node.name, collection);
      }
      case 'map':
        return listOf(this.closure(second as Node, this.collection('map', first as Node), { index: INT }));
      case 'sum': {
        const collection = this.collection('sum', first as Node);
        // The type of its elements is lost here, as in expr-lang.
        if (second !== undefined) return typeOf(this.closure(second, collection).go);
        return isUnknown(collection) ? UNKNOWN : elementOf(collection);
      }
      case 'groupBy':
        this.closure(second as Node, this.collection('groupBy', first as Node));
        return typeOf('map[interface {}][]interface {}');
      case 'sortBy': {
        const collection = this.collection('sortBy', first as Node);
        this.closure(second as Node, collection);
        const direction = third === undefined ? STRING : this.visit(third);
        if (!isString(direction) && !isUnknown(direction)) {
          this.fail(third as Node, `the order of sortBy must be a string, not ${nameOf(direction)}`);
        }
        return collection;
      }
      case 'reduce': {
        const collection = this.collection('reduce', first as Node);
        const result = this.closure(second as Node, collection, { index: INT, acc: UNKNOWN });
        if (third !== undefined) this.visit(third);
        return result;
      }
      case 'get':
        return this.get(node);
      default:
        return this.checkBuiltin(node.name, node, node.args);
    }
  }

  get(node: BuiltinNode): StaticType {
    const [from, key] = node.args;
    if (from === undefined || key === undefined || node.args.length !== 2) {
      return this.fail(node, `invalid number of arguments (expected 2, got ${node.args.length})`);
    }
    const base = this.visit(from);
    const property = deref(this.visit(key));
    if ((from.kind === 'identifier' && from.name === '$env') || isUnknown(base)) return UNKNOWN;
    if (isList(base)) {
      if (!isInteger(property) && !isUnknown(property))
        this.fail(key, `non-integer slice index ${nameOf(property)}`);
      return elementOf(base);
    }
    if (!isMap(base)) this.fail(from, `${nameOf(base)} cannot be indexed`);
    if (!assignable(property, keyOf(base)) && !isUnknown(property)) {
      this.fail(key, `${nameOf(property)} is no key of ${nameOf(base)}`);
    }
    return elementOf(base);
  }

  collection(name: string, node: Node): StaticType {
    const type = deref(this.visit(node));
    if (!isList(type) && !isUnknown(type)) this.fail(node, `${name} takes a list, not ${nameOf(type)}`);
    return type;
  }

  /** The type that a closure answers. */
  closure(node: Node, collection: StaticType, pointers: Closure['pointers'] = {}): StaticType {
    this.scope.closures.push({ collection, pointers });
    const type = this.visit(node);
    this.scope.closures.pop();
    if (type.nil === true) this.fail(node, 'a closure must answer a value, not nil');
    return type;
  }

  pointer(name: string, node: Node): StaticType {
    const closure = this.scope.closures.at(-1);
    if (closure === undefined) return this.fail(node, '# stands for an element inside a closure only');
    if (name === '') return isUnknown(closure.collection) ? UNKNOWN : elementOf(closure.collection);
    if (Object.hasOwn(closure.pointers, name)) return closure.pointers[name] as StaticType;
    return this.fail(node, `unknown pointer #${name}`);
  }
}

function closureResult(name: string, collection: StaticType): StaticType {
  switch (name) {
    case 'filter':
      return isUnknown(collection) ? LIST : listOf(elementOf(collection));
    case 'find':
    case 'findLast':
      return isUnknown(collection) ? UNKNOWN : elementOf(collection);
    case 'findIndex':
    case 'findLastIndex':
    case 'count':
      return INT;
    default:
      return BOOL;
  }
}

function coalesced(left: StaticType, right: StaticType): StaticType {
  if (left.nil === true) return right;
  if (right.nil === true) return left;
  return assignable(right, left) ? left : UNKNOWN;
}

function joined(yes: StaticType, no: StaticType): StaticType {
  if (yes.nil === true) return no;
  if (no.nil === true) return yes;
  if (!assignable(yes, no)) return UNKNOWN;
  if (isList(yes) && isList(no)) {
    const [a, b] = [elementOf(yes), elementOf(no)];
    if (!assignable(a, b) || !assignable(b, a)) return LIST;
  }
  return yes;
}

/** Checks a tree and sets the type of its nodes. Throws a CompileError. */
export function check(node: Node): void {
  new Checker().visit(node);
}
