/** Go's strconv.Atoi and ParseFloat. */

/** Go's `strconv.Atoi`; undefined where it returns an error. */
export function parseIntText(text: string): bigint | undefined {
  if (!/^[+-]?[0-9]+$/.test(text)) return undefined;
  const value = BigInt(text.replace(/^\+/, ''));
  return BigInt.asIntN(64, value) === value ? value : undefined;
}

const SPECIAL: Readonly<Record<string, number>> = { inf: Infinity, infinity: Infinity, nan: NaN };
const HEX = /^([+-]?)0x([0-9a-f_]*)(?:\.([0-9a-f_]*))?p([+-]?[0-9]+)$/i;

function parseHex(text: string): number | undefined {
  const match = HEX.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = '', fraction = '', exponent = '0'] = match;
  const digits = (whole + fraction).replaceAll('_', '');
  if (digits === '') return undefined;
  const places = fraction.replaceAll('_', '').length;
  const value = Number(BigInt(`0x${digits}`)) * 2 ** (Number(exponent) - 4 * places);
  return sign === '-' ? -value : value;
}

/** Go's `strconv.ParseFloat(text, 64)`; undefined where it returns an error, one of range included. */
export function parseFloatText(text: string): number | undefined {
  const special = /^([+-]?)(inf|infinity|nan)$/i.exec(text);
  if (special !== null) {
    const value = SPECIAL[(special[2] as string).toLowerCase()] as number;
    return special[1] === '-' ? -value : value;
  }
  const decimal = /^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?$/i.test(text);
  const value = decimal ? Number(text) : parseHex(text);
  return value === undefined || !Number.isFinite(value) ? undefined : value;
}
