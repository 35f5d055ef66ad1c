/** What was received, in the form in which the expected request has it. */
import { createHmac, createPublicKey, verify } from 'node:crypto';
import type { Json, JsonObject } from '../../../src/model.ts';
import { type AwsSignature, isSignedBy } from '../../internet/aws-signature.ts';
import { challenge } from '../../internet/smtp.ts';
import type { WireRequest } from './vectors.ts';

/**
 * A request as it came has its body as text; the vectors have it as JSON, as a form or as text, and a GitHub App's
 * token decoded. `like`: the request that is expected in its place.
 */
export function inTheFormOf(
  like: WireRequest | undefined,
  { body, awsSignature, ...request }: WireRequest,
  { githubKey, secrets }: Keys,
): WireRequest {
  const form = bodyForm(like, request.headers?.['content-type'] ?? '');
  return {
    ...request,
    ...withBody(form, body),
    ...withToken(request, githubKey),
    ...withMail(request.smtp, secrets),
    ...(awsSignature && { sigv4: checked(awsSignature, secrets) }),
  };
}

interface Keys {
  githubKey: string;
  /** Texts of which one may be AWS' secret key. */
  secrets: readonly string[];
}

function checked(signature: AwsSignature, secrets: readonly string[]): JsonObject {
  const { accessKey, scope, signedHeaders } = signature;
  return { accessKey, scope, signedHeaders, valid: secrets.some((secret) => isSignedBy(signature, secret)) };
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

/** A mail, with a login of which only a digest is sent judged: whether it is that of one of the secrets. */
function withMail(smtp: JsonObject | undefined, secrets: readonly string[]): Partial<WireRequest> {
  if (smtp === undefined) return {};
  // The vectors do not have it.
  const { messageId: _, ...mail } = smtp;
  const { digest, ...rest } = (smtp.auth ?? {}) as JsonObject;
  if (typeof digest !== 'string') return { smtp: mail };
  const digestValid = secrets.some(
    (secret) => createHmac('md5', secret).update(challenge).digest('hex') === digest,
  );
  return { smtp: { ...mail, auth: { ...rest, digestValid } } };
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
