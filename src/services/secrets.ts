/** Takes secrets out of text that people will read, also where a library put them URL-encoded or as basic auth. */
export type Scrub = (text: string) => string;

/** Shorter strings would black out ordinary words. */
const shortestSecret = 4;

export function createScrub(secrets: readonly (string | undefined)[]): Scrub {
  const forms = secrets
    .filter((secret) => secret !== undefined)
    .flatMap((secret) => [secret, secret.trim(), encodeURIComponent(secret.toWellFormed())])
    .filter((form) => form.length >= shortestSecret)
    .sort((a, b) => b.length - a.length);
  const distinct = [...new Set(forms)];
  return (text) => distinct.reduce((scrubbed, form) => scrubbed.replaceAll(form, '***'), text);
}
