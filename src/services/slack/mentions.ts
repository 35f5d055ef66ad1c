import type { ValueFilter } from '../service.ts';

/**
 * Takes the power from mentions that a value brings along: `<!channel>` in a commit message must not page a company.
 * `<!channel>`, `<!here>`, `<!everyone>`, `<!group>`, `<!subteam^…>`, `<@U…>` and `<@W…>` are shown as they are
 * written instead (their `<` becomes `&lt;`), as are rich text elements `broadcast`, `user` and `usergroup` that a
 * value smuggles into `blocks`. Characters may be written as JSON escapes (`\u003c!channel>`), because in
 * `attachments` and `blocks` Slack sees what they stand for.
 *
 * A mention is the operator's own, and stays, when its beginning (`<!` or `<@`) comes from the template, its literals
 * and variables, or the `context`: `<@{{.id}}>`, `{{ printf "<@%s>" .id }}`, `{{ .context.oncall }}`. A bare `<` is the
 * beginning of a link: in `<{{.url}}|open>` a url `!channel` is no mention of the template's.
 */
export const neutraliseMentions: ValueFilter = (value, { preceding, isForeign }) => {
  if (!/[<!@]|\\u|"type"/i.test(value)) return value;
  const units = decode(value);
  const text = units.map((unit) => unit.text).join('');
  const edits = new Map<number, string>();
  const foreignAt = (index: number): boolean => {
    const unit = units[index];
    return unit !== undefined && isForeign(unit.at);
  };

  for (const pattern of [MENTION, UNFINISHED]) {
    for (const { index } of text.matchAll(pattern)) {
      if (foreignAt(index) || foreignAt(index + 1)) edits.set(index, '&lt;');
    }
  }
  for (const match of text.matchAll(ELEMENT)) {
    if (foreignAt(match.index)) edits.set(match.index + match[1]!.length, ZERO_WIDTH_SPACE);
  }

  const filtered = units.map((unit, index) => insert(unit, edits.get(index))).join('');
  return completesMention(preceding, text) && foreignAt(0) ? `${ZERO_WIDTH_SPACE}${filtered}` : filtered;
};

const KEYWORDS = '(?:channel|here|everyone|group|subteam\\^)';
const MENTION = new RegExp(`<(?=!${KEYWORDS}|@[UW])`, 'gi');
/** The rest of such a mention would come from the next value or from the template. */
const UNFINISHED = /<(?:!(?:[a-z]{0,7}|subteam\^?)|@)$/gi;
const ELEMENT = /("type"\s*:\s*")(?:broadcast|user|usergroup)"/gi;
const ZERO_WIDTH_SPACE = '\u200b';
/** As long as the longest beginning of a mention, written in escapes. */
const tail = '<!everyone'.length * 6;

/** One character as Slack sees it, and how the value wrote it. */
interface Unit {
  text: string;
  source: string;
  /** Where in the value it stands. */
  at: number;
}

function decode(value: string): Unit[] {
  return [...value.matchAll(/\\u([0-9a-f]{4})|\\[^]|[^]/gi)].map(({ 0: source, 1: hex, index: at }) => {
    if (hex === undefined) return { text: source.length > 1 ? '\0' : source, source, at };
    const text = String.fromCharCode(Number.parseInt(hex, 16));
    // An escaped quote is text inside a JSON string, never the end of one.
    return { text: text === '"' ? '\0' : text, source, at };
  });
}

function insert(unit: Unit, edit: string | undefined): string {
  if (edit === undefined) return unit.source;
  return edit === '&lt;' ? edit : `${edit}${unit.source}`;
}

/** The template ended in `<`, and this value goes on with `!channel` or `@U`: no mention until both are together. */
function completesMention(preceding: string, text: string): boolean {
  const before = decode(preceding.slice(-tail))
    .map((unit) => unit.text)
    .join('');
  if (!before.endsWith('<')) return false;
  return new RegExp(`^(?:!(?:${KEYWORDS}|[a-z]{0,7}$|subteam$)|@(?:[UW]|$))`, 'i').test(text);
}
