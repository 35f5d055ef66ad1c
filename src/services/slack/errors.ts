import { WebAPIHTTPError, WebAPIPlatformError, WebAPIRequestError } from '@slack/web-api';
import type { RejectionScope } from '../../model.ts';
import { networkFailure, pauseOf, retryAfterOf } from '../http.ts';
import { mayHaveArrived } from '../unclear.ts';

/**
 * What a failed call to Slack means for the message. `detail` is for people and not yet scrubbed of secrets;
 * `unclear` says that Slack may have done what was asked.
 */
export type Failure =
  | {
      kind: 'retry';
      reason: string;
      detail: string;
      retryAfter?: number;
      /** `retryAfter` is no limit of posting. */
      pauses?: 'delivery';
      unclear?: true;
    }
  | { kind: 'rejected'; reason: string; detail: string; scope: RejectionScope }
  /** The layout is refused; plain text may pass. */
  | { kind: 'layout'; reason: string; detail: string }
  /** The token may not set name and icon; the message may pass without them. */
  | { kind: 'customised'; reason: string; detail: string }
  /** The message metadata is refused; the message may pass without it. */
  | { kind: 'metadata'; reason: string; detail: string }
  /** The message to edit or to reply to cannot be: a new one can. */
  | { kind: 'thread'; reason: string; detail: string };

/** Slack answered 429; `retryAfter` in milliseconds. Thrown by the client's fetch, see client.ts. */
export class RateLimited extends Error {
  readonly retryAfter: number;
  constructor(retryAfter: number) {
    super('rate limited');
    this.retryAfter = retryAfter;
  }
}

/** A 429 that names no time; also the pause for Slack's rate-limit errors inside a 200. */
export const defaultRetryAfter = 30_000;

const words = (text: string) => new Set(text.split(' '));
const RETRY = words(
  'internal_error fatal_error service_unavailable request_timeout org_login_required team_added_to_org ' +
    'external_channel_migrating server_error temporarily_unavailable',
);
/** Failures of Slack's own, which can come after it has posted. */
const UNCLEAR = words('internal_error fatal_error service_unavailable server_error temporarily_unavailable');
const RATE_LIMITED = words('ratelimited rate_limited message_limit_exceeded');
const RECIPIENT = words(
  'channel_not_found not_in_channel is_archived restricted_action restricted_action_read_only_channel ' +
    'restricted_action_thread_only_channel restricted_action_non_threadable_channel user_not_found users_not_found ' +
    'cannot_dm_bot user_disabled messages_tab_disabled channel_type_not_supported is_inactive ' +
    'method_not_supported_for_channel_type duplicate_channel_not_found posting_to_general_channel_denied ' +
    'no_dual_broadcast_content_update slack_connect_file_link_sharing_blocked invalid_channel no_channel',
);
const SERVICE = words(
  'invalid_auth not_authed account_inactive token_revoked token_expired missing_scope no_permission ' +
    'not_allowed_token_type access_denied team_access_not_granted accesslimited ekm_access_denied ' +
    'enterprise_is_restricted two_factor_setup_required team_not_found as_user_not_supported deprecated_endpoint ' +
    'method_deprecated unknown_method invalid_token user_is_restricted app_missing_action_url',
);
const LAYOUT = words(
  'invalid_blocks invalid_blocks_format invalid_attachments too_many_attachments msg_too_long msg_blocks_too_long ' +
    'attachment_payload_limit_exceeded invalid_arguments',
);
const METADATA = words(
  'metadata_too_large invalid_metadata_format invalid_metadata_schema metadata_must_be_sent_from_app',
);
const NOTIFICATION = words(
  'no_text too_many_contact_cards markdown_text_conflict duplicate_message_not_found block_mismatch update_failed ' +
    'streaming_state_conflict message_not_in_streaming_state invalid_arg_name invalid_array_arg invalid_charset ' +
    'invalid_form_data invalid_post_type missing_post_type invalid_cursor invalid_limit invalid_ts_latest ' +
    'invalid_ts_oldest',
);
const THREAD = words(
  'message_not_found edit_window_closed cant_update_message thread_not_found invalid_thread_ts ' +
    'cannot_reply_to_message restricted_action_thread_locked',
);

const HINTS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    channel_not_found:
      'It does not exist, or it is private and the app is no member: check the name, or invite the app.',
    not_in_channel: 'Invite the app to the channel, or give its token the scope chat:write.public.',
    is_archived: 'Unarchive the channel, or subscribe another one.',
    invalid_auth: 'Check the token in the Secret.',
    not_authed: 'Check the token in the Secret.',
    account_inactive: 'The app was removed from the workspace, or its user is disabled.',
    token_revoked: 'Install the app again and put its new token into the Secret.',
    no_text: 'The template printed no message, no attachments and no blocks.',
  }),
);

/** Reasons for which a shorter message is what Slack asks for. */
export const TOO_LONG = words('msg_too_long msg_blocks_too_long attachment_payload_limit_exceeded');

export function failureOf(error: unknown, signal: AbortSignal, now: number): Failure {
  if (error instanceof WebAPIPlatformError) return platformFailure(error);
  if (error instanceof WebAPIHTTPError) return httpFailure(error, now);
  // What becomes of a request is wrapped: the client itself stumbled over the answer.
  if (error instanceof TypeError) return unreadable();
  const cause = error instanceof WebAPIRequestError ? error.original : error;
  if (cause instanceof RateLimited) {
    return { kind: 'retry', reason: 'rate_limited', detail: 'answered 429', retryAfter: cause.retryAfter };
  }
  const network = networkFailure(cause, signal);
  if (network.reason === 'address_not_allowed') {
    return { kind: 'rejected', reason: network.reason, detail: network.detail, scope: 'service' };
  }
  return {
    kind: 'retry',
    reason: network.reason,
    detail: `did not answer: ${network.detail}`,
    ...(mayHaveArrived(cause, network.reason) ? unclear : {}),
  };
}

const unclear = { unclear: true } as const;

function unreadable(): Failure {
  const detail = 'sent an answer that is not from its API';
  return { kind: 'retry', reason: 'unreadable_answer', detail, ...unclear };
}

const CUSTOMIZE = 'chat:write.customize';

type PlatformError = WebAPIPlatformError['data'] & { needed?: unknown };

function platformFailure(error: WebAPIPlatformError): Failure {
  const data: PlatformError = error.data;
  const code = data.error;
  // The client takes any body that is no JSON for an error code.
  if (typeof code !== 'string' || !/^[a-z][a-z0-9_]{1,63}$/.test(code)) return unreadable();
  const detail = [`answered ${code}`, describe(data), HINTS.get(code) ?? '']
    .filter((part) => part !== '')
    .join('. ');
  if (code === 'missing_scope' && String(data.needed).split(',').includes(CUSTOMIZE)) {
    return { kind: 'customised', reason: 'without_customize', detail };
  }
  if (RATE_LIMITED.has(code)) {
    const retryAfter = pauseOf(data.response_metadata?.retryAfter) ?? defaultRetryAfter;
    return { kind: 'retry', reason: 'rate_limited', detail, retryAfter };
  }
  if (RETRY.has(code)) {
    return { kind: 'retry', reason: code, detail, ...(UNCLEAR.has(code) ? unclear : {}) };
  }
  if (LAYOUT.has(code)) return { kind: 'layout', reason: code, detail };
  if (METADATA.has(code)) return { kind: 'metadata', reason: code, detail };
  if (THREAD.has(code)) return { kind: 'thread', reason: code, detail };
  const scope = RECIPIENT.has(code) ? 'recipient' : SERVICE.has(code) ? 'service' : 'notification';
  // The reason labels a metric: whatever answers in Slack's place must not make series without end.
  const isKnown = scope !== 'notification' || NOTIFICATION.has(code);
  return { kind: 'rejected', reason: isKnown ? code : 'unknown_error', detail, scope };
}

/** What Slack adds to an error: the missing scope, or the places in blocks that it refuses. */
function describe(data: PlatformError): string {
  if (typeof data.needed === 'string') return `The token needs the scope ${data.needed}`;
  const messages: unknown = data.response_metadata?.messages;
  return (Array.isArray(messages) ? messages : [])
    .filter((message): message is string => typeof message === 'string')
    .map((message) => message.replace(/^\[ERROR\]\s*/, ''))
    .slice(0, 3)
    .join('; ');
}

function httpFailure(error: WebAPIHTTPError, now: number): Failure {
  const status = error.statusCode;
  const reason = `http_${status}`;
  const retryAfter = retryAfterOf(error.headers['retry-after'], now);
  // Slack says no with 200. Another status comes from what stands before it, which may be mended.
  const isRefusal = status < 500 && status !== 408;
  const advice =
    isRefusal && status !== 425 ? '. Slack itself does not answer so: check apiURL and the proxy.' : '';
  return {
    kind: 'retry',
    reason,
    detail: `answered HTTP ${status}${advice}`,
    ...(retryAfter === undefined ? {} : { retryAfter }),
    ...(isRefusal ? {} : unclear),
  };
}
