/** What was received, in the form in which the expected request has it. */
import { createPublicKey, verify } from 'node:crypto';
import type { Json, JsonObject } from '../../../src/model.ts';
import type { WireRequest } from './vectors.ts';

/**
 * A request as it came has its body as text; the vectors have it as JSON, as a form or as text, and a GitHub App's
 * token decoded. `like`: the request that is expected in its place.
 */
export function inTheFormOf(
  like: WireRequest | undefined,
  { body, ...request }: WireRequest,
  githubKey: string,
): WireRequest {
  const form = bodyForm(like, request.headers?.['content-type'] ?? '');
  return { ...request, ...withBody(form, body), ...withToken(request, githubKey) };
}

function bodyForm(like: WireRequest | undefined, contentType: string): 'json' | 'form' | 'body' {
  if (like?.json !== undefined) return 'json';
  if (like?.form !== undefined) return 'form';
  if (like?.body !== undefined) return 'body';
  if (contentType.includes('json')) return 'json';
  return contentType.includes('form-urlencoded') ? 'form' : 'body';
}

function withBody(form: 'json' | 'form' | 'body', body: string | undefined): Partial<WireRequest> {
  if (body === undefined) return {};
  switch (form) {
    case 'json':
      return parsed(body);
    case 'form':
      return { form: Object.fromEntries(new URLSearchParams(body)) };
    case 'body':
      return { body };
  }
}

function parsed(body: string): Partial<WireRequest> {
  try {
    return { json: JSON.parse(body) as Json };
  } catch {
    return { body };
  }
}

/** The token that a GitHub App signs: three parts, of which two are JSON. */
function withToken(request: WireRequest, githubKey: string): Partial<WireRequest> {
  const authorization = request.headers?.authorization ?? '';
  const token = /^bearer ([\w-]+)\.([\w-]+)\.([\w-]+)$/i.exec(authorization);
  if (token === null) return {};
  const [, header = '', claims = '', signature = ''] = token;
  const decoded = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as JsonObject;
  const valid = verify(
    'RSA-SHA256',
    Buffer.from(`${header}.${claims}`),
    createPublicKey(githubKey),
    Buffer.from(signature, 'base64url'),
  );
  return {
    headers: { ...request.headers, authorization: 'Bearer <jwt>' },
    jwt: { header: decoded(header), claims: decoded(claims), valid },
  };
}
