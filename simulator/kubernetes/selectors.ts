import { apiError } from './status.ts';

export interface Selectable {
  namespace: string;
  name: string;
  labels: Readonly<Record<string, string>>;
}

export type Selector = (object: Selectable) => boolean;

/** `labelSelector` and `fieldSelector` of a list or watch; a bad one is a 400, as from the real server. */
export function parseSelectors(query: URLSearchParams): Selector {
  const tests = [
    ...split(query.get('labelSelector') ?? '').map(labelTest),
    ...split(query.get('fieldSelector') ?? '').map(fieldTest),
  ];
  return (object) => tests.every((test) => test(object));
}

/** Splits at commas that are not inside parentheses. */
function split(selector: string): string[] {
  return selector.trim() === '' ? [] : selector.split(/,(?![^()]*\))/).map((part) => part.trim());
}

function labelTest(requirement: string): Selector {
  const set = /^([^\s!=(),]+)\s+(in|notin)\s*\(([^()]*)\)$/.exec(requirement);
  if (set !== null) {
    const [, key = '', operator, list = ''] = set;
    const values = new Set(list.split(',').map((value) => value.trim()));
    return ({ labels }) => {
      const value = labels[key];
      return operator === 'in'
        ? value !== undefined && values.has(value)
        : value === undefined || !values.has(value);
    };
  }
  const equality = /^([^\s!=(),]+)\s*(==|=|!=)\s*([^\s!=(),]*)$/.exec(requirement);
  if (equality !== null) {
    const [, key = '', operator, value] = equality;
    return ({ labels }) => (operator === '!=' ? labels[key] !== value : labels[key] === value);
  }
  const existence = /^(!?)\s*([^\s!=(),]+)$/.exec(requirement);
  if (existence !== null) {
    const [, not, key = ''] = existence;
    return ({ labels }) => (labels[key] === undefined) === (not === '!');
  }
  throw apiError(400, `unable to parse requirement: ${requirement}`);
}

function fieldTest(requirement: string): Selector {
  const match = /^([^!=]+)(==|=|!=)(.*)$/.exec(requirement);
  const [, field, operator, value] = match ?? [];
  if (field !== 'metadata.name' && field !== 'metadata.namespace') {
    throw apiError(400, `field label not supported: ${field ?? requirement}`);
  }
  const read = (object: Selectable): string => (field === 'metadata.name' ? object.name : object.namespace);
  return (object) => (read(object) === value) === (operator !== '!=');
}
