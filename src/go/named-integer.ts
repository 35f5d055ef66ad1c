/** time.Month and time.Weekday: integers with a name. */
import { boundMethod, type MethodTable, methodTable } from './function.ts';
import { goInt } from './numbers.ts';
import type { GoObject } from './typed.ts';
import type { GoInt } from './value.ts';

export const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const;

export const WEEKDAYS = [
  'Sunday',
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
] as const;

export class GoNamedInteger implements GoObject {
  readonly goType: string;
  readonly goKind = 'int';
  readonly value: number;
  readonly name: string;
  constructor(type: string, value: number, name: string) {
    this.goType = type;
    this.value = value;
    this.name = name;
  }
  goUnderlying(): GoInt {
    return goInt(this.value);
  }
  goMember(name: string): unknown {
    return boundMethod(NAMED_INTEGER_METHODS, this, name);
  }
  toString(): string {
    return this.name;
  }
}

export const NAMED_INTEGER_METHODS: MethodTable<GoNamedInteger> = methodTable<GoNamedInteger>({
  String: { type: 'func() string', call: (self) => self.name },
});

export const goMonth = (month: number): GoNamedInteger =>
  new GoNamedInteger('time.Month', month, MONTHS[month - 1] ?? `%!Month(${month})`);

export const goWeekday = (day: number): GoNamedInteger =>
  new GoNamedInteger('time.Weekday', day, WEEKDAYS[day] ?? `%!Weekday(${day})`);
