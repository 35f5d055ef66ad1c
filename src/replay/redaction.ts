import { isObject } from '../json.ts';
import type { Json, JsonObject } from '../model.ts';

/** What stands in a recording in place of what may be a secret. */
export const notRecorded = '(not recorded)';

/**
 * The object without what may be a secret. Argo CD's objects are no place for secrets, and people put some there all the
 * same: into annotations, parameters and values. There a value is left out whose name or shape is that of a secret, and
 * Helm values as text altogether, in which nobody can tell. Everywhere else keys, tokens and URLs with a password are
 * left out by their shape. Revisions, images and names stay, since conditions read them.
 */
export function withoutSecrets(object: JsonObject): JsonObject {
  return cleanObject(object, 'elsewhere', '');
}

type Place = 'elsewhere' | 'annotations' | 'options';

/** Below these keys stands what people have given, of any name and shape. */
const optionKeys: ReadonlySet<string> = new Set([
  'helm',
  'plugin',
  'jsonnet',
  'kustomize',
  'generators',
  'info',
  'env',
  'parameters',
  'values',
  'valuesObject',
  'templatePatch',
]);
/** Text of any structure. */
const textKeys: ReadonlySet<string> = new Set(['values', 'valuesText', 'templatePatch']);

/** Who is told, and of what: Herald's own, without which nothing could be replayed. */
const ownAnnotation = /(^|\.)notifications\.argoproj\.io\/|^herald\.argoproj\.io\//;
const appliedAnnotation = /last-?applied|\/applied$/i;

const secretName =
  /passw|passphrase|(^|[^a-z])(pass|pwd|pw|pat|sas|dsn)([^a-z]|$)|secret|token|credential|creds?([^a-z]|$)|api[-_.]?key|(access|private|signing|encryption|account|master|license|ssh|tls|shared|client)[-_.]?key|auth(?!or)|bearer|cookie|connection[-_.]?string|webhook|htpasswd|dockerconfig|kubeconfig|salt([^a-z]|$)/i;
/** `apiKey`, `dbPass`: a name in camel case is read word by word. */
const wordEnd = /([a-z0-9])([A-Z])/g;

/** Tokens that their makers have given a shape, and keys. */
const secretShapes = new RegExp(
  [
    '-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----',
    String.raw`\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*`,
    String.raw`\b(?:gh[opusr]|github_pat)_\w{16,}`,
    String.raw`\bgl(?:pat|dt|rt|ptt|oas)-[\w-]{16,}`,
    String.raw`\bxox[abeoprs]-[\w-]{8,}|\bxapp-[\w-]{8,}`,
    String.raw`\b(?:AKIA|ASIA)[A-Z0-9]{16}\b`,
    String.raw`\bAIza[\w-]{30,}`,
    String.raw`\b[rs]k_(?:live|test)_\w{10,}|\bsk-[\w-]{20,}`,
    String.raw`\bhv[sbr]\.[\w-]{20,}|\bnpm_\w{20,}|\bdop_v1_\w{20,}|\bSG\.[\w-]{16,}\.[\w-]{16,}`,
    String.raw`\b(?:Bearer|Basic) [\w+/=.~-]{16,}`,
    String.raw`hooks\.slack\.com/(?:services|workflows|triggers)/\S+`,
    String.raw`discord(?:app)?\.com/api/webhooks/\S+`,
    String.raw`\bAGE-SECRET-KEY-1\w+`,
  ].join('|'),
);
const userInUrl = /\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@'"]+@/gi;
/** A query that signs or opens: what follows the name goes. */
const secretInQuery = /([?&](?:[\w.-]*(?:token|secret|signature|password|key)|sig)=)[^&#\s'"]+/gi;

function cleanObject(object: JsonObject, place: Place, key: string): JsonObject {
  const named = place === 'options' && [object.name, object.key].some(isSecretName);
  return Object.fromEntries(
    Object.entries(object).map(([inner, value]) => {
      const within = placeOf(inner, place, key);
      const isValue = inner !== 'name' && inner !== 'key';
      return [inner, named && isValue ? withheld(value) : cleanValue(value, within, inner)];
    }),
  );
}

function placeOf(key: string, place: Place, parent: string): Place {
  if (key === 'images') return 'elsewhere';
  if (place === 'annotations' || place === 'options') return place;
  if (key === 'annotations' && (parent === 'metadata' || parent === 'managedNamespaceMetadata'))
    return 'annotations';
  if (key === 'commonAnnotations') return 'annotations';
  return optionKeys.has(key) ? 'options' : 'elsewhere';
}

function cleanValue(value: Json, place: Place, key: string): Json {
  if (place === 'annotations' && typeof value === 'string' && key !== 'annotations')
    return annotation(key, value);
  if (place === 'options' && isSecretName(key)) return withheld(value);
  if (Array.isArray(value))
    return value.map((item) => cleanValue(item, place, place === 'options' ? '' : key));
  if (isObject(value)) return cleanObject(value, place, key);
  if (typeof value !== 'string') return value;
  if (place !== 'options') return withoutShapes(value);
  if (textKeys.has(key)) return value === '' ? value : notRecorded;
  return isSecretText(value) ? notRecorded : withoutShapes(value);
}

function annotation(name: string, value: string): string {
  if (ownAnnotation.test(name)) return withoutShapes(value);
  if (appliedAnnotation.test(name) || isSecretName(name.slice(name.indexOf('/') + 1))) return notRecorded;
  return isSecretText(value) ? notRecorded : withoutShapes(value);
}

/** Of a value with such a name: what is true or false opens nothing. */
function withheld(value: Json): Json {
  const isHarmless =
    value === null || typeof value === 'boolean' || value === '' || value === 'true' || value === 'false';
  return isHarmless ? value : notRecorded;
}

function isSecretName(name: unknown): boolean {
  return typeof name === 'string' && secretName.test(name.replaceAll(wordEnd, '$1-$2'));
}

function withoutShapes(text: string): string {
  if (secretShapes.test(text)) return notRecorded;
  if (!text.includes('://')) return text;
  return text.replaceAll(userInUrl, '$1***@').replaceAll(secretInQuery, '$1***');
}

/** A text that holds a name of a secret with a value, or something as random as keys are. */
function isSecretText(text: string): boolean {
  if (secretShapes.test(text)) return true;
  // As in `a=b`, `a: b` and `"a":"b"`, and not as in an image's tag.
  for (const [, name] of text.matchAll(/([\w.-]+)(?:["']\s*:|\s*=|:\s)/g))
    if (isSecretName(name)) return true;
  return (text.match(/[\w+/=-]{20,}/g) ?? []).some(isRandom);
}

/** Bits of a character: hexadecimal digits have four at the most, words of people fewer. */
const entropyOfKeys = 3.8;

/** Digits, capitals and small letters as in base64; neither a revision nor a digest, which are hexadecimal. */
function isRandom(word: string): boolean {
  if (!/[a-z]/.test(word) || !/[A-Z]/.test(word) || !/\d/.test(word)) return false;
  const counts = new Map<string, number>();
  for (const character of word) counts.set(character, (counts.get(character) ?? 0) + 1);
  let entropy = 0;
  for (const count of counts.values()) entropy -= (count / word.length) * Math.log2(count / word.length);
  return entropy >= entropyOfKeys;
}
