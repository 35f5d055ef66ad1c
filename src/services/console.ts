import type { Writable } from 'node:stream';
import { stringify } from 'yaml';
import type { Notification, Outcome } from '../model.ts';
import { TooLate } from '../net/departure.ts';
import type { Implementation } from './implementation.ts';

/** Prints notifications for a person to read. */
export const consoleService: Implementation<unknown> = (_options, { stream }) => {
  return {
    async send(notification, recipient, { signal, earlier, departure }): Promise<Outcome> {
      const stillUnclear = earlier === undefined ? {} : { unclear: true as const };
      if (signal.aborted) {
        const error = 'Console: the attempt was aborted';
        return { status: 'retry', reason: 'aborted', error, ...stillUnclear };
      }
      try {
        if (departure !== undefined && !((await departure.confirm()) && departure.isOpen())) {
          const error = `Console: ${new TooLate().message}`;
          return { status: 'retry', reason: 'too_late', error, ...stillUnclear };
        }
        await write(stream, describe(notification, recipient));
        return earlier === undefined ? { status: 'sent' } : { status: 'sent', earlier: 'unreadable' };
      } catch (error) {
        const what = `Console cannot be written: ${error instanceof Error ? error.message : String(error)}`;
        const unclear = wroteNothing(error) ? stillUnclear : { unclear: true as const };
        return { status: 'retry', reason: 'stream', error: what, ...unclear };
      }
    },
  };
};

function describe(notification: Notification, recipient: string): string {
  const header = `── console → ${recipient === '' ? '(no recipient)' : recipient}`;
  const parts: string[] = [];
  if (notification.message !== '') parts.push(notification.message.trimEnd());
  if (notification.section !== undefined) parts.push(stringify({ console: notification.section }).trimEnd());
  // No line begins with what a value holds: it could pass for a line of the log, which goes the same way.
  const lines = parts.flatMap((part) => printable(part).split('\n')).map((line) => `│ ${line}`);
  return `${[printable(header).replaceAll('\n', '\\n'), ...lines].join('\n')}\n\n`;
}

/** Values come from clusters and commits: none of them shall steer the terminal. */
function printable(text: string): string {
  return text.replace(
    /[^\P{Cc}\t\n]|[\u2028-\u202e\u2066-\u2069]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** The stream had ended before. Other failures may come after a part of the text was taken. */
function wroteNothing(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ERR_STREAM_DESTROYED' || code === 'ERR_STREAM_WRITE_AFTER_END';
}

function write(stream: Writable, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    // A failing stream also emits `error`, which would end the process if nobody listened.
    const onError = (error: Error) => reject(error);
    stream.once('error', onError);
    stream.write(text, (error) => {
      stream.off('error', onError);
      if (error) reject(error);
      else resolve();
    });
  });
}
