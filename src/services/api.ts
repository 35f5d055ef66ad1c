/** What the answers of an HTTP API mean for a notification: one table of statuses, and one way to say it to people. */
import { errors } from 'undici';
import type { Outcome, RejectionScope } from '../model.ts';
import { type HttpAnswer, type HttpClient, type HttpRequest, networkFailure, retryAfterOf } from './http.ts';
import { excerptOf, type Scrub } from './secrets.ts';
import type { SendContext } from './service.ts';
import { mayHaveArrived } from './unclear.ts';

/**
 * Why a notification was not sent. `detail` goes on from the name of the service: `answered HTTP 500`; it is not yet
 * scrubbed. `unclear`: the service may have done what was asked.
 */
export type Failure =
  | { kind: 'retry'; reason: string; detail: string; retryAfter?: number; unclear?: true }
  | { kind: 'rejected'; reason: string; detail: string; scope: RejectionScope };

/** What a template says is nothing that the service could be called with. */
export function unusable(detail: string): Failure {
  return { kind: 'rejected', reason: 'invalid_section', detail, scope: 'notification' };
}

export type Asked = { ok: true; answer: HttpAnswer } | { ok: false; failure: Failure };

export interface ApiDeps {
  /** `Grafana`. */
  product: string;
  /** `team-a` of `service.grafana.team-a`. */
  name: string;
  http: HttpClient;
  scrub: Scrub;
  now(): number;
}

export interface ApiOptions {
  /** Statuses that are success; default: all of 2xx. */
  success?: readonly number[];
  /** What a status means here that means something else elsewhere, and how people mend it. */
  statuses?: Readonly<Record<number, { scope?: RejectionScope; mend?: string }>>;
  /** How a recipient is called in messages: `channel`; absent: recipients are not named. */
  noun?: string;
  /** To send again changes nothing, since the service knows the notification by a key. */
  repeatable?: boolean;
  /** What an answer says beyond its status; undefined: the status decides. */
  judge?(answer: HttpAnswer): Failure | 'success' | undefined;
  /** What the body of a refusal says, in place of its beginning and of what the status says. */
  refusal?(answer: HttpAnswer): Refusal | undefined;
}

export interface Refusal {
  /** For people. */
  text?: string;
  /** What is wrong, where it is known better than by the status. */
  scope?: RejectionScope;
  /** Milliseconds. */
  retryAfter?: number;
}

export interface Api {
  /** One call. Nothing has been sent where the signal has aborted before. */
  ask(request: HttpRequest, context: SendContext): Promise<Asked>;
  /** What became of the notification, when this was the call that decides. */
  outcome(asked: Asked, recipient: string, context: SendContext): Outcome;
  /** Both, for services that make one call for each notification. */
  send(request: HttpRequest, recipient: string, context: SendContext): Promise<Outcome>;
}

/** Characters of an answer that are shown, and that are read for it: more, since secrets are taken out before. */
const longestExcerpt = 200;
const readForExcerpt = 16_384;

export function createApi(deps: ApiDeps, options: ApiOptions = {}): Api {
  const { product, name, http, scrub } = deps;
  const { statuses = {}, noun, repeatable = false } = options;

  async function ask(request: HttpRequest, { signal, departure }: SendContext): Promise<Asked> {
    if (signal.aborted) {
      const detail = 'was not called: the attempt was aborted';
      return { ok: false, failure: { kind: 'retry', reason: 'aborted', detail } };
    }
    try {
      const answer = await http.send(request, signal, departure);
      const judged = options.judge?.(answer);
      if (judged === 'success' || (judged === undefined && isSuccess(answer.status)))
        return { ok: true, answer };
      return { ok: false, failure: judged ?? statusFailure(answer) };
    } catch (error) {
      return { ok: false, failure: callFailure(error, signal) };
    }
  }

  function isSuccess(status: number): boolean {
    return options.success === undefined ? status >= 200 && status < 300 : options.success.includes(status);
  }

  function statusFailure(answer: HttpAnswer): Failure {
    const { status } = answer;
    const reason = `http_${status}`;
    const refusal = options.refusal?.(answer) ?? {};
    const text = refusal.text ?? answer.text;
    const excerpt = excerptOf(text.slice(0, readForExcerpt), scrub, longestExcerpt);
    const own = { ...statuses[status], ...(refusal.scope && { scope: refusal.scope }) };
    const mend = own.mend ?? mends[status];
    const detail = `answered HTTP ${status}${excerpt === '' ? '' : `: ${excerpt}`}${mend === undefined ? '' : `. ${mend}`}`;
    const isLater = status >= 500 || [408, 425, 429].includes(status);
    if (!isLater || own.scope !== undefined) {
      return { kind: 'rejected', reason, detail, scope: own.scope ?? scopeOf(status) };
    }
    const retryAfter = refusal.retryAfter ?? retryAfterOf(answer.header('retry-after'), deps.now());
    return {
      kind: 'retry',
      reason,
      detail,
      ...(retryAfter === undefined ? {} : { retryAfter }),
      ...(status >= 500 || status === 408 ? { unclear: true } : {}),
    };
  }

  function outcome(asked: Asked, recipient: string, { earlier }: SendContext): Outcome {
    if (asked.ok) {
      return earlier === undefined || repeatable
        ? { status: 'sent' }
        : { status: 'sent', earlier: 'unreadable' };
    }
    const { failure } = asked;
    const to = noun === undefined || recipient === '' ? '' : `, ${noun} ${JSON.stringify(recipient)}`;
    const error = scrub(`${product}${to} of service ${name}, ${failure.detail}`);
    const { reason } = failure;
    if (failure.kind === 'rejected') return { status: 'rejected', reason, error, scope: failure.scope };
    const unclear = failure.unclear === true || earlier !== undefined;
    return {
      status: 'retry',
      reason,
      error,
      ...(failure.retryAfter === undefined ? {} : { retryAfter: failure.retryAfter }),
      ...(unclear ? { unclear } : {}),
    };
  }

  return {
    ask,
    outcome,
    async send(request, recipient, context) {
      return outcome(await ask(request, context), recipient, context);
    },
  };
}

/** An answer whose status is success, and whose text is not what the API says. */
export function unreadable(): Failure {
  const detail = 'sent an answer that is not from its API';
  return { kind: 'retry', reason: 'unreadable_answer', detail, unclear: true };
}

/** Why nothing came of a call, where there is no answer. */
export function callFailure(error: unknown, signal: AbortSignal): Failure {
  // Such as a path that makes no URL, or a header that cannot be.
  if (
    error instanceof errors.InvalidArgumentError ||
    (error instanceof TypeError && error.cause === undefined)
  ) {
    const detail = `cannot be called: ${error.message}`;
    return { kind: 'rejected', reason: 'invalid_request', detail, scope: 'notification' };
  }
  const { reason, detail } = networkFailure(error, signal);
  if (reason === 'address_not_allowed') {
    return { kind: 'rejected', reason, detail: `was not called: ${detail}`, scope: 'service' };
  }
  return {
    kind: 'retry',
    reason,
    detail: `did not answer: ${detail}`,
    ...(mayHaveArrived(error, reason) ? { unclear: true } : {}),
  };
}

const circles = 'The redirect leads nowhere, or round in circles: check the URL';
const mends: Readonly<Record<number, string>> = {
  301: circles,
  302: circles,
  303: circles,
  307: circles,
  308: circles,
  401: 'Check the token or the password in the Secret',
  403: 'Check what the token may do',
  404: 'Check that the recipient exists',
  407: 'Check the credentials of the proxy',
};

function scopeOf(status: number): RejectionScope {
  if (status < 400) return 'service';
  if (status === 401 || status === 403 || status === 407) return 'service';
  return status === 404 || status === 410 ? 'recipient' : 'notification';
}
