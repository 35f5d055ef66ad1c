/**
 * What `github` is made of: the token of the App, calls with it, and each of the things that a template can ask for. The
 * folder may import what all services share, and the ground.
 */
import { createSign, type KeyObject } from 'node:crypto';
import { objectAt, textAt } from '../../json.ts';
import { type Asked, type Failure, unreadable } from '../api.ts';
import type { HttpAnswer, HttpRequest } from '../http.ts';
import type { SendContext } from '../service.ts';

/** Seconds that the clocks of both sides may differ by, and that the App's own token lives. */
const skew = 30;
const lifetime = 120;
/** Milliseconds before its end in which a token is not used any more. */
const reserve = 60_000;
/** Milliseconds that a token is used whose end GitHub does not say. */
const shortest = 300_000;

export interface AppTokenOptions {
  appID: number;
  installationID: number;
  privateKey: KeyObject;
  /** Of the API, without a slash at its end. */
  base: string;
  now(): number;
  ask(request: HttpRequest, context: SendContext): Promise<Asked>;
}

/** `isFresh`: it was asked for just now. */
export type AppToken = { ok: true; token: string; isFresh: boolean } | { ok: false; failure: Failure };

/**
 * Tokens of an installation of a GitHub App, for which the App signs a token of its own. One is used until shortly
 * before its end; all who need one at the same time wait for the same.
 */
export interface AppTokens {
  get(context: SendContext): Promise<AppToken>;
  /** GitHub knows it no longer. */
  forget(token: string): void;
  /** What must be seen by nobody. */
  secrets(): string[];
}

export function createAppTokens(options: AppTokenOptions): AppTokens {
  const { appID, installationID, privateKey, base, now, ask } = options;
  let current: { token: string; until: number } | undefined;
  let signed = '';
  let asking: Promise<Asked> | undefined;

  async function request(context: SendContext): Promise<Asked> {
    signed = signedToken(appID, privateKey, now());
    const asked = await ask(
      {
        method: 'POST',
        url: `${base}/app/installations/${installationID}/access_tokens`,
        headers: { authorization: `Bearer ${signed}`, 'content-type': 'application/json' },
      },
      context,
    );
    if (!asked.ok) return asked;
    current = tokenIn(asked.answer, now());
    return current === undefined ? { ok: false, failure: unreadable() } : asked;
  }

  async function get(context: SendContext): Promise<AppToken> {
    if (current !== undefined && current.until > now())
      return { ok: true, token: current.token, isFresh: false };
    const others = asking;
    asking ??= request(context).finally(() => {
      asking = undefined;
    });
    const asked = await asking;
    // What ended the attempt of another is no answer to this one.
    const isTheirs =
      others !== undefined && !asked.ok && ['aborted', 'too_late'].includes(asked.failure.reason);
    if (isTheirs) return get(context);
    if (asked.ok) return { ok: true, token: current?.token ?? '', isFresh: true };
    return { ok: false, failure: ofService(asked.failure) };
  }

  return {
    get,
    forget(token) {
      if (current?.token === token) current = undefined;
    },
    secrets: () => [signed, current?.token ?? ''].filter((text) => text !== ''),
  };
}

/** Without a token nothing can be sent, and nothing has been. */
function ofService(failure: Failure): Failure {
  if (failure.kind === 'rejected') return { ...failure, scope: 'service' };
  const { unclear: _, ...clear } = failure;
  return clear;
}

function tokenIn(answer: HttpAnswer, now: number): { token: string; until: number } | undefined {
  const json = objectAt(answer.json());
  const token = textAt(json, 'token');
  // What is no token breaks the header in which it stands.
  if (!/^[\x21-\x7e]+$/.test(token)) return undefined;
  const end = Date.parse(textAt(json, 'expires_at'));
  return { token, until: Number.isNaN(end) ? now + shortest : end - reserve };
}

/** A JSON Web Token as GitHub wants it: who the App is, from when and until when. */
function signedToken(appID: number, key: KeyObject, now: number): string {
  const from = Math.floor(now / 1_000) - skew;
  const claims = { iat: from, exp: from + lifetime, iss: String(appID) };
  const text = [{ alg: 'RS256', typ: 'JWT' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${text}.${createSign('RSA-SHA256').update(text).sign(key, 'base64url')}`;
}
