/** JSON as Go reads and writes it: encoding/json for expressions and templates, Kubernetes' decoder for objects. */
import { fromBytes, normalizeBytes } from './bytes.ts';
import { entriesOf, GoAnyMap, itemsOf } from './collections.ts';
import { isNil } from './nil.ts';
import { floatValue, goFloat, goInt64, integerValue } from './numbers.ts';
import { formatFloat } from './strconv.ts';
import { GoStruct } from './struct.ts';
import { GoTime } from './time.ts';
import { LAYOUTS } from './time-layout.ts';
import { goTypeOf, isGoObject } from './typed.ts';
import { GoBytes } from './value.ts';

interface ReviverContext {
  source?: string;
}

type Reviver = (this: unknown, key: string, value: unknown, context: ReviverContext) => unknown;

function parse(text: string, number: (source: string) => unknown): unknown {
  const reviver: Reviver = (_key, value, context) => {
    if (typeof value === 'number') return number(context.source ?? String(value));
    return typeof value === 'string' ? value.toWellFormed() : value;
  };
  // The type of JSON.parse lacks the third argument, by which alone `1` and `1.0` can be told apart.
  return JSON.parse(text, reviver as unknown as (key: string, value: unknown) => unknown) as unknown;
}

/** As Kubernetes decodes: an integral literal is int64 where it fits, any other number float64. Throws a SyntaxError. */
export function decodeJson(text: string): unknown {
  return parse(text, (source) => {
    if (/[.eE]/.test(source)) return goFloat(Number(source));
    const value = BigInt(source);
    return BigInt.asIntN(64, value) === value ? goInt64(value) : goFloat(Number(source));
  });
}

/** As encoding/json decodes into `any`: every number is float64. Throws a SyntaxError. */
export function decodeJsonFloats(text: string): unknown {
  return parse(text, (source) => {
    const value = Number(source);
    if (!Number.isFinite(value)) throw new SyntaxError(`the number ${source} does not fit float64`);
    return goFloat(value);
  });
}

export interface EncodeOptions {
  /** Text of one level of indentation; default none, on one line. */
  indent?: string;
  /** Escape `<`, `>` and `&`; default true. */
  escapeHtml?: boolean;
}

const HTML = /[<>&]/g;
const unicodeEscape = (character: string): string =>
  `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

const LONE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

function encodeText(text: string, escapeHtml: boolean): string {
  if (LONE.test(text)) {
    // Go writes a byte that is no UTF-8 as an escape, and U+FFFD itself as it is.
    const parts = normalizeBytes(text).split(LONE);
    return `"${parts.map((part) => encodeText(part, escapeHtml).slice(1, -1)).join('\\ufffd')}"`;
  }
  const plain = JSON.stringify(text).replace(/[\u2028\u2029\x7f]/g, (character) =>
    character === '\x7f' ? character : unicodeEscape(character),
  );
  return escapeHtml ? plain.replace(HTML, unicodeEscape) : plain;
}

/** ES6's choice between the two forms, as encoding/json makes it. */
function encodeFloat(value: number): string {
  if (!Number.isFinite(value)) throw new Error(`json: unsupported value: ${formatFloat(value, 'g', -1)}`);
  const size = Math.abs(value);
  const exponent = size !== 0 && (size < 1e-6 || size >= 1e21);
  const text = formatFloat(value, exponent ? 'e' : 'f', -1);
  return exponent ? text.replace(/e-0(\d)$/, 'e-$1') : text;
}

function base64(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** Go's `json.Marshal` and, with `indent`, `MarshalIndent`. Throws where Go returns an error. */
export function encodeJson(value: unknown, options: EncodeOptions = {}): string {
  const { indent = '', escapeHtml = true } = options;
  const block = (open: string, close: string, parts: string[], margin: string): string => {
    if (parts.length === 0) return open + close;
    if (indent === '') return open + parts.join(',') + close;
    const inner = `\n${margin}${indent}`;
    return `${open}${inner}${parts.join(`,${inner}`)}\n${margin}${close}`;
  };
  const encode = (item: unknown, margin: string): string => {
    if (isNil(item)) return 'null';
    if (typeof item === 'string') return encodeText(item, escapeHtml);
    if (typeof item === 'boolean') return String(item);
    const integer = integerValue(item);
    if (integer !== undefined) return String(integer);
    const float = floatValue(item);
    if (float !== undefined) return encodeFloat(float);
    if (item instanceof GoBytes) return `"${base64(item.value)}"`;
    if (item instanceof GoTime) return `"${item.format(LAYOUTS.RFC3339Nano)}"`;
    const items = itemsOf(item);
    if (items !== undefined) {
      return block(
        '[',
        ']',
        items.map((each) => encode(each, margin + indent)),
        margin,
      );
    }
    const entries = item instanceof GoAnyMap ? undefined : entriesOf(item);
    if (entries !== undefined) {
      const colon = indent === '' ? ':' : ': ';
      const parts = entries.map(
        ([key, each]) => encodeText(String(key), escapeHtml) + colon + encode(each, margin + indent),
      );
      return block('{', '}', parts, margin);
    }
    if (item instanceof GoStruct) {
      const colon = indent === '' ? ':' : ': ';
      const fields = [...item.members].filter(([, member]) => typeof member !== 'function');
      const parts = fields.map(
        ([name, each]) => encodeText(name, escapeHtml) + colon + encode(each, margin + indent),
      );
      return block('{', '}', parts, margin);
    }
    const marshal = isGoObject(item) ? item.goMember?.('MarshalJSON') : undefined;
    if (typeof marshal === 'function') return fromBytes(((marshal as () => unknown)() as GoBytes).value);
    const underlying = isGoObject(item) ? item.goUnderlying?.() : undefined;
    if (underlying !== undefined) return encode(underlying, margin);
    throw new Error(`json: unsupported type: ${goTypeOf(item)}`);
  };
  return encode(value, '');
}
