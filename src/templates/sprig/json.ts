/** Sprig's JSON, with the size of a value counted before it is written. */
import { entriesOf, itemsOf } from '../../go/collections.ts';
import { decodeJsonFloats, type EncodeOptions, encodeJson } from '../../go/json.ts';
import { contextual, type TemplateFunction } from '../gotemplate/functions.ts';
import type { FunctionContext } from '../gotemplate/run.ts';
import { checkText } from './limits.ts';

/** Bytes as standard base64. */
export const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

/** Walks a value as its text would: one that contains another many times may grow without bound. */
function charge(context: FunctionContext, value: unknown, size = { characters: 0 }): void {
  context.spend(1);
  size.characters += typeof value === 'string' ? value.length : 1;
  checkText(context, size.characters);
  if (typeof value !== 'object' || value === null) return;
  const items = itemsOf(value);
  if (items !== undefined) for (const item of items) charge(context, item, size);
  else for (const [, item] of entriesOf(value) ?? []) charge(context, item, size);
}

function marshal(context: FunctionContext, value: unknown, options: EncodeOptions): string {
  charge(context, value);
  return encodeJson(value, options);
}

/** What a `to…Json` prints where the value has no JSON: nothing. Limits still hold. */
function orEmpty(context: FunctionContext, value: unknown, options: EncodeOptions): string {
  charge(context, value);
  try {
    return encodeJson(value, options);
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('json:')) return '';
    throw error;
  }
}

function unmarshal(context: FunctionContext, text: string): unknown {
  context.spend(text.length >> 4);
  return decodeJsonFloats(text);
}

function fromJson(context: FunctionContext, text: string): unknown {
  try {
    return unmarshal(context, text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

const PRETTY = { indent: '  ' };
const RAW = { escapeHtml: false };
const TO = 'func(interface {}) string';
const MUST_TO = 'func(interface {}) (string, error)';

export const JSON_FUNCTIONS: Readonly<Record<string, TemplateFunction>> = {
  fromJson: contextual('func(string) interface {}', fromJson),
  mustFromJson: contextual('func(string) (interface {}, error)', unmarshal),
  toJson: contextual(TO, (context, value) => orEmpty(context, value, {})),
  toPrettyJson: contextual(TO, (context, value) => orEmpty(context, value, PRETTY)),
  toRawJson: contextual(TO, (context, value) => marshal(context, value, RAW)),
  mustToJson: contextual(MUST_TO, (context, value) => marshal(context, value, {})),
  mustToPrettyJson: contextual(MUST_TO, (context, value) => marshal(context, value, PRETTY)),
  mustToRawJson: contextual(MUST_TO, (context, value) => marshal(context, value, RAW)),
};
