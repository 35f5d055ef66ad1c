const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** A cluster may be longer than any person would write (combining marks without end): then code points have to do. */
const longestCluster = 64;

/** The size of a text as a service counts it. */
export type Measure = (text: string) => number;

export const utf16Units: Measure = (text) => text.length;
export const codePoints: Measure = (text) => {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
};
export const utf8Bytes: Measure = (text) => Buffer.byteLength(text);

/** Shortens a text to at most `limit`, with `sign` at its end, and cuts no character as a person sees it in half. */
export function cutText(text: string, limit: number, measure: Measure = utf16Units, sign = '…'): string {
  if (measure(text) <= limit) return text;
  const room = limit - measure(sign);
  // The longest beginning that fits: a beginning of it fits, too.
  let [fits, tooLong] = [0, text.length];
  while (tooLong - fits > 1) {
    const middle = Math.floor((fits + tooLong) / 2);
    if (measure(text.slice(0, middle)) <= room) fits = middle;
    else tooLong = middle;
  }
  return `${text.slice(0, graphemeBoundary(text, fits))}${sign}`;
}

/** `index`, or where the character begins that it lies in. */
export function graphemeBoundary(text: string, index: number): number {
  const boundary = graphemes.segment(text.slice(0, index + longestCluster)).containing(index)?.index ?? index;
  return index - boundary > longestCluster ? wholeCodePoint(text, index) : boundary;
}

/** Moves back by one where `index` is inside a surrogate pair. */
function wholeCodePoint(text: string, index: number): number {
  const inside = /[\uDC00-\uDFFF]/.test(text[index] ?? '') && /[\uD800-\uDBFF]/.test(text[index - 1] ?? '');
  return inside ? index - 1 : index;
}
