/** Signatures of AWS, version 4: what a request says of its own, and whether a secret key made it. */
import { createHash, createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export interface AwsSignature {
  accessKey: string;
  /** `20261122/us-east-2/sqs/aws4_request` */
  scope: string;
  signedHeaders: string;
  /** What was to be signed, computed of what came. */
  toSign: string;
  signature: string;
}

const pattern =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/([^,]+), ?SignedHeaders=([^,]+), ?Signature=([\da-f]+)$/;

/** undefined for a request that is not signed so. */
export function awsSignatureOf(
  { method = '', url = '', headers }: IncomingMessage,
  body: string,
): AwsSignature | undefined {
  const parts = pattern.exec(headers.authorization ?? '');
  if (parts === null) return undefined;
  const [, accessKey = '', scope = '', signedHeaders = '', signature = ''] = parts;
  const [path = '/', query = ''] = url.split('?');
  const lines = signedHeaders.split(';').map((name) => `${name}:${String(headers[name] ?? '').trim()}\n`);
  const canonical = [
    method,
    path,
    query.split('&').sort().join('&'),
    lines.join(''),
    signedHeaders,
    sha256(body),
  ];
  const toSign = [
    'AWS4-HMAC-SHA256',
    String(headers['x-amz-date']),
    scope,
    sha256(canonical.join('\n')),
  ].join('\n');
  return { accessKey, scope, signedHeaders, toSign, signature };
}

export function isSignedBy({ scope, toSign, signature }: AwsSignature, secretKey: string): boolean {
  const key = scope
    .split('/')
    .reduce<string | Buffer>(
      (secret, part) => createHmac('sha256', secret).update(part).digest(),
      `AWS4${secretKey}`,
    );
  return createHmac('sha256', key).update(toSign).digest('hex') === signature;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
