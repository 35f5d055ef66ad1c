/** Decimal arithmetic as the Go package decimal does it for addf, subf, mulf and divf. */

/** coefficient × 10^exponent */
export interface Decimal {
  coefficient: bigint;
  exponent: number;
}

/** Digits behind the point of a quotient. */
const DIVISION_PRECISION = 16;

/** The shortest decimal that reads back as the float. */
export function decimalOf(value: number): Decimal {
  if (!Number.isFinite(value)) throw new Error(`cannot create a decimal from ${value}`);
  const [mantissa = '0', power = '0'] = value.toExponential().split('e');
  const [whole = '0', fraction = ''] = mantissa.split('.');
  return { coefficient: BigInt(whole + fraction), exponent: Number(power) - fraction.length };
}

/** Both with the lower of their exponents. */
function aligned(a: Decimal, b: Decimal): { left: bigint; right: bigint; exponent: number } {
  const exponent = Math.min(a.exponent, b.exponent);
  const scale = (value: Decimal): bigint => value.coefficient * 10n ** BigInt(value.exponent - exponent);
  return { left: scale(a), right: scale(b), exponent };
}

export function add(a: Decimal, b: Decimal): Decimal {
  const { left, right, exponent } = aligned(a, b);
  return { coefficient: left + right, exponent };
}

export function subtract(a: Decimal, b: Decimal): Decimal {
  const { left, right, exponent } = aligned(a, b);
  return { coefficient: left - right, exponent };
}

export const multiply = (a: Decimal, b: Decimal): Decimal => ({
  coefficient: a.coefficient * b.coefficient,
  exponent: a.exponent + b.exponent,
});

/** Rounded to 16 digits behind the point, halves away from zero. */
export function divide(a: Decimal, b: Decimal): Decimal {
  if (b.coefficient === 0n) throw new Error('decimal division by 0');
  const shift = a.exponent - b.exponent + DIVISION_PRECISION;
  const numerator = shift >= 0 ? a.coefficient * 10n ** BigInt(shift) : a.coefficient;
  const denominator = shift >= 0 ? b.coefficient : b.coefficient * 10n ** BigInt(-shift);
  let quotient = numerator / denominator;
  const rest = numerator % denominator;
  const twice = (rest < 0n ? -rest : rest) * 2n;
  if (twice >= (denominator < 0n ? -denominator : denominator)) {
    quotient += numerator < 0n === denominator < 0n ? 1n : -1n;
  }
  return { coefficient: quotient, exponent: -DIVISION_PRECISION };
}

export const floatOf = ({ coefficient, exponent }: Decimal): number => Number(`${coefficient}e${exponent}`);
