import { createHmac, randomBytes } from 'node:crypto';

/**
 * What stands in rendered text for a mention of an e-mail address, until the message is sent. It is signed with a key
 * of this process, so a value such as a commit message cannot make one up: `__SLACK_USER_EMAIL__boss@example.com__`
 * is text like any other.
 */
export interface Markers {
  mark(address: string): string;
  /** The addresses of genuine markers, each once. */
  addressesIn(texts: readonly string[]): string[];
  replace(text: string, by: (address: string) => string): string;
}

const OPENER = '__SLACK_USER_EMAIL__';
/** Sticky, and so used with `lastIndex` set. */
const MARKER = /__SLACK_USER_EMAIL__([^\s"\\<>]{1,254}?)__([0-9a-f]{32})__/y;

export function createMarkers(): Markers {
  const key = randomBytes(32);
  const sign = (address: string): string =>
    createHmac('sha256', key).update(address).digest('hex').slice(0, 32);

  function replace(text: string, by: (address: string) => string): string {
    let replaced = '';
    let done = 0;
    // What looks like the beginning of a marker may stand before, or reach into, a genuine one.
    for (let at = text.indexOf(OPENER); at >= 0; at = text.indexOf(OPENER, Math.max(at + 1, done))) {
      MARKER.lastIndex = at;
      const [marker = '', address = '', signature] = MARKER.exec(text) ?? [];
      if (signature === undefined || signature !== sign(address)) continue;
      replaced += text.slice(done, at) + by(address);
      done = at + marker.length;
    }
    return done === 0 ? text : replaced + text.slice(done);
  }

  return {
    mark: (address) => `${OPENER}${address}__${sign(address)}__`,
    addressesIn(texts) {
      const found = new Set<string>();
      for (const text of texts) {
        replace(text, (address) => {
          found.add(address);
          return '';
        });
      }
      return [...found];
    },
    replace,
  };
}
