/** One execution of a template: output, variables and what it may still spend. */

import { entriesOf, itemsOf } from '../../go/collections.ts';
import type { GoLocation } from '../../go/location.ts';

/** What a template may use. Every number is a count, `output` and `text` are characters. */
export interface Limits {
  /** Nodes, calls and iterations, plus the size of what functions read and make. */
  steps: number;
  output: number;
  /** The longest string and list that a function may make. */
  text: number;
  list: number;
  /** Templates inside templates. */
  depth: number;
}

export const DEFAULT_LIMITS: Readonly<Limits> = {
  steps: 1_000_000,
  /** A cluster stores objects of up to 1.5 MB, and escaping makes what is printed of one longer. */
  output: 2_000_000,
  text: 2_000_000,
  list: 100_000,
  depth: 500,
};

/** Pays for walking through a whole value, shared parts as often as they appear, to make a text of it. */
export function spendWalk(run: { spend(steps: number): void }, value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  const items = itemsOf(value) ?? entriesOf(value)?.map(([, item]) => item);
  if (items === undefined) return;
  run.spend(items.length);
  for (const item of items) spendWalk(run, item);
}

/** What is left of the limits for executions that share them, such as those of all strings of one notification. */
export interface Allowance {
  steps: number;
  output: number;
}

export function createAllowance({ steps, output }: Readonly<Limits> = DEFAULT_LIMITS): Allowance {
  return { steps, output };
}

/** A template that failed while it ran. `at` is an offset in the source. */
export class ExecutionError extends Error {
  readonly at: number;
  constructor(message: string, at: number, options?: ErrorOptions) {
    super(message, options);
    this.at = at;
  }
}

/** A limit was reached. */
export class LimitError extends Error {}

/** Told of each value that is printed: the offset of its action in the source, and where in the output it begins. */
export type Printed = (value: string, at: { action: number; start: number }) => void;

/** What functions know of their execution. */
export interface FunctionContext {
  /** Unix milliseconds. */
  readonly now: number;
  /** What `Local` means. */
  readonly location: GoLocation;
  readonly limits: Readonly<Limits>;
  /** What stands for a mention, see `Service.mention`; absent: the destination mentions nobody. */
  readonly mention: ((name: string) => string) | undefined;
  /** Counts work; throws a LimitError when the budget is used up. */
  spend(steps: number): void;
  /** To be applied to what a function decodes: text that nobody could see before. */
  decoded(text: string): string;
}

export interface RunOptions {
  now: number;
  location: GoLocation;
  limits: Readonly<Limits>;
  allowance: Allowance;
  mention?: (name: string) => string;
  printed?: Printed;
  decoded?: (text: string) => string;
}

export class Run implements FunctionContext {
  output = '';
  depth = 0;
  readonly now: number;
  readonly location: GoLocation;
  readonly limits: Readonly<Limits>;
  readonly mention: ((name: string) => string) | undefined;
  readonly printed: Printed | undefined;
  readonly decoded: (text: string) => string;
  private readonly allowance: Allowance;
  private names: string[];
  private values: unknown[];

  constructor(dot: unknown, options: RunOptions) {
    this.now = options.now;
    this.location = options.location;
    this.limits = options.limits;
    this.mention = options.mention;
    this.printed = options.printed;
    this.decoded = options.decoded ?? ((text) => text);
    this.allowance = options.allowance;
    this.names = ['$'];
    this.values = [dot];
  }

  spend(steps: number): void {
    this.allowance.steps -= steps;
    if (this.allowance.steps < 0)
      throw new LimitError(`the template needs more than ${this.limits.steps} steps`);
  }

  write(text: string): void {
    this.output += text;
    this.allowance.output -= text.length;
    if (this.allowance.output < 0) {
      throw new LimitError(`the output is longer than ${this.limits.output} characters`);
    }
  }

  mark(): number {
    return this.names.length;
  }

  pop(mark: number): void {
    this.names.length = mark;
    this.values.length = mark;
  }

  declare(name: string, value: unknown): void {
    this.names.push(name);
    this.values.push(value);
  }

  /** False where there is no such variable. */
  assign(name: string, value: unknown): boolean {
    const at = this.names.lastIndexOf(name);
    if (at >= 0) this.values[at] = value;
    return at >= 0;
  }

  /** Sets the variable that is `fromTop` below the top of the stack (1: the top). */
  setTop(fromTop: number, value: unknown): void {
    this.values[this.values.length - fromTop] = value;
  }

  has(name: string): boolean {
    return this.names.includes(name);
  }

  variable(name: string): unknown {
    return this.values[this.names.lastIndexOf(name)];
  }

  /** Runs a body with fresh variables: a called template inherits none. */
  call(dot: unknown, body: () => void): void {
    if (this.depth >= this.limits.depth)
      throw new LimitError(`templates call each other more than ${this.limits.depth} deep`);
    const { names, values } = this;
    this.names = ['$'];
    this.values = [dot];
    this.depth += 1;
    body();
    this.depth -= 1;
    this.names = names;
    this.values = values;
  }
}
