import { isObject } from '../json.ts';
import type { JsonObject } from '../model.ts';
import { type Failure, unusable } from './api.ts';
import { cutText } from './cut.ts';

/** What both kinds of Teams services have in their sections. */
export const cardFields = {
  template: 'text',
  title: 'text',
  summary: 'text',
  text: 'text',
  themeColor: 'text',
  facts: 'text',
  sections: 'text',
  potentialAction: 'text',
} as const;

/** Bytes of a message that Teams takes, with some room. */
const longestMessage = 27_000;

/** A field that holds JSON cannot be sent. */
class NoCard extends Error {
  override name = 'NoCard';
  constructor(field: string, wanted: string) {
    super(`${field} of the template is no ${wanted}`);
  }
}

export function cardFailure(error: unknown): Failure {
  if (!(error instanceof NoCard)) throw error;
  return unusable(`cannot be called: ${error.message}`);
}

export interface JsonList {
  /** As the template has it, so that no number in it is rounded. */
  text: string;
  items: (JsonObject | null)[];
}

/** undefined where there is none. Throws NoCard. */
export function objectsOf(section: JsonObject | undefined, field: string): JsonList | undefined {
  const text = textOf(section, field).trim();
  if (text === '') return undefined;
  const value = parsed(text, field, 'JSON list');
  if (value === null) return undefined;
  if (!Array.isArray(value) || !value.every((item) => item === null || isObject(item))) {
    throw new NoCard(field, 'JSON list of objects');
  }
  return { text, items: value };
}

export function textOf(section: JsonObject | undefined, field: string): string {
  const value = section?.[field] ?? '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Throws NoCard. */
export function parsed(text: string, field: string, wanted: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new NoCard(field, wanted);
  }
}

/** The message, with its text cut where the whole would be longer than Teams takes. */
export function fitting(build: (text: string) => string, text: string): string {
  const body = build(text);
  const excess = Buffer.byteLength(body) - longestMessage;
  if (excess <= 0) return body;
  return build(cutText(text, Math.max(jsonBytes(text) - excess, jsonBytes('…')), jsonBytes));
}

function jsonBytes(text: string): number {
  return Buffer.byteLength(JSON.stringify(text)) - 2;
}
