import type { IncomingMessage } from 'node:http';
import { expect, it } from 'vitest';
import { awsSignatureOf, isSignedBy } from './aws-signature.ts';

/** The example of AWS' documentation (GET with a query, IAM ListUsers). */
const request = {
  method: 'GET',
  url: '/?Action=ListUsers&Version=2010-05-08',
  headers: {
    host: 'iam.amazonaws.com',
    'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
    'x-amz-date': '20150830T123600Z',
    authorization:
      'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7',
  },
} as unknown as IncomingMessage;

it('is of who has the secret key, and of what was sent', () => {
  const signature = awsSignatureOf(request, '');
  expect(signature).toMatchObject({ accessKey: 'AKIDEXAMPLE', scope: '20150830/us-east-1/iam/aws4_request' });
  if (signature === undefined) throw new Error('no signature');
  expect(isSignedBy(signature, 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY')).toBe(true);
  expect(isSignedBy(signature, 'another')).toBe(false);
  const other = awsSignatureOf(request, 'other body');
  expect(other && isSignedBy(other, 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY')).toBe(false);
});

it('is absent from other requests', () => {
  expect(awsSignatureOf({ headers: { authorization: 'Bearer x' } } as IncomingMessage, '')).toBeUndefined();
});
