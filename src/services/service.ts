import type { JsonObject, Notification, Outcome } from '../model.ts';
import type { Departure } from '../net/departure.ts';

/**
 * A configured backend. One contract suite runs against every implementation.
 *
 * - `send` never throws for what the outside world does: network, HTTP status and API errors are outcomes.
 *   It makes one attempt; the worker owns retries and pacing.
 * - `reason` of an outcome is a short static label (it becomes a metric label); `error` is the sentence for people.
 * - A retry is `unclear` when the message may be there all the same, from this attempt or the earlier one of `context`.
 * - `reason` and `error` hold no token and no other value of the Secret.
 */
export interface Service {
  /** The type in `service.<type>.<name>`, which also names the section of templates. */
  readonly type: string;
  /**
   * Fields of the section that must be JSON once rendered, as paths (`attachments`, `blocks`).
   * When a rendered value breaks one, the renderer escapes the values that stand inside JSON strings.
   */
  readonly jsonFields: readonly string[];
  /** Fields that may be JSON or anything else: escaped so only where that makes JSON of them. */
  readonly looseJsonFields?: readonly string[];
  /** Fields that are a part of a URL: values are escaped where they would break it. */
  readonly urlFields?: readonly string[];
  /** Fields that are YAML once rendered. */
  readonly yamlFields?: readonly string[];
  /** Fields that `filterValue` leaves alone; `message` is the notification's. */
  readonly plainFields?: readonly string[];
  /** What begins a new line in a message; absent: a line feed. */
  readonly lineBreak?: string;
  /** Applied to each value (never to the template's own text) before it is written, for example to neutralise mentions. */
  readonly filterValue?: ValueFilter;
  /**
   * What a template writes to mention whoever has this e-mail address, the channel of `#name` or the user group of
   * `!handle`; `send` makes of it a mention, or the address or name where nobody is found. It cannot be made up by a value. Absent: the service mentions nobody.
   */
  readonly mention?: (address: string) => string;
  /** Messages a second and burst to one recipient; absent: unlimited. */
  readonly pace?: { perSecond: number; burst: number };
  send(notification: Notification, recipient: string, context: SendContext): Promise<Outcome>;
  close(): Promise<void>;
}

/** How a service has templates rendered. */
export type Presentation = Pick<
  Service,
  | 'type'
  | 'jsonFields'
  | 'looseJsonFields'
  | 'urlFields'
  | 'yamlFields'
  | 'plainFields'
  | 'filterValue'
  | 'lineBreak'
>;

/** The same, as options of the renderer. */
export function presentationOf(presentation: Presentation) {
  const { type, jsonFields, looseJsonFields, urlFields, yamlFields, plainFields, filterValue, lineBreak } =
    presentation;
  return {
    serviceType: type,
    jsonFields,
    ...(looseJsonFields && { looseJsonFields }),
    ...(urlFields && { urlFields }),
    ...(yamlFields && { yamlFields }),
    ...(plainFields && { plainFields }),
    ...(filterValue && { filterValue }),
    ...(lineBreak && { lineBreak }),
  };
}

/**
 * `preceding` is the text rendered so far; `isForeign` says whether the character at an index of the value comes from
 * the cluster, and not from the template, the `context` or the Secret.
 */
export type ValueFilter = (
  value: string,
  at: { preceding: string; isForeign(index: number): boolean },
) => string;

export interface SendContext {
  /** Delivery id: stable over the attempts of one delivery. */
  deliveryId: string;
  /** Of this attempt; the service aborts its requests with it. */
  signal: AbortSignal;
  /** What each request that sends something is held to; absent: nothing. */
  departure?: Departure;
  /**
   * An earlier attempt of this delivery may have arrived; `since` is when the first such attempt was begun, `until` when
   * the last was over, Unix milliseconds. The service looks whether it has, before it sends again. One that cannot look sends again
   * (at-least-once), and says so with `earlier: 'unreadable'` in the outcome.
   */
  earlier?: { since: number; until?: number };
  /** The alert (or group) that the message tells of; absent: a message that has no end. */
  alert?: {
    /** Stable from the first message of it until its end: what services deduplicate and resolve by. */
    key: string;
    state: 'firing' | 'resolved';
    /** Why this message: see NoticeReason in src/alerts/notice.ts. */
    reason: string;
    severity: string;
    /** Unix milliseconds. */
    since: number;
    endedAt?: number;
    /** This is not the first message of it. */
    isFollowUp: boolean;
    /** Nobody needs to be pinged: where the service can, the earlier message is edited instead. */
    isSilent: boolean;
  };
}

/** Small durable values of services (thread timestamps, channel ids), kept by the store that holds the queue. */
export interface ServiceState {
  get(key: string): Promise<JsonObject | undefined>;
  /** `ttl` in seconds. */
  set(key: string, value: JsonObject, ttl: number): Promise<void>;
}
