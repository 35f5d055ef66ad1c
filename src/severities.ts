/** From the least to the most; others have no rank, and rise over none. */
export const severities: readonly string[] = ['none', 'info', 'warning', 'error', 'critical'];

/** The one that ranks highest; where none has a rank, the first that says something. Empty: none says anything. */
export function worstSeverity(found: readonly string[]): string {
  const ranked = found.filter((each) => severities.includes(each));
  if (ranked.length === 0) return found.find((each) => each !== '') ?? '';
  return ranked.reduce((worst, each) =>
    severities.indexOf(each) > severities.indexOf(worst) ? each : worst,
  );
}
