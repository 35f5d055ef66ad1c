import { Composer, type Document, isCollection, Lexer, type Node, Parser, type YAMLParseError } from 'yaml';
import { type LineIndex, lineIndex } from './yaml-position.ts';
import { maxDepth, YamlFault } from './yaml-reader.ts';
import { indentation, indentContinuation } from './yaml-repair.ts';

/** Characters read again, in all, while further lines are indented for the `yaml` package. */
const maxRepaired = 2_000_000;
/** The same in lexemes. */
const maxRepairedLexemes = 50_000;

/**
 * Lexemes of one text: a word, a sign, a space, a line break; a block scalar (|, >) is one, however long. Each may
 * cost 2 µs, so that a text takes about a quarter of a second at most.
 */
const maxLexemes = 125_000;
/** Tokens that are wrong: of so many the first tells enough. */
const maxErrors = 1_000;
/** Collections in each other that are composed, which recurses: a few more than may be read. */
const maxOpen = maxDepth + 10;

/** What the `yaml` package makes of a text, read as libyaml reads it. */
export interface FirstDocument {
  /** `text`, with continuation lines indented where the `yaml` package needs it. */
  source: string;
  /** undefined for an empty text. */
  document: Document | undefined;
  /** Why `document` is no YAML; the offset is one of `source`. */
  error: { what: string; offset: number } | undefined;
  more: boolean;
  /** Positions in `text` of offsets in `source`. */
  lines: LineIndex;
}

const yamlOptions = {
  version: '1.1',
  schema: 'failsafe',
  merge: false,
  uniqueKeys: false,
  prettyErrors: false,
  logLevel: 'silent',
} as const;

export function parseFirst(text: string): FirstDocument {
  let source = text;
  let lexemes = 0;
  const shifted = new Set<number>();
  for (let attempt = 0; ; attempt++) {
    const lines = lineIndex(source, shifted, indentation);
    const { document, more, fault, ...read } = readDocuments(source);
    if (fault) {
      const error = { what: fault.message, offset: fault.offset };
      return { source, document: undefined, error, more, lines };
    }
    if (!document) return { source, document, error: undefined, more, lines };
    lexemes += read.lexemes;
    document.errors = document.errors.filter((error) => counts(error, document));
    const mayRepair = attempt < 50 && attempt * text.length < maxRepaired && lexemes < maxRepairedLexemes;
    const repaired =
      mayRepair && document.errors.length > 0 ? indentContinuation(source, document) : undefined;
    if (!repaired) return { source, document, error: firstError(document.errors, source), more, lines };
    source = repaired.text;
    for (const line of repaired.lines) shifted.add(line);
  }
}

interface Read {
  document?: Document;
  more: boolean;
  lexemes: number;
  /** Why it was not read: it is too large or too deep. */
  fault?: YamlFault;
}

function readDocuments(source: string): Read {
  const parser = new Parser();
  let lexemes = 0;
  const errors: { message: string; offset: number }[] = [];
  function* tokens() {
    for (const lexeme of new Lexer().lex(source)) {
      if (++lexemes > maxLexemes)
        throw new YamlFault(`the YAML has more than ${maxLexemes} parts`, parser.offset);
      for (const token of parser.next(lexeme)) {
        if (token.type === 'error') errors.push(token);
        const [first] = errors;
        if (first && errors.length > maxErrors) throw new YamlFault(shortened(first.message), first.offset);
        yield token;
      }
      if (parser.stack.length > maxOpen) throw new YamlFault('the YAML is nested too deeply', parser.offset);
    }
    yield* parser.end();
  }
  let document: Document | undefined;
  const { stackTraceLimit } = Error;
  try {
    // The composer makes an error of each wrong sign: their stacks, which nobody reads, would take most of the time.
    Error.stackTraceLimit = 0;
    for (const each of new Composer(yamlOptions).compose(tokens())) {
      // What follows the second is not looked at.
      if (document) return { document, more: true, lexemes };
      document = each;
    }
  } catch (fault) {
    if (!(fault instanceof YamlFault)) throw fault;
    return { more: false, lexemes, fault };
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
  return { ...(document && { document }), more: false, lexemes };
}

/** libyaml wants no space before a comment, and never looks behind a flow collection that is the whole document. */
function counts(error: YAMLParseError, document: Document): boolean {
  if (error.message.startsWith('Comments must be separated')) return false;
  if (error.code !== 'UNEXPECTED_TOKEN') return true;
  const root = document.contents as Node | null;
  const behindRoot = isCollection(root) && root.flow && root.range && error.pos[0] >= root.range[1];
  return !behindRoot;
}

/** The first error; a key of several lines is wrong where its colon stands, rather than where it begins. */
function firstError([first, second]: readonly YAMLParseError[], source: string): FirstDocument['error'] {
  const cause = second?.code === 'MULTILINE_IMPLICIT_KEY' && second.pos[0] === first?.pos[0] ? second : first;
  if (!cause) return undefined;
  const offset = cause.code === 'MULTILINE_IMPLICIT_KEY' ? cause.pos[1] - 1 : cause.pos[0];
  const open = /^Flow (sequence|map) in block collection|^Expected flow (sequence|map) to end/.exec(
    cause.message,
  );
  if (open) {
    // It is noticed at the next line that has something; what is not closed ends before it.
    const what = `a ${open.includes('map') ? '{' : '['} is not closed`;
    return { what, offset: Math.max(0, source.slice(0, offset).trimEnd().length - 1) };
  }
  return { what: sentence(cause), offset };
}

/** Where the words of the `yaml` package say more about YAML than about the mistake. */
const sentences: Readonly<Record<string, string>> = {
  BLOCK_AS_IMPLICIT_KEY:
    'a second ":" on one line, or a deeper line below a value; quote the text or correct the indentation',
  MULTILINE_IMPLICIT_KEY: 'a ":" follows text of several lines; correct the indentation, or the line before',
  TAB_AS_INDENT: 'a tab is used as indentation; use spaces',
};

/** Some quote the text, however long. */
const longestSentence = 200;

function sentence({ code, message }: YAMLParseError): string {
  if (message.includes('call stack')) return 'the YAML is nested too deeply';
  return sentences[code] ?? shortened(message);
}

function shortened(message: string): string {
  const first = message.split('\n')[0] ?? message;
  return `${first.charAt(0).toLowerCase()}${first.slice(1, longestSentence)}`;
}
