/** A Kubernetes label selector, as k8s.io/apimachinery/pkg/labels parses and matches it. */
export interface Selector {
  matches(labels: Readonly<Record<string, string>>): boolean;
  /** The labels that decide, for callers that remember answers. */
  readonly keys: readonly string[];
}

export type SelectorResult = { ok: true; selector: Selector } | { ok: false; error: string; column: number };

type Operator = 'in' | 'notin' | 'exists' | 'absent' | 'greater' | 'less';

interface Requirement {
  key: string;
  operator: Operator;
  values: ReadonlySet<string>;
}

/** Parses a whole selector such as `env=prod, team in (a, b), !legacy`; blank selects everything. `column` is 1-based. */
export function parseSelector(text: string): SelectorResult {
  try {
    const requirements = parse(text);
    return {
      ok: true,
      selector: {
        keys: requirements.map((requirement) => requirement.key),
        matches: (labels) => requirements.every((requirement) => satisfies(requirement, labels)),
      },
    };
  } catch (error) {
    if (error instanceof SelectorFault) return { ok: false, error: error.message, column: error.column };
    throw error;
  }
}

function satisfies(
  { key, operator, values }: Requirement,
  labels: Readonly<Record<string, string>>,
): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case 'in':
      return value !== undefined && values.has(value);
    case 'notin':
      return value === undefined || !values.has(value);
    case 'exists':
      return value !== undefined;
    case 'absent':
      return value === undefined;
    case 'greater':
    case 'less':
      return value !== undefined && compares(value, operator, values);
  }
}

function compares(value: string, operator: 'greater' | 'less', values: ReadonlySet<string>): boolean {
  const left = parseInteger(value);
  const [bound] = values;
  const right = parseInteger(bound ?? '');
  if (left === undefined || right === undefined) return false;
  return operator === 'greater' ? left > right : left < right;
}

/** Go's `strconv.ParseInt(text, 10, 64)`. */
function parseInteger(text: string): bigint | undefined {
  if (!/^[-+]?\d+$/.test(text)) return undefined;
  const value = BigInt(text.replace('+', ''));
  return value >= -(2n ** 63n) && value < 2n ** 63n ? value : undefined;
}

class SelectorFault extends Error {
  readonly column: number;
  constructor(message: string, column: number) {
    super(message);
    this.column = column;
  }
}

interface Token {
  kind: 'identifier' | 'symbol' | 'end';
  text: string;
  column: number;
}

const symbols = new Set(['=', '==', '!=', '!', '(', ')', ',', '>', '<']);

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const character = text[at] ?? '';
    if (' \t\r\n'.includes(character)) {
      at++;
      continue;
    }
    const length = '=!(),<>'.includes(character) ? symbolLength(text, at) : identifierLength(text, at);
    const kind = '=!(),<>'.includes(character) ? 'symbol' : 'identifier';
    tokens.push({ kind, text: text.slice(at, at + length), column: at + 1 });
    at += length;
  }
  tokens.push({ kind: 'end', text: '', column: text.length + 1 });
  return tokens;
}

function symbolLength(text: string, at: number): number {
  return symbols.has(text.slice(at, at + 2)) ? 2 : 1;
}

function identifierLength(text: string, at: number): number {
  const end = text.slice(at).search(/[ \t\r\n=!(),<>]/);
  return end < 0 ? text.length - at : end;
}

function parse(text: string): Requirement[] {
  const tokens = tokenize(text);
  let next = 0;
  const peek = () => tokens[Math.min(next, tokens.length - 1)] as Token;
  const take = () => {
    const token = peek();
    next++;
    return token;
  };

  const requirements: Requirement[] = [];
  if (peek().kind === 'end') return requirements;
  for (;;) {
    requirements.push(requirement());
    const separator = take();
    if (separator.kind === 'end') return requirements;
    if (separator.text !== ',') throw expected(separator, "',' or the end");
  }

  function requirement(): Requirement {
    const absent = peek().text === '!';
    if (absent) take();
    const key = take();
    if (key.kind !== 'identifier') throw expected(key, absent ? 'a label' : "a label or '!'");
    checkKey(key);
    if (absent) return { key: key.text, operator: 'absent', values: new Set() };
    if (peek().kind === 'end' || peek().text === ',') {
      return { key: key.text, operator: 'exists', values: new Set() };
    }
    return comparison(key);
  }

  function comparison(key: Token): Requirement {
    const operator = take();
    switch (operator.text) {
      case 'in':
      case 'notin':
        return { key: key.text, operator: operator.text, values: list() };
      case '=':
      case '==':
        return { key: key.text, operator: 'in', values: new Set([value()]) };
      case '!=':
        return { key: key.text, operator: 'notin', values: new Set([value()]) };
      case '>':
      case '<': {
        const at = peek();
        const bound = value();
        if (parseInteger(bound) === undefined) throw fault(at, `'${operator.text}' needs a whole number`);
        return {
          key: key.text,
          operator: operator.text === '>' ? 'greater' : 'less',
          values: new Set([bound]),
        };
      }
      default:
        throw expected(operator, 'in, notin, =, ==, !=, > or <');
    }
  }

  function value(): string {
    if (peek().kind === 'end' || peek().text === ',') return '';
    const token = take();
    if (token.kind !== 'identifier') throw expected(token, 'a value');
    checkValue(token);
    return token.text;
  }

  /** Elements may be left out: `(,a)` holds the empty value. */
  function list(): Set<string> {
    const open = take();
    if (open.text !== '(') throw expected(open, "'('");
    const values = new Set<string>();
    if (peek().text === ')') {
      take();
      return values;
    }
    for (;;) {
      const token = peek();
      if (token.kind === 'identifier') {
        checkValue(take());
        values.add(token.text);
      } else values.add('');
      const separator = take();
      if (separator.text === ')') return values;
      if (separator.text !== ',') throw expected(separator, "',' or ')'");
    }
  }
}

function expected(token: Token, what: string): SelectorFault {
  const found = token.kind === 'end' ? 'the end' : JSON.stringify(token.text);
  return fault(token, `found ${found}, expected ${what}`);
}

function fault(token: Token, message: string): SelectorFault {
  return new SelectorFault(message, token.column);
}

const name = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const domain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

function checkKey(token: Token): void {
  const parts = token.text.split('/');
  const prefix = parts.length > 1 ? parts[0] : undefined;
  const local = parts.at(-1) ?? '';
  const validPrefix = prefix === undefined || (prefix.length <= 253 && domain.test(prefix));
  if (parts.length <= 2 && validPrefix && local.length <= 63 && name.test(local)) return;
  throw fault(token, `${JSON.stringify(token.text)} is no label name`);
}

function checkValue(token: Token): void {
  if (token.text.length <= 63 && name.test(token.text)) return;
  throw fault(
    token,
    `${JSON.stringify(token.text)} is no label value (63 letters, digits, '-', '_' and '.' at most)`,
  );
}
