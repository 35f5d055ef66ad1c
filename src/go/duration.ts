/** Go's time.Duration: int64 nanoseconds with its text form (`1h30m0s`) and methods. */
import { boundMethod, type MethodTable, methodTable } from './function.ts';
import { goFloat, goInt64 } from './numbers.ts';
import type { GoObject } from './typed.ts';
import type { GoInt64 } from './value.ts';

export const NANOSECOND = 1n;
export const MICROSECOND = 1000n;
export const MILLISECOND = 1_000_000n;
export const SECOND = 1_000_000_000n;
export const MINUTE = 60n * SECOND;
export const HOUR = 60n * MINUTE;

const MAX = 2n ** 63n - 1n;
const MIN = -(2n ** 63n);

/** Nanoseconds kept inside int64, as `Sub`, `Round` and `Abs` keep them. */
const saturate = (nanoseconds: bigint): bigint =>
  nanoseconds > MAX ? MAX : nanoseconds < MIN ? MIN : nanoseconds;

export class GoDuration implements GoObject {
  readonly goType = 'time.Duration';
  readonly goKind = 'int64';
  readonly nanoseconds: bigint;
  /** Wraps to 64 bits, as Go's arithmetic does. */
  constructor(nanoseconds: bigint) {
    this.nanoseconds = BigInt.asIntN(64, nanoseconds);
  }
  goUnderlying(): number | GoInt64 {
    return goInt64(this.nanoseconds);
  }
  goMember(name: string): unknown {
    return boundMethod(DURATION_METHODS, this, name);
  }
  toString(): string {
    return formatDuration(this.nanoseconds);
  }
}

export const saturatedDuration = (nanoseconds: bigint): GoDuration => new GoDuration(saturate(nanoseconds));

function withFraction(value: bigint, unit: bigint, digits: number): string {
  const fraction = (value % unit).toString().padStart(digits, '0').replace(/0+$/, '');
  return `${value / unit}${fraction === '' ? '' : `.${fraction}`}`;
}

/** Go's `Duration.String()`. */
export function formatDuration(nanoseconds: bigint): string {
  if (nanoseconds === 0n) return '0s';
  const sign = nanoseconds < 0n ? '-' : '';
  const value = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  if (value < MICROSECOND) return `${sign}${value}ns`;
  if (value < MILLISECOND) return `${sign}${withFraction(value, MICROSECOND, 3)}µs`;
  if (value < SECOND) return `${sign}${withFraction(value, MILLISECOND, 6)}ms`;
  const hours = value / HOUR;
  const minutes = (value / MINUTE) % 60n;
  const seconds = withFraction(value % MINUTE, SECOND, 9);
  if (hours > 0n) return `${sign}${hours}h${minutes}m${seconds}s`;
  return minutes > 0n ? `${sign}${minutes}m${seconds}s` : `${sign}${seconds}s`;
}

const UNITS: Readonly<Record<string, bigint>> = {
  ns: NANOSECOND,
  us: MICROSECOND,
  µs: MICROSECOND,
  μs: MICROSECOND,
  ms: MILLISECOND,
  s: SECOND,
  m: MINUTE,
  h: HOUR,
};

/** Go's `time.ParseDuration`; undefined where the text is no duration. */
export function parseDuration(text: string): GoDuration | undefined {
  const negative = text.startsWith('-');
  const body = /^[+-]/.test(text) ? text.slice(1) : text;
  if (body === '0') return new GoDuration(0n);
  if (body === '') return undefined;
  let total = 0n;
  const part = /(\d*)(?:(\.)(\d*))?([^\d.]+)/y;
  while (part.lastIndex < body.length) {
    const match = part.exec(body);
    const name = match?.[4] ?? '';
    const unit = Object.hasOwn(UNITS, name) ? UNITS[name] : undefined;
    if (match === null || unit === undefined) return undefined;
    const whole = match[1] as string;
    const fraction = match[3] ?? '';
    if (whole === '' && fraction === '') return undefined;
    total += BigInt(whole === '' ? 0 : whole) * unit;
    if (fraction !== '') {
      const digits = fraction.slice(0, 18);
      total += (BigInt(digits) * unit) / 10n ** BigInt(digits.length);
    }
    if (total > (negative ? -MIN : MAX)) return undefined;
  }
  return new GoDuration(negative ? -total : total);
}

/** Hours, minutes or seconds as Go divides them: the whole part and the rest apart, so that no digit is lost. */
const inUnits = (value: bigint, unit: bigint): number =>
  Number(value / unit) + Number(value % unit) / Number(unit);

function round(value: bigint, unit: bigint): bigint {
  if (unit <= 0n) return value;
  const rest = value % unit;
  const magnitude = rest < 0n ? -rest : rest;
  const down = value - rest;
  if (magnitude + magnitude < unit) return down;
  return saturate(value < 0n ? down - unit : down + unit);
}

export const DURATION_METHODS: MethodTable<GoDuration> = methodTable<GoDuration>({
  Abs: {
    type: 'func() time.Duration',
    call: (self) => saturatedDuration(self.nanoseconds < 0n ? -self.nanoseconds : self.nanoseconds),
  },
  Hours: { type: 'func() float64', call: (self) => goFloat(inUnits(self.nanoseconds, HOUR)) },
  Microseconds: { type: 'func() int64', call: (self) => goInt64(self.nanoseconds / MICROSECOND) },
  Milliseconds: { type: 'func() int64', call: (self) => goInt64(self.nanoseconds / MILLISECOND) },
  Minutes: { type: 'func() float64', call: (self) => goFloat(inUnits(self.nanoseconds, MINUTE)) },
  Nanoseconds: { type: 'func() int64', call: (self) => goInt64(self.nanoseconds) },
  Round: {
    type: 'func(time.Duration) time.Duration',
    call: (self, unit: GoDuration) => new GoDuration(round(self.nanoseconds, unit.nanoseconds)),
  },
  Seconds: { type: 'func() float64', call: (self) => goFloat(inUnits(self.nanoseconds, SECOND)) },
  String: { type: 'func() string', call: (self) => self.toString() },
  Truncate: {
    type: 'func(time.Duration) time.Duration',
    call: (self, unit: GoDuration) =>
      new GoDuration(
        unit.nanoseconds <= 0n ? self.nanoseconds : self.nanoseconds - (self.nanoseconds % unit.nanoseconds),
      ),
  },
});
