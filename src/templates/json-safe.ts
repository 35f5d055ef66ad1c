/**
 * Values inside the JSON of a template: where one would break the string that it stands in, it is escaped.
 * The argocd-notifications defect behind it: a quote in a sync error loses the alert about that error.
 */
import type { PrintFilter } from './template.ts';

export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Also JSON line by line, as bulk interfaces take it. */
export function isJsonOrLines(text: string): boolean {
  if (isJson(text)) return true;
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.length > 1 && lines.every(isJson);
}

/** Whether text that goes on from here stands inside a JSON string. */
interface StringState {
  scanned: number;
  inside: boolean;
}

function advance(state: StringState, text: string): void {
  for (; state.scanned < text.length; state.scanned++) {
    const character = text[state.scanned];
    if (character === '"') state.inside = !state.inside;
    else if (character === '\\' && state.inside) state.scanned += 1;
  }
}

/** The value as JSON string content, unless it is that already (`toJson | trimAll "\""`). */
function escapeInString(value: string): string {
  return isJson(`"${value}"`) ? value : JSON.stringify(value).slice(1, -1);
}

/** A filter for one rendering: escapes values that stand inside a JSON string, after `inner`. */
export function jsonStringFilter(inner: PrintFilter | undefined): PrintFilter {
  const state: StringState = { scanned: 0, inside: false };
  return (value, at) => {
    advance(state, at.preceding);
    const filtered = inner === undefined ? value : inner(value, at);
    return state.inside ? escapeInString(filtered) : filtered;
  };
}
