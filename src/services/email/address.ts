/**
 * What `email` is made of: addresses, HTML, and a session with a mail server with its replies. The folder may import what
 * all services share, the ground and the client of SMTP.
 */

export interface Address {
  name: string;
  address: string;
}

/** A quoted text, what stands between angle brackets, or anything else that holds no comma. */
const PART = /"(?:[^"\\]|\\[^])*"|<[^>]*>|[^,"<]+|["<]/g;

/**
 * The addresses of a list as it is written in a mail: `a@b.example, "Ops, on call" <ops@b.example>`. Commas too many say
 * nothing; undefined where a part is no address.
 */
export function addressesIn(list: string): Address[] | undefined {
  const entries: string[][] = [[]];
  let from = 0;
  for (const found of list.matchAll(PART)) {
    if (found.index > from) entries.push([]);
    entries.at(-1)?.push(found[0]);
    from = found.index + found[0].length;
  }
  const written = entries.filter((parts) => parts.some((part) => part.trim() !== ''));
  const addresses = written.map(addressOf);
  return addresses.includes(undefined) ? undefined : (addresses as Address[]);
}

function addressOf(parts: readonly string[]): Address | undefined {
  const shown = parts.filter((part) => part.trim() !== '');
  const last = shown.at(-1)?.trim() ?? '';
  const bracketed = /^<\s*(\S+)\s*>$/.exec(last)?.[1];
  const address = bracketed ?? (shown.length === 1 ? last : '');
  if (!/^[^\s@"<>(),:;\\[\]]+@[^\s@"<>(),:;\\]+$/.test(address)) return undefined;
  const name = bracketed === undefined ? '' : shown.slice(0, -1).map(unquoted).join('').trim();
  // A line break in a name would be a header of its own.
  return /[\p{Cc}<>]/u.test(name) ? undefined : { name, address };
}

function unquoted(part: string): string {
  return part.startsWith('"') ? part.slice(1, -1).replace(/\\([^])/g, '$1') : part;
}
