/** The sandbox's limits. A condition that goes over one fails alone, with an error that names it. */
export const LIMITS = {
  /** Characters of an expression. */
  source: 64 * 1024,
  /** Nodes of the syntax tree: expr-lang's own limit. */
  nodes: 10_000,
  /** Parentheses, brackets, unary operators and other nesting of the source. */
  nesting: 100,
  /** Depth of the syntax tree; a chain of the same logical operator counts once. */
  depth: 200,
  /** Elements that an evaluation may put into arrays, maps and repeated strings: expr-lang's memory budget. */
  memory: 1_000_000,
  /**
   * Parts of the expression that closures evaluate, and elements compared, printed or copied, in one evaluation. As many
   * as are allowed take about a tenth of a second.
   */
  steps: 200_000,
  /** Characters of any text that an evaluation makes. */
  text: 2_000_000,
  /** Regular expressions kept per expression where the pattern is not constant. */
  patterns: 32,
} as const;
