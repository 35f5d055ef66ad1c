/**
 * The mustache dialect: the `mustache` package parses and walks; looking up and writing are ours, so that only own
 * properties are seen, nothing is called, values print as in Go templates and no HTML is escaped.
 */
import Mustache from 'mustache';
import { itemsOf } from '../go/collections.ts';
import { likeliest } from '../go/did-you-mean.ts';
import { sprint } from '../go/format.ts';
import { ANY, type Mistake, memberOf as memberShape, type Shape, type Shapes } from '../go/shape.ts';
import { isPlainMap } from '../go/typed.ts';
import { GoTypedMap } from '../go/value.ts';
import {
  type Allowance,
  createAllowance,
  DEFAULT_LIMITS,
  LimitError,
  type Limits,
  type Printed,
} from './gotemplate/run.ts';
import { isTrue } from './gotemplate/values.ts';

export interface MustacheOptions {
  printed?: Printed;
  /** Source of another template. */
  partial?: (name: string) => string | undefined;
  limits?: Readonly<Limits>;
  /** Shared with other executions. @defaultValue all that the limits give */
  allowance?: Allowance;
}

export type MustacheResult =
  | { ok: true; output: string }
  | { ok: false; error: { message: string; at: number } };

export interface MustacheTemplate {
  /** Names that tags look up, to warn of `secrets`. */
  readonly names: readonly string[];
  execute(vars: Readonly<Record<string, unknown>>, options: MustacheOptions): MustacheResult;
}

export type MustacheCompilation =
  | { ok: true; template: MustacheTemplate }
  | { ok: false; error: { message: string; at: number } };

type Tokens = ReturnType<InstanceType<typeof Mustache.Writer>['parse']>;
type Token = Tokens[number];

/** An own property of a map; undefined for everything else. */
function property(value: unknown, name: string): unknown {
  if (value instanceof GoTypedMap) return value.entries.get(name);
  return isPlainMap(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

/** What a section tests and iterates over, in the package's terms. */
function sectionValue(value: unknown): unknown {
  if (typeof value === 'function') return undefined;
  const items = itemsOf(value);
  if (items !== undefined) return items;
  return isTrue(value) ? value : undefined;
}

class SafeContext extends Mustache.Context {
  private readonly up: SafeContext | undefined;
  private readonly spend: (steps: number) => void;
  constructor(view: unknown, up: SafeContext | undefined, spend: (steps: number) => void) {
    super(view, up as Mustache.Context);
    this.up = up;
    this.spend = spend;
  }
  override push(view: unknown): SafeContext {
    this.spend(1);
    return new SafeContext(view, this, this.spend);
  }
  find(name: string): unknown {
    this.spend(1 + (name.length >> 3));
    if (name === '.') return this.view;
    const [first = '', ...rest] = name.split('.');
    const found = this.own(first);
    return found === undefined ? undefined : rest.reduce<unknown>(property, found);
  }
  /** In this view or in the nearest around it. */
  private own(name: string): unknown {
    this.spend(1);
    const found = property(this.view, name);
    return found === undefined ? this.up?.own(name) : found;
  }
  override lookup(name: string): unknown {
    return sectionValue(this.find(name));
  }
}

class SafeWriter extends Mustache.Writer {
  output = '';
  private readonly allowance: Allowance;
  private depth = 0;
  private readonly options: MustacheOptions;
  private readonly limits: Readonly<Limits>;
  constructor(options: MustacheOptions) {
    super();
    this.options = options;
    this.limits = options.limits ?? DEFAULT_LIMITS;
    this.allowance = options.allowance ?? createAllowance(this.limits);
  }

  readonly spend = (steps: number): void => {
    this.allowance.steps -= steps;
    if (this.allowance.steps < 0)
      throw new LimitError(`the template needs more than ${this.limits.steps} steps`);
  };

  private write(text: string): string {
    this.output += text;
    this.allowance.output -= text.length;
    if (this.allowance.output < 0) {
      throw new LimitError(`the output is longer than ${this.limits.output} characters`);
    }
    // The package joins what it gets; we keep the text ourselves, for filters that look at what precedes.
    return '';
  }

  override rawValue(token: string[]): string {
    return this.write(token[1] as string);
  }

  override escapedValue(token: string[], context: Mustache.Context): string {
    return this.unescapedValue(token, context);
  }

  override unescapedValue(token: string[], context: Mustache.Context): string {
    const value = (context as SafeContext).find(token[1] as string);
    if (value === undefined || value === null || typeof value === 'function') return '';
    const text = sprint(value);
    this.spend(text.length >> 6);
    this.options.printed?.(text, { action: Number(token[2]), start: this.output.length });
    return this.write(text);
  }

  override renderPartial(
    token: string[],
    context: Mustache.Context,
    partials: Mustache.PartialsOrLookupFn | undefined,
    config?: Mustache.OpeningAndClosingTags | Mustache.RenderOptions,
  ): string {
    const name = token[1] as string;
    this.spend(1);
    if (this.options.partial?.(name) === undefined)
      throw new Error(`there is no template ${JSON.stringify(name)} to include`);
    if (this.depth >= this.limits.depth)
      throw new LimitError(`templates include each other more than ${this.limits.depth} deep`);
    this.depth += 1;
    super.renderPartial(token, context, partials, config as Mustache.OpeningAndClosingTags);
    this.depth -= 1;
    return '';
  }
}

function failure(error: unknown): { ok: false; error: { message: string; at: number } } {
  if (!(error instanceof Error)) throw error;
  const found = /^(.*) at (\d+)$/s.exec(error.message);
  if (found === null) return { ok: false, error: { message: error.message, at: 0 } };
  return { ok: false, error: { message: found[1] as string, at: Number(found[2]) } };
}

function namesIn(tokens: readonly Token[]): string[] {
  return tokens.flatMap((token) => {
    const names = token[0] === 'text' ? [] : [String(token[1])];
    return Array.isArray(token[4]) ? [...names, ...namesIn(token[4] as Token[])] : names;
  });
}

/** Names that nothing has, in a template that compiles; none in one that does not. */
export function inspectMustache(source: string, variables: Shapes): Mistake[] {
  const mistakes: Mistake[] = [];
  const inspect = (tokens: readonly Token[], views: readonly Shape[]): void => {
    for (const token of tokens) {
      const [type, name, start] = [token[0], String(token[1]), Number(token[2])];
      if (type === 'text' || type === '>' || type === '!' || type === '=') continue;
      const shape = inspectName(name, source.indexOf(name, start), views, mistakes);
      if (!Array.isArray(token[4])) continue;
      const view = shape.kind === 'list' ? shape.element : shape;
      const isScalar = view.kind === 'text' || view.kind === 'scalar';
      inspect(token[4] as Token[], type === '#' && !isScalar ? [...views, view] : views);
    }
  };
  try {
    inspect(new Mustache.Writer().parse(source), [{ kind: 'object', fields: variables }]);
  } catch (error) {
    failure(error);
    return [];
  }
  return mistakes;
}

/** A name is looked for in the innermost view first, what follows its dot in what was found alone. */
function inspectName(name: string, at: number, views: readonly Shape[], mistakes: Mistake[]): Shape {
  if (name === '.') return views.at(-1) ?? ANY;
  const [first = '', ...rest] = name.split('.');
  // What stands in a view of which nothing is known hides what is further out.
  const holder =
    views.findLast((view) => view.kind !== 'object' || view.fields.has(first)) ??
    views.findLast(
      (view) => view.kind === 'object' && likeliest(first, [...view.fields.keys()]) !== undefined,
    ) ??
    views[0];
  if (holder?.kind !== 'object') return ANY;
  let shape: Shape = holder;
  let path = '';
  for (const part of [first, ...rest]) {
    const member = memberShape(shape, part, path === '' ? 'the template' : path);
    if (member.mistake) mistakes.push({ at: at + (path === '' ? 0 : path.length + 1), ...member.mistake });
    shape = member.shape;
    path = path === '' ? part : `${path}.${part}`;
  }
  return shape;
}

export function compileMustache(source: string): MustacheCompilation {
  let tokens: Tokens;
  try {
    tokens = new Mustache.Writer().parse(source);
  } catch (error) {
    return failure(error);
  }
  return {
    ok: true,
    template: {
      names: namesIn(tokens),
      execute(vars, options) {
        const writer = new SafeWriter(options);
        try {
          const context = new SafeContext(vars, undefined, writer.spend);
          writer.renderTokens(tokens as unknown as string[][], context, options.partial ?? {}, source);
          return { ok: true, output: writer.output };
        } catch (error) {
          return failure(error);
        }
      },
    },
  };
}
