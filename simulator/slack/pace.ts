export interface PaceOptions {
  /** Above this pace of one channel, postMessage answers 429 with Retry-After; absent: never. */
  rateLimit?: { perSecond: number; burst: number };
  /**
   * Limits of single methods, over all channels, as apps have them that are distributed outside of the Marketplace:
   * `conversations.history` once a minute and 15 messages. More answers 429, of that method alone.
   */
  quotas: Record<string, { perMinute: number; mostItems?: number }>;
  now: () => number;
}

/** A bucket a channel; answers the seconds to wait, 0 for none. */
export function createPace({ rateLimit, now }: PaceOptions): (channel: string) => number {
  const buckets = new Map<string, { tokens: number; at: number }>();
  return (channel) => {
    if (rateLimit === undefined) return 0;
    const { perSecond, burst } = rateLimit;
    const bucket = buckets.get(channel) ?? { tokens: burst, at: now() };
    const tokens = Math.min(burst, bucket.tokens + ((now() - bucket.at) / 1_000) * perSecond);
    const allowed = tokens >= 1;
    buckets.set(channel, { tokens: allowed ? tokens - 1 : tokens, at: now() });
    return allowed ? 0 : Math.max(1, Math.ceil((1 - tokens) / perSecond));
  };
}

/** Calls of a method in windows of a minute; answers the seconds to wait, 0 for none. */
export function createQuota({ quotas, now }: PaceOptions): (method: string) => number {
  const windows = new Map<string, { since: number; calls: number }>();
  return (method) => {
    const quota = quotas[method];
    if (quota === undefined) return 0;
    const held = windows.get(method);
    const window = held && now() - held.since < 60_000 ? held : { since: now(), calls: 0 };
    windows.set(method, window);
    if (window.calls < quota.perMinute) {
      window.calls += 1;
      return 0;
    }
    return Math.max(1, Math.ceil((window.since + 60_000 - now()) / 1_000));
  };
}
