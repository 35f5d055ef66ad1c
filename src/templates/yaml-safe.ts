/**
 * Values inside the YAML of a template: one that would break it, or be taken for a part of its structure, becomes the text
 * that it is. What a template makes structure of on purpose (`toJson`, `toYaml` with `nindent`) stays structure.
 */
import { parseYaml } from '../go/yaml.ts';
import type { Json } from '../model.ts';
import { isJson } from './json-safe.ts';
import type { PrintFilter } from './template.ts';

/** Ends or changes a scalar that stands without quotes, on one line. */
const STRUCTURE = /^[&*!|>%@`'"[{]|\s#/;

/** `render` renders the field with a filter. The answer is the text as it is, or JSON where that would be broken. */
export function renderYaml(
  render: (filter: PrintFilter | undefined) => string,
  inner: PrintFilter | undefined,
): string {
  const values: string[] = [];
  const keep: PrintFilter = (value, at) => {
    const filtered = inner === undefined ? value : inner(value, at);
    values.push(filtered);
    return filtered;
  };
  const plain = render(keep);
  if (plain.trim() === '' || isJson(plain)) return plain;
  const isChanged = values.some(
    (value) => !value.includes('\n') && STRUCTURE.test(value) && !isCollection(value),
  );
  if (!isChanged && parseYaml(plain).problems.length === 0) return plain;

  const marker = markerOf(plain);
  const marked: string[] = [];
  const text = render((value, at) => {
    const filtered = inner === undefined ? value : inner(value, at);
    if (filtered === '' || /^[\w./-]+$/.test(filtered)) return filtered;
    marked.push(filtered);
    return `${marker}${marked.length - 1}x`;
  });
  const { value, problems } = parseYaml(text);
  if (problems.length > 0) return plain;
  const pattern = new RegExp(`${marker}(\\d+)x`, 'g');
  const withValues = (part: string) => part.replace(pattern, (_, at: string) => marked[Number(at)] ?? '');
  return JSON.stringify(filled(value, withValues));
}

/** As `toJson` writes one. */
function isCollection(value: string): boolean {
  return /^\s*[[{]/.test(value) && isJson(value);
}

/** A word that is nowhere in the text. */
function markerOf(text: string): string {
  let marker = 'value';
  while (text.includes(marker)) marker += 'e';
  return marker;
}

function filled(value: Json, withValues: (text: string) => string): Json {
  if (typeof value === 'string') return withValues(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => filled(item, withValues));
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [withValues(name), filled(item, withValues)]),
  );
}
