import { apiError } from './status.ts';

export interface Selectable {
  namespace: string;
  name: string;
  labels: Readonly<Record<string, string>>;
  fields?: Readonly<Record<string, string>>;
}

export type Selector = (object: Selectable) => boolean;

/** `labelSelector` and `fieldSelector` of a list or watch; a bad one is a 400, as from the real server. */
export function parseSelectors(query: URLSearchParams, plural = ''): Selector {
  const tests = [
    ...split(query.get('labelSelector') ?? '').map(labelTest),
    ...split(query.get('fieldSelector') ?? '').map((requirement) => fieldTest(requirement, plural)),
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

/** Of Events, which have more than other kinds. */
const eventField = /^(?:involvedObject\.(?:kind|namespace|name|uid|apiVersion)|reason|type)$/;

function fieldTest(requirement: string, plural: string): Selector {
  const match = /^([^!=]+)(==|=|!=)(.*)$/.exec(requirement);
  const [, field = '', operator, value] = match ?? [];
  const isOwn = plural === 'events' && eventField.test(field);
  if (field !== 'metadata.name' && field !== 'metadata.namespace' && !isOwn)
    throw apiError(400, `field label not supported: ${field || requirement}`);
  function read({ name, namespace, fields }: Selectable): string {
    if (field === 'metadata.name') return name;
    return field === 'metadata.namespace' ? namespace : (fields?.[field] ?? '');
  }
  return (object) => (read(object) === value) === (operator !== '!=');
}
