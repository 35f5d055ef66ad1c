/** Where a request to the API server failed. */
export type ClusterErrorKind = 'credentials' | 'network' | 'timeout' | 'status' | 'malformed';

export interface ClusterErrorFields {
  kind: ClusterErrorKind;
  /** HTTP status, of `status`. */
  status?: number;
  /** Reason of the `Status` object, such as `Expired`. */
  reason?: string;
  /** Milliseconds that the server asked to wait. */
  retryAfterMs?: number;
  cause?: unknown;
}

/** A request to the API server that failed. Neither it nor its cause holds a credential. */
export class ClusterError extends Error {
  override readonly name = 'ClusterError';
  readonly kind: ClusterErrorKind;
  readonly status: number | undefined;
  readonly reason: string | undefined;
  readonly retryAfterMs: number | undefined;
  constructor(message: string, fields: ClusterErrorFields) {
    super(message, fields.cause === undefined ? {} : { cause: fields.cause });
    this.kind = fields.kind;
    this.status = fields.status;
    this.reason = fields.reason;
    this.retryAfterMs = fields.retryAfterMs;
  }
}

/** Whether the same request may well be answered later: there was no answer, or one for now. */
export function isTemporary(error: unknown): boolean {
  const status = error instanceof ClusterError ? error.status : undefined;
  return status === undefined || status === 429 || status >= 500;
}

/**
 * The text without what looks like a token: credential plug-ins are free to print anything.
 * Paths and host names stay readable: what goes is long and has digits in it, or follows a word that announces it.
 */
export function redact(text: string): string {
  return text
    .replace(/\b(bearer|basic|token|password|secret)(["'\s:=]+)[^\s"',;]+/gi, '$1$2[redacted]')
    .replace(/[A-Za-z0-9+_=.-]{32,}/g, (word) => (/\d/.test(word) ? '[redacted]' : word));
}
