import { generateKeyPairSync, type KeyObject } from 'node:crypto';

/** The JSON file of a service account's key, with the half of it that Google has. */
export function createServiceAccount(): { json: string; email: string; pem: string; publicKey: KeyObject } {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const email = 'herald@p.iam.gserviceaccount.com';
  const json = JSON.stringify({
    type: 'service_account',
    project_id: 'p',
    private_key_id: 'k1',
    private_key: pem,
    client_email: email,
    token_uri: 'https://oauth2.googleapis.com/token',
  });
  return { json, email, pem, publicKey };
}
