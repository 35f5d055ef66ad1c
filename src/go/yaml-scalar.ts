/**
 * What an untagged YAML scalar means to go.yaml.in/yaml/v2, the parser beneath sigs.k8s.io/yaml, and the text
 * that sigs.k8s.io/yaml makes of it when the Go field is a string.
 */

export interface ResolvedScalar {
  kind: 'null' | 'boolean' | 'int' | 'float' | 'string';
  value: null | boolean | number | string;
  /** As it decodes into a Go string; '' for null. */
  text: string;
  /** As it decodes into a key, where that differs. */
  key?: string;
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
for (const word of ['.nan', '.NaN', '.NAN'])
  words.set(word, { kind: 'float', value: 'NaN', text: 'NaN', key: '.nan' });
for (const word of ['.inf', '.Inf', '.INF']) {
  words.set(word, { kind: 'float', value: '+Inf', text: '+Inf', key: '.inf' });
  words.set(`+${word}`, { kind: 'float', value: '+Inf', text: '+Inf', key: '.inf' });
  words.set(`-${word}`, { kind: 'float', value: '-Inf', text: '-Inf', key: '-.inf' });
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
  const plain = source.replaceAll('_', '');
  const int = parseInteger(plain);
  if (int !== undefined) return { kind: 'int', value: Number(int), text: String(int) };
  if (float.test(plain)) {
    const value = Number(plain);
    if (Number.isFinite(value)) {
      const text = formatShortest(value);
      return {
        kind: 'float',
        value,
        text,
        ...(text.endsWith('Inf') && { key: text.replace(/\+?Inf/, '.inf') }),
      };
    }
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

/** Go's `strconv.FormatFloat(value, 'g', -1, 32)`, with which sigs.k8s.io/yaml makes a string of a float. */
function formatShortest(value: number): string {
  const single = Math.fround(value);
  if (!Number.isFinite(single)) return single > 0 ? '+Inf' : '-Inf';
  if (single === 0) return Object.is(single, -0) ? '-0' : '0';
  let scientific = '';
  for (let digits = 0; digits < 9; digits++) {
    scientific = single.toExponential(digits);
    if (Math.fround(Number(scientific)) === single) break;
  }
  const [digits, exponentText] = scientific.split('e');
  const exponent = Number(exponentText);
  if (exponent >= -4 && exponent < 6) return String(Number(scientific));
  return `${digits}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}
