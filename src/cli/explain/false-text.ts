import type { ExplainedPart } from '../../triggers/explain.ts';
import { oneLine } from '../table.ts';

/** Which part of a condition is in the way, with its values. */
export function falseText(whole: ExplainedPart | undefined, when: string): string {
  if (!whole) return `${when === '' ? 'it has no when' : when} is false`;
  const found = decisive(whole);
  const shown = found.slice(0, 3).map(partText);
  const more = found.length > shown.length ? `, and ${found.length - shown.length} more` : '';
  return `${shown.join(', and ')}${more}`;
}

/** The smallest parts for which the whole is not true: of `and` the first that is not, of `or` each. */
function decisive(part: ExplainedPart): ExplainedPart[] {
  if (part.logic === 'and') {
    const first = part.parts.find(({ result }) => !(result.ok && result.isTrue));
    return first ? decisive(first) : [part];
  }
  return part.logic === 'or' && part.parts.length > 0 ? part.parts.flatMap(decisive) : [part];
}

function partText({ text, result, parts }: ExplainedPart): string {
  const values = parts.map((each) => `${oneLine(each.text, 80)} is ${valueText(each)}`);
  const value = result.ok ? result.printed : `no answer (${oneLine(result.error, 100)})`;
  const of = values.length === 0 ? '' : ` (${values.slice(0, 3).join(', ')})`;
  return `${oneLine(text, 150)} is ${oneLine(value, 100)}${of}`;
}

function valueText({ result }: ExplainedPart): string {
  if (!result.ok) return `no answer: ${oneLine(result.error, 100)}`;
  return result.printed === '' ? 'empty' : oneLine(result.printed, 100);
}
