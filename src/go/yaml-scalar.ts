/**
 * What an untagged YAML scalar means to go.yaml.in/yaml/v2, the parser beneath sigs.k8s.io/yaml, and the text
 * that sigs.k8s.io/yaml makes of it when the Go field is a string.
 */

export interface ResolvedScalar {
  kind: 'null' | 'boolean' | 'int' | 'float' | 'string';
  value: null | boolean | number | string;
  /** As it decodes into a Go string; '' for null. */
  text: string;
}

const words = new Map<string, ResolvedScalar>();
for (const word of ['', '~', 'null', 'Null', 'NULL']) {
  words.set(word, { kind: 'null', value: null, text: '' });
}
for (const word of 'y Y yes Yes YES true True TRUE on On ON'.split(' ')) {
  words.set(word, { kind: 'boolean', value: true, text: 'true' });
}
for (const word of 'n N no No NO false False FALSE off Off OFF'.split(' ')) {
  words.set(word, { kind: 'boolean', value: false, text: 'false' });
}
// JSON has no number for these: a string field takes their text, any other field refuses it, as in Go.
for (const word of ['.nan', '.NaN', '.NAN']) words.set(word, { kind: 'float', value: 'NaN', text: 'NaN' });
for (const word of ['.inf', '.Inf', '.INF']) {
  words.set(word, { kind: 'float', value: '+Inf', text: '+Inf' });
  words.set(`+${word}`, { kind: 'float', value: '+Inf', text: '+Inf' });
  words.set(`-${word}`, { kind: 'float', value: '-Inf', text: '-Inf' });
}

const timestamp = /^\d{4}-\d\d?-\d\d?(?:$|[Tt ])/;
const integer = /^([-+]?)(?:(0[xX])([0-9a-fA-F]+)|(0[bB])([01]+)|(0[oO]?)([0-7]+)|([1-9]\d*|0))$/;
const float = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/;

export function stringScalar(value: string): ResolvedScalar {
  return { kind: 'string', value, text: value };
}

/** Resolves a plain scalar by YAML 1.1 as yaml/v2 reads it: no base 60, dates stay strings. */
export function resolvePlain(source: string): ResolvedScalar {
  const word = words.get(source);
  if (word) return word;
  if (!/^[-+.\d]/.test(source) || timestamp.test(source)) return stringScalar(source);
  const plain = source.startsWith('.') ? source : source.replaceAll('_', '');
  const int = parseInteger(plain);
  if (int !== undefined) return { kind: 'int', value: Number(int), text: String(int) };
  if (float.test(plain)) {
    const value = Number(plain);
    if (Number.isFinite(value)) return { kind: 'float', value, text: formatShortest(value) };
  }
  return stringScalar(source);
}

/** Go's `strconv.ParseInt(text, 0, 64)`, then `ParseUint`. */
function parseInteger(text: string): bigint | undefined {
  const match = integer.exec(text);
  if (!match) return undefined;
  const [, sign, , hex, , binary, , octal, decimal] = match;
  const magnitude = BigInt(
    hex !== undefined
      ? `0x${hex}`
      : binary !== undefined
        ? `0b${binary}`
        : octal !== undefined
          ? `0o${octal}`
          : (decimal ?? '0'),
  );
  if (sign === '-') return magnitude <= 2n ** 63n ? -magnitude : undefined;
  if (sign === '+') return magnitude < 2n ** 63n ? magnitude : undefined;
  return magnitude < 2n ** 64n ? magnitude : undefined;
}

/** Go's `strconv.FormatFloat(value, 'g', -1, 64)`, with which sigs.k8s.io/yaml makes a string of a float. */
function formatShortest(value: number): string {
  if (Object.is(value, -0)) return '-0';
  const [digits, exponentText] = value.toExponential().split('e');
  const exponent = Number(exponentText);
  if (exponent >= -4 && exponent < 6) return String(value);
  return `${digits}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}
