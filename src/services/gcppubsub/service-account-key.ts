import { isObject } from '../../json.ts';
import type { Json } from '../../model.ts';

/** What counts in the JSON file of a service account's key. */
export interface ServiceAccountKey {
  email: string;
  /** In PEM. */
  key: string;
  keyId?: string;
  /** `googleapis.com` unless it says otherwise. */
  universe?: string;
}

/** undefined for a text that is no such file. Other kinds may name files and addresses to read, and are none. */
export function serviceAccountKeyIn(text: string): ServiceAccountKey | undefined {
  let json: Json;
  try {
    json = JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
  if (!isObject(json) || json['type'] !== 'service_account') return undefined;
  const { client_email: email, private_key: key, private_key_id: keyId, universe_domain: universe } = json;
  if (typeof email !== 'string' || typeof key !== 'string') return undefined;
  return {
    email,
    key,
    ...(typeof keyId === 'string' && { keyId }),
    ...(typeof universe === 'string' && universe !== '' && { universe }),
  };
}
