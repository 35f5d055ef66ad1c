/**
 * What `discord` is made of: embeds of a message, as its API (v10) takes them. The folder may import what all services
 * share, and the ground.
 */
import { parseYaml } from '../../go/yaml.ts';
import { isObject } from '../../json.ts';
import type { Json, JsonObject } from '../../model.ts';
import { cutText } from '../cut.ts';

/** Characters. */
const longest = {
  title: 256,
  description: 4_096,
  fieldName: 256,
  fieldValue: 1_024,
  footer: 2_048,
  author: 256,
};
const mostEmbeds = 10;
const mostFields = 25;
/** Characters of all embeds of a message together. */
const longestTogether = 6_000;

/** The embeds of a section, in YAML or JSON, cut to what Discord takes; undefined where the text is no list of objects. */
export function embedsIn(section: JsonObject | undefined): JsonObject[] | undefined {
  const written = section?.['embeds'] ?? '';
  const { value, problems } =
    typeof written === 'string' ? parseYaml(written) : { value: written, problems: [] };
  if (problems.length > 0) return undefined;
  if (value === null) return [];
  if (!Array.isArray(value) || !value.every(isObject)) return undefined;
  const cut = createCut();
  return (value as JsonObject[]).slice(0, mostEmbeds).map((embed) => fitted(embed, cut));
}

type Cut = (text: Json | undefined, limit: number) => string | undefined;

/** Cuts each text, and all of them together. */
function createCut(): Cut {
  let left = longestTogether;
  return (text, limit) => {
    if (typeof text !== 'string' && typeof text !== 'number' && typeof text !== 'boolean') return undefined;
    const fits = left === 0 ? '' : cutText(String(text).toWellFormed(), Math.min(limit, left));
    left -= fits.length;
    return fits === '' ? undefined : fits;
  };
}

function fitted(embed: JsonObject, cut: Cut): JsonObject {
  const { title, description, color, fields, footer, author, ...rest } = embed;
  return {
    ...rest,
    ...given('title', cut(title, longest.title)),
    ...given('description', cut(description, longest.description)),
    ...(color === undefined ? {} : { color: colourOf(color) }),
    ...(isObject(author)
      ? { author: { ...author, ...given('name', cut(author['name'], longest.author)) } }
      : {}),
    ...(Array.isArray(fields)
      ? { fields: fields.slice(0, mostFields).flatMap((field) => fittedField(field, cut)) }
      : {}),
    ...(isObject(footer)
      ? { footer: { ...footer, ...given('text', cut(footer['text'], longest.footer)) } }
      : {}),
  };
}

/** A field has a name and a value; one that has no room any more is left out. */
function fittedField(field: Json, cut: Cut): JsonObject[] {
  if (!isObject(field)) return [];
  const name = cut(field['name'], longest.fieldName);
  const value = cut(field['value'], longest.fieldValue);
  return name === undefined || value === undefined ? [] : [{ ...field, name, value }];
}

function given(name: string, text: string | undefined): JsonObject {
  return text === undefined ? {} : { [name]: text };
}

/** Discord knows colours as numbers only. */
function colourOf(color: Json): Json {
  const hex = typeof color === 'string' ? /^#?([\da-f]{6})$/i.exec(color.trim())?.[1] : undefined;
  return hex === undefined ? color : Number.parseInt(hex, 16);
}
