import type { Mistake, Shapes } from '../go/shape.ts';
import type { Allowance } from './gotemplate/run.ts';
import type { Marking } from './marks.ts';

export type Dialect = 'go' | 'mustache';

/** A string of a template, compiled. */
export interface TemplateString {
  /** Where it stands in the template: `['slack', 'attachments']`. */
  path: readonly string[];
  source: string;
  dialect: Dialect;
  /** Where an offset of `source` stands inside the value of the ConfigMap key. */
  locate(offset: number): Place | undefined;
  render(vars: TemplateVars, options: StringOptions): RenderedString;
  /** What it reads that nothing has; `variables` are what it sees. */
  inspect(variables: Shapes): Mistake[];
}

/** From 1. */
export interface Place {
  line: number;
  column: number;
}

/**
 * Changes a printed value. `preceding` is the text before it, as changed; `isForeign` says whether the character at
 * an index comes from the cluster, and not from the template, the context or the Secret.
 */
export type PrintFilter = (
  value: string,
  at: { preceding: string; isForeign(index: number): boolean },
) => string;

export interface StringOptions {
  /** What all strings of a notification may spend together. */
  allowance?: Allowance;
  filterValue?: PrintFilter;
  /** The text of another template, which mustache includes as a partial. */
  partial?: (name: string) => string | undefined;
}

export type RenderedString =
  | { ok: true; text: string }
  /** Line and column inside the value of the ConfigMap key, from 1. */
  | { ok: false; error: string; line?: number; column?: number };

/** A section, or a part of one: strings are rendered, the rest stays. */
export type SectionTree =
  | TemplateString
  | SectionObject
  | readonly SectionTree[]
  | boolean
  | number
  | null
  | string;
export interface SectionObject {
  readonly [field: string]: SectionTree;
}

/** A notification template, compiled: the text, and a section per service type. */
export interface Template {
  name: string;
  message?: TemplateString;
  sections: ReadonlyMap<string, SectionObject>;
  /** Every compiled string in the order of the template. */
  strings: readonly TemplateString[];
}

/** The variables of one rendering, made by `templateVars`. */
export interface TemplateVars {
  readonly values: Readonly<Record<string, unknown>>;
  /** Unix milliseconds. */
  readonly now: number;
  /** What stands for a mention, see `Service.mention`. */
  readonly mention?: (name: string) => string;
  /** The same, with what comes from the cluster marked. Absent: everything that is printed counts as foreign. */
  readonly marked?: (marking: Marking) => Readonly<Record<string, unknown>>;
}
