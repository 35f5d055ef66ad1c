/**
 * Values inside the path and query of a URL. What a URL cannot hold is escaped, wherever it comes from: line breaks,
 * which URL parsers drop, a backslash, which they take for a slash, `#`, which ends the URL, and a `%` that begins no
 * escape. What separates parts of a URL is escaped in text from the cluster only, where it would change which part
 * the rest belongs to. Values that a template has escaped (`urlquery`) hold none of these, and stay as they are.
 */
import type { PrintFilter } from './template.ts';

const IMPOSSIBLE = /[\x00-\x1f\x7f\\#]|%(?![0-9a-f]{2})/i;
/** Whether text that goes on from here is the value of a query parameter. */
const IN_PARAMETER = /[?&][^=&#]*=[^&#]*$/;

/** Runs after `inner`. */
export function urlFilter(inner: PrintFilter | undefined): PrintFilter {
  return (value, at) => {
    const { preceding, isForeign } = at;
    const separator = separatorIn(preceding);
    let escaped = '';
    for (let index = 0; index < value.length; index++) {
      const character = value[index] as string;
      const isImpossible = IMPOSSIBLE.test(character === '%' ? value.slice(index, index + 3) : character);
      escaped +=
        isImpossible || (character === separator && isForeign(index))
          ? encodeURIComponent(character)
          : character;
    }
    return inner === undefined ? escaped : inner(escaped, at);
  };
}

/** What a value must not bring along here. One that the path begins with may be all of it, its query included. */
function separatorIn(preceding: string): string | undefined {
  if (preceding.includes('?')) return IN_PARAMETER.test(preceding) ? '&' : undefined;
  return preceding === '' ? undefined : '?';
}
