/** One evaluation: what it may still spend, and the frames in which variables and closures live. */

import { entriesOf, itemsOf } from '../../go/collections.ts';
import type { Budget } from '../../go/compare.ts';
import { AllowanceError, LimitError } from './errors.ts';
import { LIMITS } from './limits.ts';

/** Characters that a text function reads in the time of one step. */
const CHARACTERS_A_STEP = 64;
/** Elements that are made in the time of one step. */
const ELEMENTS_A_STEP = 16;

/** Steps that several evaluations share. */
export interface StepAllowance {
  /** Left; below 0 nothing is evaluated any more. */
  steps: number;
  /** What the error says then: "more than … steps". */
  readonly exhausted: string;
}

export class Run implements Budget {
  memory = 0;
  steps = 0;
  /** Characters seen by the walk under way. */
  private walked = 0;
  /** The clock of `now()`, Unix milliseconds. */
  now = 0;
  /** What the evaluations of one configuration may spend together. */
  private allowance: StepAllowance | undefined;

  reset(now: number, allowance?: StepAllowance): void {
    this.memory = 0;
    this.steps = 0;
    this.now = now;
    this.allowance = allowance;
  }

  spend(steps: number): void {
    this.steps += steps;
    if (this.steps > LIMITS.steps) throw new LimitError(`more than ${LIMITS.steps} steps`);
    const { allowance } = this;
    if (allowance === undefined) return;
    allowance.steps -= steps;
    if (allowance.steps < 0) throw new AllowanceError(allowance.exhausted);
  }

  /** Elements put into a list, map or repeated string. */
  grow(elements: number): void {
    this.memory += elements;
    this.spend(elements / ELEMENTS_A_STEP);
    if (this.memory >= LIMITS.memory) throw new LimitError(`more than ${LIMITS.memory} elements`);
  }

  text(text: string): string {
    if (text.length > LIMITS.text) throw new LimitError(`a text of more than ${LIMITS.text} characters`);
    return text;
  }

  /** Pays for reading texts: long ones cost more than a step. */
  read(characters: number): void {
    if (characters >= CHARACTERS_A_STEP) this.spend(characters / CHARACTERS_A_STEP);
  }

  /** Pays for walking through a whole value, shared parts as often as they appear, to make a text of it. */
  walk(value: unknown): void {
    this.walked = 0;
    this.walkOn(value);
  }

  private walkOn(value: unknown): void {
    this.spend(1);
    if (typeof value === 'string') {
      this.walked += value.length;
      this.read(value.length);
      this.read(value.length);
      if (this.walked > LIMITS.text) throw new LimitError(`a text of more than ${LIMITS.text} characters`);
    }
    if (typeof value !== 'object' || value === null) return;
    const items = itemsOf(value);
    if (items !== undefined) {
      for (const item of items) this.walkOn(item);
      return;
    }
    for (const [, item] of entriesOf(value) ?? []) this.walkOn(item);
  }
}

/**
 * The variables of one evaluation of an expression, or of one call of a closure. expr-eval reads them by name;
 * the lowering defines each name as a getter on a subclass, so that a value is resolved when it is first needed.
 */
export class Frame {
  /** What the caller passed in, `$env`. */
  readonly env: Readonly<Record<string, unknown>>;
  /** The frame around a closure. */
  readonly parent: Frame | undefined;
  /** `#`, `#index` and `#acc`. */
  item: unknown = null;
  index = 0;
  acc: unknown = null;
  /** Values of `let` and of parts that are read twice. */
  readonly slots: unknown[] = [];

  constructor(env: Readonly<Record<string, unknown>>, parent: Frame | undefined) {
    this.env = env;
    this.parent = parent;
  }
}

export type FrameClass = new (env: Readonly<Record<string, unknown>>, parent: Frame | undefined) => Frame;
