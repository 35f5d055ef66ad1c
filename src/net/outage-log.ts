import type { Logger } from '../log.ts';

/** Tells the log of an outage when it begins, at growing distances while it lasts, and when it is over. */
export interface OutageLog {
  /** It is away, or still is; `error` says why. To be called as often as that is seen. */
  failed(error: string): void;
  answered(): void;
}

export interface OutageMessages {
  /** Static: `… cannot be reached`. */
  away: string;
  back: string;
}

/** Seconds after the beginning at which it is said again; from the last on, at that distance. */
const reminders = [10, 30, 60, 120, 300, 600];

export function createOutageLog(
  log: Pick<Logger, 'warn'>,
  messages: OutageMessages,
  now: () => number = Date.now,
): OutageLog {
  let since: number | undefined;
  let told = 0;
  return {
    failed(error) {
      since ??= now();
      const seconds = Math.floor((now() - since) / 1000);
      const last = reminders.at(-1) ?? 0;
      const due = told === 0 ? 0 : (reminders[told - 1] ?? last + (told - reminders.length) * last);
      if (seconds < due) return;
      // Reminders that nobody was there to give are not made up for.
      do told += 1;
      while ((reminders[told - 1] ?? last + (told - reminders.length) * last) <= seconds);
      log.warn({ error, seconds }, messages.away);
    },
    answered() {
      if (since === undefined) return;
      log.warn({ seconds: Math.floor((now() - since) / 1000) }, messages.back);
      since = undefined;
      told = 0;
    },
  };
}
