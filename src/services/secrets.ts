/**
 * Takes secrets out of text that people will read. Whole or in part, since whoever echoes a header may cut it first,
 * and in every encoding in which they are sent, or in which an answer may repeat them.
 */
export type Scrub = (text: string) => string;

/** Shorter secrets would black out ordinary words. */
const shortestSecret = 4;
/** A part of a secret that is so long is taken out, too. */
const shortestPart = 8;
/** Characters; a longer value of a Secret is looked for as it is only. */
const longestEncoded = 16_384;
const mask = '***';

/** Prepares nothing before the first text. */
export function createScrub(secrets: readonly (string | undefined)[]): Scrub {
  let prepared: { whole: string[]; parts: ReadonlySet<string> } | undefined;
  return (text) => {
    prepared ??= prepare(secrets.filter((secret) => secret !== undefined));
    const { whole, parts } = prepared;
    const lower = lowerCase(text);
    const covered = new Uint8Array(text.length);
    for (let at = 0; at + shortestPart <= lower.length; at++) {
      if (parts.has(lower.slice(at, at + shortestPart))) covered.fill(1, at, at + shortestPart);
    }
    for (const form of whole) {
      for (let at = lower.indexOf(form); at >= 0; at = lower.indexOf(form, at + 1)) {
        covered.fill(1, at, at + form.length);
      }
    }
    return masked(text, covered);
  };
}

/** Of all values of a Secret: for what templates and conditions may have made of them. */
export function scrubOfSecret(secret: Readonly<Record<string, Uint8Array>> = {}): Scrub {
  return createScrub(Object.values(secret).map((value) => Buffer.from(value).toString()));
}

/** The beginning of what a server answered, on one line: scrubbed before it is cut, so that no part of a secret stays. */
export function excerptOf(text: string, scrub: Scrub, longest: number): string {
  const line = scrub(text)
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  // What stood on several lines may be a secret now that it stands on one.
  return scrub(line).slice(0, longest).toWellFormed();
}

function prepare(secrets: readonly string[]): { whole: string[]; parts: ReadonlySet<string> } {
  const whole = new Set<string>();
  const parts = new Set<string>();
  for (const form of secrets.flatMap(formsOf).map(lowerCase)) {
    if (form.length < shortestPart) whole.add(form);
    for (let at = 0; at + shortestPart <= form.length; at++) parts.add(form.slice(at, at + shortestPart));
  }
  return { whole: [...whole].filter((form) => form.length >= shortestSecret), parts };
}

/** What every key of its kind begins and ends with. */
const armour = /-----(?:BEGIN|END) [A-Z0-9 ]+-----/g;

function formsOf(secret: string): string[] {
  const wellFormed = secret.replaceAll(armour, '').toWellFormed();
  if (wellFormed.length > longestEncoded) return [wellFormed];
  const plain = [wellFormed, wellFormed.trim(), ...urlDecoded(wellFormed)];
  return plain.flatMap((text) => {
    if (text.trim().length < shortestSecret) return [];
    const json = JSON.stringify(text).slice(1, -1);
    return [
      text,
      encodeURIComponent(text),
      encodeURI(text),
      new URLSearchParams({ a: text }).toString().slice(2),
      json,
      JSON.stringify(json).slice(1, -1),
      json.replaceAll('/', '\\/'),
      // As Go writes JSON, and as others do that write ASCII only.
      escaped(json, /[<>&]/g),
      escaped(json, /[^\x20-\x7e]/g),
      text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;'),
      text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&#34;'),
      ...base64Forms(Buffer.from(text)),
      ...base64Forms(Buffer.from(json)),
      Buffer.from(text).toString('hex'),
      // As Go prints bytes, which values of a Secret are to conditions and templates.
      [...Buffer.from(text)].join(' '),
      [...Buffer.from(text)].join(','),
    ];
  });
}

function urlDecoded(text: string): string[] {
  try {
    return [decodeURIComponent(text)];
  } catch {
    return [];
  }
}

function escaped(text: string, pattern: RegExp): string {
  return text.replaceAll(
    pattern,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** The characters that do not depend on what stands before and behind, wherever in a longer text the bytes stand. */
function base64Forms(bytes: Buffer): string[] {
  return [0, 1, 2].flatMap((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    const from = Math.ceil((offset * 8) / 6);
    const certain = encoded.slice(from, Math.floor(((offset + bytes.length) * 8) / 6));
    // The last character is as it is where nothing follows.
    const forms = [certain, encoded.slice(from), encoded.slice(from).replaceAll('=', '')];
    return forms.flatMap((form) => [form, form.replaceAll('+', '-').replaceAll('/', '_')]);
  });
}

/** Of ASCII alone, so that nothing changes its place. */
function lowerCase(text: string): string {
  return text.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

function masked(text: string, covered: Uint8Array): string {
  let result = '';
  let done = 0;
  for (let from = covered.indexOf(1); from >= 0; from = covered.indexOf(1, done)) {
    result += text.slice(done, from) + mask;
    const end = covered.indexOf(0, from);
    done = end < 0 ? text.length : end;
  }
  return result + text.slice(done);
}

/**
 * What is secret in a URL: user and password, and with `whole` all that a hook's may be in. Basic authentication shows
 * its secret in a form of its own.
 */
export function urlSecrets(url: string, whole: boolean): string[] {
  const { pathname, search, username, password } = new URL(url);
  const own = [username, password, `${username}:${password}`, basicCredentials(username, password)];
  const credentials = username === '' && password === '' ? [] : own;
  if (!whole) return credentials;
  const values = new URLSearchParams(search).values();
  return [pathname, ...pathname.split('/'), search.slice(1), ...values, ...credentials];
}

function basicCredentials(username: string, password: string): string {
  return Buffer.from(`${username}:${password}`).toString('base64');
}
