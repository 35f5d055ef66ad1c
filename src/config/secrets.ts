import type { Position } from '../go/yaml-position.ts';

/** Decoded values by key. */
export type SecretData =
  | Readonly<Record<string, Uint8Array | string>>
  | ReadonlyMap<string, Uint8Array | string>;

/** The Secrets that `$key` and `$secret:key` refer to. */
export interface SecretSource {
  /** For messages. */
  name: string;
  /** undefined: not known, so that no reference to it is a problem. */
  data: SecretData | undefined;
  /** Other Secrets labelled `app.kubernetes.io/part-of: argocd`, by name. */
  others: ReadonlyMap<string, SecretData>;
}

export interface Reference {
  /** `key`, or `secret:key`. */
  name: string;
  at: Position;
  resolved: boolean;
  /** What is missing, for people; absent too while the Secret is not known. */
  missing?: { what: string; fix: string };
  /** It stands within a word (`pa$word`), so that it is more likely meant literally. */
  withinWord: boolean;
  /** The value ends in a line break and has no other. */
  endsInLineBreak: boolean;
}

const keyReference = /\$([\w-]+)/g;
const otherReference = /^\$([a-z0-9](?:[-a-z0-9.]*[a-z0-9])?):([\w-]+(?:\.[\w-]+)*)/;

/**
 * Puts the Secret's values in place of `$key` in one string, as `replaceStringSecret` of notifications-engine does,
 * and of `$secret:key` where `$secret` is no key of the Secret. What cannot be resolved is left as it is and reported.
 * Values are not looked through again.
 */
export function substituteSecrets(
  text: string,
  at: Position,
  source: SecretSource,
  report: (reference: Reference) => void,
): string {
  if (!text.includes('$')) return text;
  let result = '';
  let end = 0;
  keyReference.lastIndex = 0;
  for (let match = keyReference.exec(text); match; match = keyReference.exec(text)) {
    const start = match.index;
    const found = resolve(text.slice(start), match[1] ?? '', source);
    const withinWord = start > end && /[A-Za-z0-9]/.test(text[start - 1] ?? '');
    report({
      name: found.name,
      at,
      resolved: found.value !== undefined,
      withinWord,
      endsInLineBreak: found.value !== undefined && /^[^\n]*\n$/.test(found.value),
      ...(found.missing && { missing: found.missing }),
    });
    result += text.slice(end, start) + (found.value ?? text.slice(start, start + found.length));
    end = start + found.length;
    keyReference.lastIndex = end;
  }
  return result + text.slice(end);
}

interface Found {
  name: string;
  length: number;
  value?: string;
  missing?: { what: string; fix: string };
}

function resolve(text: string, key: string, source: SecretSource): Found {
  const own = valueOf(source.data, key);
  if (own !== undefined) return { name: key, length: key.length + 1, value: own };
  const [reference, secret, otherKey] = otherReference.exec(text) ?? [];
  if (reference !== undefined && secret !== undefined && otherKey !== undefined) {
    const other = valueOf(source.others.get(secret), otherKey);
    const name = `${secret}:${otherKey}`;
    if (other !== undefined) return { name, length: reference.length, value: other };
    if (source.data === undefined) return { name, length: reference.length };
    return { name, length: reference.length, missing: missingOther(source, secret, otherKey) };
  }
  const found = { name: key, length: key.length + 1 };
  if (source.data === undefined) return found;
  return {
    ...found,
    missing: {
      what: `$${key} refers to a key that Secret ${source.name} does not have`,
      fix: `Add the key ${JSON.stringify(key)} to Secret ${source.name}; text that only looks like a reference belongs there too.`,
    },
  };
}

function missingOther(source: SecretSource, secret: string, key: string): { what: string; fix: string } {
  const what = `$${secret}:${key} refers to a key that ${
    source.others.has(secret) ? `Secret ${secret} does not have` : 'no labelled Secret has'
  }`;
  const fix = source.others.has(secret)
    ? `Add the key ${JSON.stringify(key)} to Secret ${secret}.`
    : `Label Secret ${secret} app.kubernetes.io/part-of: argocd, or add the key ${JSON.stringify(secret)} to Secret ${source.name}.`;
  return { what, fix };
}

/** The text of one key, as Go makes a string of bytes; undefined when there is none. */
export function valueOf(data: SecretData | undefined, key: string): string | undefined {
  const value = isMap(data) ? data.get(key) : data && Object.hasOwn(data, key) ? data[key] : undefined;
  return value instanceof Uint8Array ? new TextDecoder('utf-8', { ignoreBOM: true }).decode(value) : value;
}

function isMap(data: SecretData | undefined): data is ReadonlyMap<string, Uint8Array | string> {
  return data instanceof Map;
}
