import type { JsonObject } from '../model.ts';
import { type Failure, unusable } from './api.ts';

/** A field of a section that must hold a JSON list; an empty or absent one is an empty list. `text` is as it was written. */
export function jsonListOf(
  section: JsonObject | undefined,
  field: string,
): { ok: true; text: string; isEmpty: boolean } | { ok: false; failure: Failure } {
  const value = section?.[field] ?? '';
  const text = typeof value === 'string' ? value.trim() : JSON.stringify(value);
  if (text === '') return { ok: true, text: '[]', isEmpty: true };
  try {
    const parsed: unknown = JSON.parse(text);
    if (Array.isArray(parsed)) return { ok: true, text, isEmpty: parsed.length === 0 };
  } catch {
    // Told below.
  }
  const detail = `cannot be called: ${field} of the template is no JSON list`;
  return {
    ok: false,
    failure: unusable(detail),
  };
}
