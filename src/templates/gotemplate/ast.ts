/** What the parser makes of a template. Every node knows its offset in the source. */

export interface TextNode {
  type: 'text';
  at: number;
  text: string;
}
export interface ActionNode {
  type: 'action';
  at: number;
  pipe: PipeNode;
}
export interface BranchNode {
  type: 'if' | 'with' | 'range';
  at: number;
  pipe: PipeNode;
  list: Node[];
  elseList: Node[] | undefined;
}
export interface TemplateNode {
  type: 'template';
  at: number;
  name: string;
  pipe: PipeNode | undefined;
}
export interface JumpNode {
  type: 'break' | 'continue';
  at: number;
}
export type Node = TextNode | ActionNode | BranchNode | TemplateNode | JumpNode;

export interface PipeNode {
  type: 'pipe';
  at: number;
  /** Variables that the pipeline declares, or assigns where `isAssign`. */
  variables: string[];
  isAssign: boolean;
  commands: CommandNode[];
}
export interface CommandNode {
  at: number;
  args: [Operand, ...Operand[]];
  /** The source text, for messages. */
  text: string;
}

export interface FieldNode {
  type: 'field';
  at: number;
  path: string[];
}
export interface VariableNode {
  type: 'variable';
  at: number;
  name: string;
  path: string[];
}
export interface ChainNode {
  type: 'chain';
  at: number;
  operand: Operand;
  path: string[];
}
export interface IdentifierNode {
  type: 'identifier';
  at: number;
  name: string;
}
export interface NumberNode {
  type: 'number';
  at: number;
  text: string;
  /** Absent where the number is not of that kind. */
  integer: bigint | undefined;
  unsigned: bigint | undefined;
  float: number | undefined;
  /** Imaginary part; undefined for a real number. */
  imaginary: number | undefined;
}
export interface StringNode {
  type: 'string';
  at: number;
  value: string;
}
export interface BoolNode {
  type: 'bool';
  at: number;
  value: boolean;
}
export interface DotNode {
  type: 'dot';
  at: number;
}
export interface NilNode {
  type: 'nil';
  at: number;
}
export type Operand =
  | FieldNode
  | VariableNode
  | ChainNode
  | IdentifierNode
  | NumberNode
  | StringNode
  | BoolNode
  | DotNode
  | NilNode
  | PipeNode;

/** A template and those that it defines, by name. */
export interface ParsedTemplates {
  main: Node[];
  named: ReadonlyMap<string, Node[]>;
}
