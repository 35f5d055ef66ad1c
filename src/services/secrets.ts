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

/**
 * What is secret in a URL: user and password, and with `whole` all that a hook's may be in. Basic authentication shows
 * its secret in a form of its own.
 */
export function urlSecrets(url: string, whole: boolean): string[] {
  const { pathname, search, username, password } = new URL(url);
  const credentials = username === '' && password === '' ? [] : [basicCredentials(username, password)];
  if (!whole) return [password, ...credentials];
  const parts = pathname.split('/').filter((part) => part.length >= 8);
  const values = new URLSearchParams(search).values();
  // A path such as `/` or `/api` hides nothing.
  const path = pathname.length >= 8 ? [url, pathname] : [];
  return [...path, ...parts, ...values, username, password, ...credentials];
}

function basicCredentials(username: string, password: string): string {
  return Buffer.from(`${username}:${password}`).toString('base64');
}
