/**
 * expr-lang, the language of conditions: a lexer, a parser, a checker of types, and what lowers an expression to what
 * expr-eval runs. The folder may import `go/`, and what conditions are beside their language.
 *
 * This is the syntax tree: `at` is the offset of the node in the source, and `type` is set by the checker.
 */
import type { StaticType } from './types.ts';

export interface Base {
  at: number;
  type?: StaticType;
}

export type Node =
  | NilNode
  | IdentifierNode
  | IntegerNode
  | FloatNode
  | BoolNode
  | StringNode
  | BytesNode
  | ConstantNode
  | UnaryNode
  | BinaryNode
  | ChainNode
  | MemberNode
  | SliceNode
  | CallNode
  | BuiltinNode
  | PredicateNode
  | PointerNode
  | ConditionalNode
  | LetNode
  | SequenceNode
  | ArrayNode
  | MapNode;

export interface NilNode extends Base {
  kind: 'nil';
}
export interface IdentifierNode extends Base {
  kind: 'identifier';
  name: string;
}
export interface IntegerNode extends Base {
  kind: 'integer';
  value: bigint;
}
export interface FloatNode extends Base {
  kind: 'float';
  value: number;
}
export interface BoolNode extends Base {
  kind: 'bool';
  value: boolean;
}
export interface StringNode extends Base {
  kind: 'string';
  value: string;
}
export interface BytesNode extends Base {
  kind: 'bytes';
  value: Uint8Array;
}
/** Made by the optimizer: a Go value, or the set that a constant list on the right of `in` becomes. */
export interface ConstantNode extends Base {
  kind: 'constant';
  value: unknown;
  /** Keys of the set; its elements are strings or ints. */
  set?: { of: 'string' | 'int'; keys: ReadonlySet<string> };
}
export interface UnaryNode extends Base {
  kind: 'unary';
  operator: '!' | 'not' | '-' | '+';
  node: Node;
}
export interface BinaryNode extends Base {
  kind: 'binary';
  operator: string;
  left: Node;
  right: Node;
}
/** Everything that one `?.` may skip. */
export interface ChainNode extends Base {
  kind: 'chain';
  node: Node;
}
export interface MemberNode extends Base {
  kind: 'member';
  node: Node;
  property: Node;
  optional: boolean;
  method: boolean;
}
export interface SliceNode extends Base {
  kind: 'slice';
  node: Node;
  from: Node | undefined;
  to: Node | undefined;
}
export interface CallNode extends Base {
  kind: 'call';
  callee: Node;
  args: Node[];
}
export interface BuiltinNode extends Base {
  kind: 'builtin';
  name: string;
  args: Node[];
  /** Set by the optimizer: nothing found is an error (`filter(…)[0]`). */
  throws?: boolean;
  /** Set by the optimizer: applied to what `filter` or `find` keeps. */
  map?: Node;
  /** Set by the optimizer: `count` stops here. */
  threshold?: number;
}
/** The body of a closure. */
export interface PredicateNode extends Base {
  kind: 'predicate';
  node: Node;
}
/** `#`, `#index`, `#acc`, and the `#` that a leading `.field` stands on. */
export interface PointerNode extends Base {
  kind: 'pointer';
  name: string;
}
export interface ConditionalNode extends Base {
  kind: 'conditional';
  condition: Node;
  yes: Node;
  no: Node;
}
export interface LetNode extends Base {
  kind: 'let';
  name: string;
  value: Node;
  body: Node;
}
export interface SequenceNode extends Base {
  kind: 'sequence';
  nodes: Node[];
}
export interface ArrayNode extends Base {
  kind: 'array';
  nodes: Node[];
}
export interface MapNode extends Base {
  kind: 'map';
  pairs: { key: Node; value: Node }[];
}
