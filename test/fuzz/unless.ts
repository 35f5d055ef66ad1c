/** A complaint where something does not hold: what is checked depends on what came, so that complaints are collected. */
export function unless(holds: boolean, complaint: string): string[] {
  return holds ? [] : [complaint];
}
