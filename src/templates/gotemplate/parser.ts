/**
 * Parser of Go's text/template: token stream → nodes. Refuses what Go refuses when it parses (unknown functions,
 * undeclared variables, `break` outside `range`, values in the middle of a pipeline …).
 * Longer than most files: the methods call each other as the grammar does.
 */
import { quote } from '../../go/strconv.ts';
import { unquote } from '../../go/strconv-unquote.ts';
import type { BranchNode, ChainNode, CommandNode, Node, Operand, ParsedTemplates, PipeNode } from './ast.ts';
import { createLexer, type Lexer, TemplateSyntaxError, type Token, type TokenType } from './lexer.ts';
import { parseNumber } from './literals.ts';

/** How deep blocks and parentheses may nest: a template deeper than this is an attack, and recursion has a price. */
const MAX_NESTING = 500;

type Closing = { type: 'end'; at: number } | { type: 'else'; at: number };
type Item = Node | Closing;

/** What differs between a template and those that it defines. */
interface Scope {
  variables: string[];
  rangeDepth: number;
}

/** Says why a name is no function; undefined where it is one. */
export type CheckFunction = (name: string) => string | undefined;

export function parseTemplate(name: string, source: string, checkFunction: CheckFunction): ParsedTemplates {
  return new Parser(name, source, checkFunction).parse();
}

function isEmpty(nodes: readonly Node[]): boolean {
  return nodes.every((node) => node.type === 'text' && node.text.trim() === '');
}

const OPERAND_TOKENS: ReadonlySet<TokenType> = new Set<TokenType>([
  'bool',
  'char',
  'complex',
  'dot',
  'field',
  'identifier',
  'number',
  'rawString',
  'string',
  'variable',
  'leftParen',
]);

class Parser {
  private readonly name: string;
  private readonly source: string;
  private readonly checkFunction: CheckFunction;
  private readonly lexer: Lexer;
  /** Tokens put back, the next one last. */
  private readonly pending: Token[] = [];
  private readonly named = new Map<string, Node[]>();
  private scope: Scope = { variables: ['$'], rangeDepth: 0 };
  private nesting = 0;

  constructor(name: string, source: string, checkFunction: CheckFunction) {
    this.name = name;
    this.source = source;
    this.checkFunction = checkFunction;
    this.lexer = createLexer(source);
  }

  parse(): ParsedTemplates {
    const main: Node[] = [];
    while (this.peek().type !== 'end') {
      const item = this.topLevelItem();
      if (item === undefined) continue;
      if (item.type === 'end' || item.type === 'else') this.fail(`unexpected {{${item.type}}}`, item.at);
      else main.push(item);
    }
    this.define(this.name, main, 0);
    return { main: this.named.get(this.name) as Node[], named: this.named };
  }

  private topLevelItem(): Item | undefined {
    const first = this.peek();
    if (first.type !== 'left') return this.textOrAction();
    this.next();
    const keyword = this.nextNonSpace();
    if (keyword.type === 'keyword' && keyword.text === 'define') {
      this.defineClause();
      return undefined;
    }
    this.pending.push(keyword, first);
    return this.textOrAction();
  }

  private fail(message: string, at: number): never {
    throw new TemplateSyntaxError(message, at);
  }

  private unexpected(token: Token, context: string): never {
    const what = token.type === 'end' ? 'end of the template' : quote(token.text);
    this.fail(`unexpected ${what} in ${context}`, token.at);
  }

  private next(): Token {
    return this.pending.pop() ?? this.lexer.next();
  }

  private peek(): Token {
    const token = this.next();
    this.pending.push(token);
    return token;
  }

  private nextNonSpace(): Token {
    let token = this.next();
    while (token.type === 'space') token = this.next();
    return token;
  }

  private peekNonSpace(): Token {
    const token = this.nextNonSpace();
    this.pending.push(token);
    return token;
  }

  private expect(type: TokenType, context: string): Token {
    const token = this.nextNonSpace();
    return token.type === type ? token : this.unexpected(token, context);
  }

  private define(name: string, nodes: Node[], at: number): void {
    const known = this.named.get(name);
    if (known === undefined || isEmpty(known)) this.named.set(name, nodes);
    else if (!isEmpty(nodes)) this.fail(`template: multiple definition of template ${quote(name)}`, at);
  }

  /** The body of a `define` or `block`, which sees no variables of its surroundings. */
  private definition(name: string, context: string, at: number): void {
    const outer = this.scope;
    this.scope = { variables: ['$'], rangeDepth: 0 };
    const { list, closing } = this.itemList(context.split(' ')[0] ?? '', at);
    if (closing.type !== 'end') this.fail(`unexpected {{else}} in ${context}`, closing.at);
    this.scope = outer;
    this.define(name, list, at);
  }

  private defineClause(): void {
    const token = this.nextNonSpace();
    const name = this.templateName(token, 'define clause');
    this.expect('right', 'define clause');
    this.definition(name, 'define clause', token.at);
  }

  private templateName(token: Token, context: string): string {
    if (token.type !== 'string' && token.type !== 'rawString') this.unexpected(token, context);
    return this.unquoted(token);
  }

  private unquoted(token: Token): string {
    return unquote(token.text) ?? this.fail('invalid syntax in a string', token.at);
  }

  private itemList(opening: string, at: number): { list: Node[]; closing: Closing } {
    this.nesting += 1;
    if (this.nesting > MAX_NESTING) this.fail('blocks are nested too deeply', this.peek().at);
    const list: Node[] = [];
    while (this.peekNonSpace().type !== 'end') {
      const item = this.textOrAction();
      if (item.type === 'end' || item.type === 'else') {
        this.nesting -= 1;
        return { list, closing: item };
      }
      list.push(item);
    }
    return this.fail(`{{${opening}}} has no {{end}}`, at);
  }

  private textOrAction(): Item {
    const token = this.nextNonSpace();
    if (token.type === 'text') return { type: 'text', at: token.at, text: token.text };
    if (token.type === 'left') return this.action();
    return this.unexpected(token, 'input');
  }

  private action(): Item {
    const token = this.nextNonSpace();
    if (token.type === 'keyword') {
      switch (token.text) {
        case 'block':
          return this.blockClause();
        case 'break':
        case 'continue':
          return this.jump(token.text, token.at);
        case 'else':
          return this.elseClause(token.at);
        case 'end':
          this.expect('right', 'end');
          return { type: 'end', at: token.at };
        case 'if':
        case 'range':
        case 'with':
          return this.branch(token.text, token.at);
        case 'template':
          return this.templateClause(token.at);
        default:
      }
    }
    this.pending.push(token);
    return { type: 'action', at: token.at, pipe: this.pipeline('command', 'right') };
  }

  private jump(type: 'break' | 'continue', at: number): Node {
    const token = this.nextNonSpace();
    if (token.type !== 'right') this.unexpected(token, `{{${type}}}`);
    if (this.scope.rangeDepth === 0) this.fail(`{{${type}}} outside {{range}}`, at);
    return { type, at };
  }

  private elseClause(at: number): Closing {
    const token = this.peekNonSpace();
    const chained = token.type === 'keyword' && (token.text === 'if' || token.text === 'with');
    if (!chained) this.expect('right', 'else');
    return { type: 'else', at };
  }

  private blockClause(): Node {
    const token = this.nextNonSpace();
    const name = this.templateName(token, 'block clause');
    const pipe = this.pipeline('block clause', 'right');
    this.definition(name, 'block clause', token.at);
    return { type: 'template', at: token.at, name, pipe };
  }

  private templateClause(at: number): Node {
    const name = this.templateName(this.nextNonSpace(), 'template clause');
    const token = this.nextNonSpace();
    if (token.type === 'right') return { type: 'template', at, name, pipe: undefined };
    this.pending.push(token);
    return { type: 'template', at, name, pipe: this.pipeline('template clause', 'right') };
  }

  private branch(type: BranchNode['type'], at: number): BranchNode {
    const mark = this.scope.variables.length;
    const pipe = this.pipeline(type, 'right');
    if (type === 'range') this.scope.rangeDepth += 1;
    const { list, closing } = this.itemList(type, at);
    if (type === 'range') this.scope.rangeDepth -= 1;
    const elseList = closing.type === 'else' ? this.elseList(type, at) : undefined;
    this.scope.variables.length = mark;
    return { type, at, pipe, list, elseList };
  }

  /** `{{else if}}` and `{{else with}}` share the `{{end}}` of the branch that they continue. */
  private elseList(type: BranchNode['type'], at: number): Node[] {
    const token = this.peek();
    if (type !== 'range' && token.type === 'keyword' && token.text === type) {
      this.next();
      return [this.branch(type, token.at)];
    }
    const { list, closing } = this.itemList(type, at);
    if (closing.type !== 'end') this.fail('expected {{end}}; found {{else}}', closing.at);
    return list;
  }

  private declarations(pipe: PipeNode, context: string): void {
    for (;;) {
      const variable = this.peekNonSpace();
      if (variable.type !== 'variable') return;
      this.next();
      const following = this.peek();
      const token = this.peekNonSpace();
      if (token.type === 'assign' || token.type === 'declare') {
        pipe.isAssign = token.type === 'assign';
        this.nextNonSpace();
        pipe.variables.push(variable.text);
        this.scope.variables.push(variable.text);
        return;
      }
      if (token.type !== 'punctuation' || token.text !== ',') {
        if (following.type === 'space') this.pending.push(following);
        this.pending.push(variable);
        return;
      }
      this.nextNonSpace();
      pipe.variables.push(variable.text);
      this.scope.variables.push(variable.text);
      if (context !== 'range' || pipe.variables.length > 1)
        this.fail(`too many declarations in ${context}`, token.at);
      const second = this.peekNonSpace().type;
      if (second !== 'variable' && second !== 'right' && second !== 'rightParen') {
        this.fail('range can only initialize variables', token.at);
      }
    }
  }

  private pipeline(context: string, end: TokenType): PipeNode {
    const pipe: PipeNode = {
      type: 'pipe',
      at: this.peekNonSpace().at,
      variables: [],
      isAssign: false,
      commands: [],
    };
    this.declarations(pipe, context);
    for (;;) {
      const token = this.nextNonSpace();
      if (token.type === end) break;
      const startsOperand =
        OPERAND_TOKENS.has(token.type) || (token.type === 'keyword' && token.text === 'nil');
      if (!startsOperand) this.unexpected(token, context);
      this.pending.push(token);
      pipe.commands.push(this.command());
    }
    this.checkPipeline(pipe, context);
    return pipe;
  }

  private checkPipeline(pipe: PipeNode, context: string): void {
    if (pipe.commands.length === 0) this.fail(`missing value for ${context}`, pipe.at);
    pipe.commands.slice(1).forEach((command, at) => {
      if (['bool', 'dot', 'nil', 'number', 'string'].includes(command.args[0].type)) {
        this.fail(`non executable command in pipeline stage ${at + 2}`, command.at);
      }
    });
  }

  private command(): CommandNode {
    const args: Operand[] = [];
    const start = this.peekNonSpace().at;
    let end = start;
    for (;;) {
      this.peekNonSpace();
      const operand = this.operand();
      if (operand !== undefined) args.push(operand);
      const token = this.next();
      end = token.at;
      if (token.type === 'space') continue;
      if (token.type === 'right' || token.type === 'rightParen') this.pending.push(token);
      else if (token.type !== 'pipe') this.unexpected(token, 'operand');
      break;
    }
    const [first, ...rest] = args;
    if (first === undefined) return this.fail('empty command', start);
    return { at: start, args: [first, ...rest], text: this.source.slice(start, end).trim() };
  }

  private operand(): Operand | undefined {
    const term = this.term();
    if (term === undefined || this.peek().type !== 'field') return term;
    const path: string[] = [];
    const at = term.at;
    while (this.peek().type === 'field') path.push(this.next().text.slice(1));
    switch (term.type) {
      case 'field':
      case 'variable':
        return { ...term, path: [...term.path, ...path] };
      case 'bool':
      case 'string':
      case 'number':
      case 'nil':
      case 'dot':
        return this.fail(`unexpected . after a ${term.type}`, at);
      default: {
        const chain: ChainNode = { type: 'chain', at, operand: term, path };
        return chain;
      }
    }
  }

  private term(): Operand | undefined {
    const token = this.nextNonSpace();
    const { at, text } = token;
    switch (token.type) {
      case 'identifier': {
        const problem = this.checkFunction(text);
        if (problem !== undefined) this.fail(problem, at);
        return { type: 'identifier', at, name: text };
      }
      case 'dot':
        return { type: 'dot', at };
      case 'keyword':
        if (text === 'nil') return { type: 'nil', at };
        break;
      case 'variable':
        if (!this.scope.variables.includes(text)) this.fail(`undefined variable ${quote(text)}`, at);
        return { type: 'variable', at, name: text, path: [] };
      case 'field':
        return { type: 'field', at, path: [text.slice(1)] };
      case 'bool':
        return { type: 'bool', at, value: text === 'true' };
      case 'char':
      case 'complex':
      case 'number': {
        const number = parseNumber(at, text);
        return typeof number === 'string' ? this.fail(number, at) : number;
      }
      case 'leftParen':
        return this.parenthesized(at);
      case 'string':
      case 'rawString':
        return { type: 'string', at, value: this.unquoted(token) };
      default:
    }
    this.pending.push(token);
    return undefined;
  }

  private parenthesized(at: number): PipeNode {
    this.nesting += 1;
    if (this.nesting > MAX_NESTING) this.fail('max expression depth exceeded', at);
    const pipe = this.pipeline('parenthesized pipeline', 'rightParen');
    this.nesting -= 1;
    return pipe;
  }
}
