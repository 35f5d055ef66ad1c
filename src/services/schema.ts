/**
 * What a type of service is, as a plain value: its options, the section of templates, its recipients, and how it has
 * values rendered. `config`, `cli` and the template compiler read these; none of them knows a type by its name.
 */
import { suggestion } from '../go/did-you-mean.ts';
import type { Json, JsonObject } from '../model.ts';
import { type Fields, type OptionsOf, readFields } from './fields.ts';
import { hasErrors, type OptionProblem, type Validated } from './options.ts';
import type { Presentation, ValueFilter } from './service.ts';

export type { OptionProblem, Validated };

/**
 * `text` is a template, `literal` a plain string, `list` one of templates, `literals` one of plain strings, `texts` a
 * mapping of templates; an object has fields, and a list of one object is a list of such.
 */
export type SectionField =
  | 'text'
  /** A text that is YAML, or what it would say as a part of the template's own. */
  | 'yaml'
  | 'literal'
  | 'flag'
  | 'list'
  | 'literals'
  | 'texts'
  | readonly [SectionFields]
  | SectionFields;

export interface SectionFields {
  readonly [field: string]: SectionField;
}

/** `set`: a later template's value counts, also where it is empty or absent. `keep`: only where it is not empty. */
type Merging = 'set' | 'keep';

/** The section of a template that belongs to a type of service. */
export interface SectionSchema {
  /** Fields by name; `*` stands for names of the user's. */
  readonly fields: SectionFields;
  /**
   * How the sections of several templates become one: all fields alike, each in its own way, or `parts`: a later field
   * replaces the whole of an earlier one, and those that it lacks stay.
   */
  readonly merge: Merging | 'parts' | Readonly<Record<string, Merging>>;
  /** Go templates of fields that a section does not have, or leaves empty. */
  readonly defaults?: { readonly [field: string]: string };
  /** A text within a mapping of the section that is the template's name where it is absent: `[mapping, text]`. */
  readonly templateName?: readonly [string, string];
  /** The field whose text is shown in place of the message. */
  readonly messageField?: string;
  /** Fields that are JSON once rendered, as dotted paths; `*` stands for any one name. */
  readonly json?: readonly string[];
  /** Texts that may stand at the top of the template as well, outside of the section. */
  readonly atTop?: readonly string[];
  /** As these, where YAML will do, too. */
  readonly yaml?: readonly string[];
  /** Fields that know certain words only, the first of which any other means. */
  readonly words?: { readonly [field: string]: readonly [string, ...string[]] };
}

/** How values are written into the texts of a template. */
export interface Rendering {
  /** Fields of the section that must be JSON once rendered; default: those that its schema calls JSON. */
  readonly jsonFields?: readonly string[];
  /** Fields that may be JSON or anything else: escaped so only where that makes JSON of them. */
  readonly looseJsonFields?: readonly string[];
  /** Fields that are a part of a URL: values are escaped where they would break it. */
  readonly urlFields?: readonly string[];
  /**
   * Fields that are no text of the service's dialect: `filterValue` leaves their values alone. `message` is the
   * notification's.
   */
  readonly plainFields?: readonly string[];
  /** Applied to each value, never to the template's own text, for example to neutralise mentions. */
  readonly filterValue?: ValueFilter;
  /** What begins a new line in the message and in `messageField`. @defaultValue a line feed */
  readonly lineBreak?: string;
}

/** What follows the colon of a destination. */
export interface RecipientSchema {
  /** As it is named in messages: `channel`, `service key`. */
  readonly noun: string;
  /** What to write where it is empty: `the name of a channel`; absent: the service needs none. */
  readonly required?: string;
  /** The option whose keys are the recipients. */
  readonly keyedBy?: string;
  /** One recipient may hold a comma. */
  readonly commas?: true;
  /** What makes it one that certainly leads nowhere, although it may be sent to: told to who subscribes. */
  readonly pattern?: { readonly test: RegExp; readonly what: string; readonly fix: string };
  /** What makes it none, so that nothing is sent to it; goes on from the recipient: `is no chat`. */
  fault?(recipient: string): { what: string; fix: string } | undefined;
}

/** Why nothing can be sent to a recipient; undefined where it can. */
export function recipientFault(
  { keyedBy, fault }: RecipientSchema,
  recipient: string,
  options: Readonly<Record<string, unknown>>,
): { what: string; fix: string } | undefined {
  if (keyedBy === undefined) return fault?.(recipient);
  const keyed = options[keyedBy];
  const known = typeof keyed === 'object' && keyed !== null ? Object.keys(keyed) : [];
  if (known.includes(recipient)) return fault?.(recipient);
  return {
    what: `is not in ${keyedBy}`,
    fix: `Add it there, or write one that is: ${known.slice(0, 10).join(', ') || 'there is none yet'}.${suggestion(recipient, known)}`,
  };
}

export interface ServiceSchema<Type extends string = string, F extends Fields = Fields> {
  /** In `service.<type>.<name>`, and the name of the section. */
  readonly type: Type;
  /** As its makers write it, for messages. */
  readonly product: string;
  /** argocd-notifications knows no such type: it refuses a ConfigMap with a key `service.<type>`. */
  readonly isHeraldOnly?: true;
  readonly options: F;
  /** What single fields cannot tell. */
  check?(options: OptionsOf<F>, report: ReportProblem): void;
  readonly section?: SectionSchema;
  readonly rendering?: Rendering | ((options: OptionsOf<F>, name: string) => Rendering);
  /** Templates may mention people by their e-mail address. */
  readonly mentions?: true;
  readonly recipient: RecipientSchema;
  /** Messages a second and burst to one recipient; absent: unlimited. */
  readonly pace?: { readonly perSecond: number; readonly burst: number };
}

export type ReportProblem = (
  path: (string | number)[],
  what: string,
  fix: string,
  severity?: OptionProblem['severity'],
) => void;

/** A schema, with the types of its fields kept. */
export function serviceSchema<const Type extends string, const F extends Fields>(
  schema: ServiceSchema<Type, F>,
): ServiceSchema<Type, F> {
  return schema;
}

/** How values are written for a service; without its options, as one that has none is. */
export function renderingOf(
  { type, rendering, section, options: fields }: ServiceSchema,
  name: string,
  options: OptionsOf<Fields> = readFields(fields, {}).options,
): Presentation {
  return {
    type,
    jsonFields: section?.json ?? [],
    // A value that would break the YAML becomes a text.
    ...(section?.yaml && { yamlFields: section.yaml }),
    ...(typeof rendering === 'function' ? rendering(options, name) : rendering),
  };
}

/** Checks options, after `$key` substitution, and makes of them what the implementation takes. */
export function validateOptions<F extends Fields>(
  schema: Pick<ServiceSchema<string, F>, 'options' | 'check'>,
  source: Json,
): Validated<OptionsOf<F>> {
  const { options, problems } = readFields(schema.options, source);
  if (!hasErrors(problems)) {
    schema.check?.(options, (path, what, fix, severity = 'error') =>
      problems.push({ path, what, fix, severity }),
    );
  }
  return hasErrors(problems) ? { problems } : { options, problems };
}

/** Of templates merged in their order. */
export function mergeSections(
  merge: SectionSchema['merge'],
  before: JsonObject | undefined,
  later: JsonObject,
): JsonObject {
  if (before === undefined || merge === 'set') return later;
  const merged: JsonObject = {};
  const put = (name: string, value: Json) =>
    Object.defineProperty(merged, name, { value, enumerable: true, writable: true, configurable: true });
  const of = (name: string) => (typeof merge === 'string' ? merge : (merge[name] ?? 'set'));
  for (const [name, value] of Object.entries(before)) if (of(name) !== 'set') put(name, value);
  for (const [name, value] of Object.entries(later)) {
    if (of(name) !== 'keep' || !isEmpty(value)) put(name, value);
  }
  return merged;
}

function isEmpty(value: Json): boolean {
  return value === '' || value === null || (typeof value === 'object' && Object.keys(value).length === 0);
}
