/* Loaded into Herald (`node --import`): each SIGUSR2 steps its clock by an hour: forth, back, back, forth and so on. */
const hour = 3_600_000;
const steps = [hour, -hour, -hour, hour];
const real = Date.now;
let offset = 0;
let taken = 0;

class SteppedDate extends Date {
  constructor(...values: ConstructorParameters<typeof Date> | []) {
    if (values.length === 0) super(real() + offset);
    else super(...(values as [number]));
  }

  static override now(): number {
    return real() + offset;
  }
}

globalThis.Date = SteppedDate as DateConstructor;
process.on('SIGUSR2', () => {
  offset += steps[taken % steps.length] ?? 0;
  taken += 1;
});
