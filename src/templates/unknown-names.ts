/**
 * Methods, members and variables that a Go template names and nothing has: it compiles, and fails or prints
 * `<no value>` when it runs. (Unknown functions do not compile.)
 */
import { likeliest } from '../go/did-you-mean.ts';
import { parseSignature } from '../go/function.ts';
import { methodNames, methodType } from '../go/methods.ts';
import { NAMESPACE_NAMES, namespaceMemberType, namespaceNames } from '../go/namespaces/known.ts';
import { SHARED_NAMES } from '../go/namespaces/shared.ts';
import type { Node, Operand, PipeNode } from './gotemplate/ast.ts';
import { TemplateSyntaxError } from './gotemplate/lexer.ts';
import { parseTemplate } from './gotemplate/parser.ts';
import { SPRIG_LIBRARY } from './sprig/functions.ts';
import type { Dialect } from './template.ts';

export interface UnknownName {
  /** As written: `Minuts`. */
  name: string;
  kind: 'variable' | 'method' | 'field';
  /** The namespace or Go type that has no such member: `time`, `time.Duration`; absent for a variable. */
  of?: string;
  /** Of the name in the text of the template, in UTF-16 units; `TemplateString.locate` finds its line. */
  offset: number;
  /** What may have been meant. */
  suggestion?: string;
}

const VARIABLES: readonly string[] = [
  'app',
  'appProject',
  'context',
  'secrets',
  'serviceType',
  'recipient',
  'shared',
  ...NAMESPACE_NAMES,
];

/** What is known of a value: the variables themselves, a namespace, or a Go type; undefined: nothing. */
type Known = { is: 'variables' } | { is: 'namespace'; name: string } | { is: 'type'; go: string } | undefined;

const resultOf = (type: string | undefined): Known => {
  if (type === undefined || !type.startsWith('func(')) return undefined;
  const go = parseSignature(type).out[0];
  return go === undefined ? undefined : { is: 'type', go };
};

class Search {
  readonly found: UnknownName[] = [];
  private readonly source: string;
  private readonly declared = new Map<string, Known>();

  constructor(source: string) {
    this.source = source;
  }

  walk(nodes: readonly Node[], dot: Known): void {
    for (const node of nodes) {
      if (!('pipe' in node)) continue;
      const value = node.pipe === undefined ? undefined : this.pipe(node.pipe, dot);
      if (!('list' in node)) continue;
      this.walk(node.list, node.type === 'if' ? dot : node.type === 'with' ? value : undefined);
      this.walk(node.elseList ?? [], dot);
    }
  }

  private pipe({ commands, variables, isAssign }: PipeNode, dot: Known): Known {
    let value: Known;
    for (const { args } of commands) {
      const [first, ...rest] = args;
      const known = this.operand(first, dot);
      const given = rest.map((each) => this.operand(each, dot));
      const isCall = first.type === 'identifier' && first.name === 'call';
      value = isCall && given[0]?.is === 'type' ? resultOf(given[0].go) : known;
    }
    for (const name of variables) this.declared.set(name, isAssign ? undefined : value);
    // Of `range $i, $x :=` nothing is known.
    if (variables.length > 1) for (const name of variables) this.declared.set(name, undefined);
    return value;
  }

  private operand(node: Operand, dot: Known): Known {
    switch (node.type) {
      case 'dot':
        return dot;
      case 'field':
        return this.path(dot, node.path, node.at);
      case 'variable':
        return this.path(
          node.name === '$' ? { is: 'variables' } : this.declared.get(node.name),
          node.path,
          node.at,
        );
      case 'chain':
        return this.path(this.operand(node.operand, dot), node.path, node.at);
      case 'identifier': {
        const out = SPRIG_LIBRARY.functions.get(node.name)?.signature.out[0];
        return out === undefined ? undefined : { is: 'type', go: out };
      }
      case 'pipe':
        return this.pipe(node, dot);
      default:
        return undefined;
    }
  }

  private path(start: Known, path: readonly string[], at: number): Known {
    let value = start;
    for (const name of path) value = this.member(value, name, at);
    return value;
  }

  private member(of: Known, name: string, at: number): Known {
    if (of === undefined) return undefined;
    if (of.is === 'variables') {
      if (!VARIABLES.includes(name)) this.report({ name, kind: 'variable', offset: at }, VARIABLES);
      return NAMESPACE_NAMES.includes(name) || name === 'shared' ? { is: 'namespace', name } : undefined;
    }
    if (of.is === 'namespace') {
      const names = of.name === 'shared' ? SHARED_NAMES : (namespaceNames(of.name) ?? []);
      if (!names.includes(name)) this.report({ name, kind: 'field', of: of.name, offset: at }, names);
      const type = namespaceMemberType(of.name, name);
      return type === undefined ? undefined : { is: 'type', go: type };
    }
    const methods = methodNames(of.go);
    if (methods === undefined) return undefined;
    const type = methodType(of.go, name);
    if (type === undefined) this.report({ name, kind: 'method', of: of.go, offset: at }, methods);
    return resultOf(type);
  }

  private report(unknown: UnknownName, candidates: readonly string[]): void {
    const suggestion = likeliest(unknown.name, candidates);
    // The node begins where its path does.
    const dot = this.source.indexOf(`.${unknown.name}`, unknown.offset);
    this.found.push({
      ...unknown,
      offset: dot < 0 ? unknown.offset : dot + 1,
      ...(suggestion === undefined ? {} : { suggestion }),
    });
  }
}

/** None for a text that does not parse: compiling it says why. Mustache texts have no functions. */
export function unknownNames({ source, dialect }: { source: string; dialect: Dialect }): UnknownName[] {
  if (dialect !== 'go' || !source.includes('{{')) return [];
  const search = new Search(source);
  try {
    const { main, named } = parseTemplate('', source, () => undefined);
    search.walk(main, { is: 'variables' });
    for (const nodes of named.values()) if (nodes !== main) search.walk(nodes, undefined);
  } catch (error) {
    if (!(error instanceof TemplateSyntaxError) && !(error instanceof RangeError)) throw error;
  }
  return search.found;
}
