const repetition = /\{(\d{1,4})(,(\d{0,4}))?\}/y;

/**
 * About how many parts a regular expression of RE2 has once its repetitions are written out: what it costs to compile,
 * and for each character to match at worst. One that is no regular expression has some size, too.
 */
export function regexpSize(source: string): number {
  const around: number[] = [];
  let size = 0;
  /** Of what a repetition would repeat. */
  let last = 0;
  for (let at = 0; at < source.length; at += 1) {
    const character = source[at];
    repetition.lastIndex = at;
    const repeated = character === '{' ? repetition.exec(source) : null;
    if (repeated) {
      const [text, least, range, most] = repeated;
      const times = most ? Number(most) : Number(least) + (range === undefined ? 0 : 1);
      size += last * Math.max(0, times - 1);
      last *= Math.max(1, times);
      at += text.length - 1;
    } else if (character === '(') {
      around.push(size);
      size = 0;
    } else if (character === ')') {
      last = size + 1;
      size = (around.pop() ?? 0) + last;
    } else {
      if (character === '\\') at += 1;
      else if (character === '[') at = endOfClass(source, at);
      last = 1;
      size += 1;
    }
  }
  return around.reduce((sum, outer) => sum + outer, size);
}

function endOfClass(source: string, start: number): number {
  // A bracket right behind the first one, or behind its ^, is a member.
  for (let at = start + (source[start + 1] === '^' ? 3 : 2); at < source.length; at += 1) {
    if (source[at] === '\\') at += 1;
    else if (source[at] === ']') return at;
  }
  return source.length;
}
