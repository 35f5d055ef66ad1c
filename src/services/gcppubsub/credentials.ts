/**
 * Who Herald is to Google: a key, or what Google's own library finds in the environment. The folder may import what all
 * services share, the ground and that library.
 */
import { type AuthClient, Compute, GoogleAuth, JWT } from 'google-auth-library';
import type { HttpAnswer, HttpRequest } from '../http.ts';
import type { ServiceAccountKey } from './service-account-key.ts';

const scopes = ['https://www.googleapis.com/auth/pubsub'];

interface CredentialOptions {
  key: ServiceAccountKey | undefined;
  /** Path of a file; empty: none. */
  keyFile: string;
  send(request: HttpRequest): Promise<HttpAnswer>;
}

export interface Credentials {
  /** The host of an API: `pubsub` gives `pubsub.googleapis.com`, or one of another universe. */
  hostOf(api: string): Promise<string>;
  /** Headers that say who asks. Rejects with an error of the library or of the file. */
  headers(url: string): Promise<Record<string, string>>;
}

/** Reads and asks nothing before it is used. */
export function createCredentials({ key, keyFile, send }: CredentialOptions): Credentials {
  let finding: Promise<AuthClient> | undefined;
  const options = { scopes, transporterOptions: { fetchImplementation: fetchOver(send) } };

  async function find(): Promise<AuthClient> {
    if (key !== undefined) {
      const { email, key: pem, keyId, universe } = key;
      return new JWT({
        ...options,
        email,
        key: pem,
        ...(keyId && { keyId }),
        ...(universe && { universeDomain: universe }),
      });
    }
    const auth = new GoogleAuth({ scopes, clientOptions: options });
    if (keyFile !== '') return auth._getApplicationCredentialsFromFilePath(keyFile, options);
    return (
      (await auth._tryGetApplicationCredentialsFromEnvironmentVariable(options)) ??
      (await auth._tryGetApplicationCredentialsFromWellKnownFile(options)) ??
      // Not looked for before: the library would remember for good that its server was not up yet.
      new Compute(options)
    );
  }

  async function client(): Promise<AuthClient> {
    finding ??= find().then((found) => {
      // Signed by the key itself, so that there is no token to be asked for.
      if (found instanceof JWT) found.useJWTAccessWithScope = true;
      return found;
    });
    try {
      return await finding;
    } catch (error) {
      // The file may be mended.
      finding = undefined;
      throw error;
    }
  }

  return {
    hostOf: async (api) => `${api}.${(await client()).universeDomain}`,
    async headers(url) {
      const found = await (await client()).getRequestHeaders(url);
      return Object.fromEntries(found);
    },
  };
}

/** The library's requests, over our connections. */
function fetchOver(send: CredentialOptions['send']): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, { ...init, signal: null });
    const { status, text } = await send({
      method: request.method,
      url: request.url,
      headers: Object.fromEntries(request.headers),
      body: await request.text(),
      bodyIsSecret: true,
    });
    return new Response(text, { status, headers: { 'content-type': 'application/json' } });
  };
}
