import type { Writable } from 'node:stream';
import { styleText } from 'node:util';

export interface Terminal {
  title(text: string): void;
  change(text: string): void;
  message(text: string): void;
  failure(text: string): void;
  /** A warning of Herald's own log. */
  log(entry: Record<string, unknown>): void;
}

/** A line a happening, the message under the change that caused it. */
export function createTerminal(stream: Writable): Terminal {
  const write = (line: string) => stream.write(`${line}\n`);
  const time = () => styleText('dim', new Date().toTimeString().slice(0, 8));
  return {
    title: (text) => write(`\n${styleText('bold', text)}`),
    change: (text) => write(`${time()} ${styleText('cyan', '●')} ${text}`),
    message: (text) => write(`${time()}   ${styleText('green', '→')} ${text}`),
    failure: (text) => write(`${time()} ${styleText('red', '✗')} ${text}`),
    log({ level, msg, time: _time, ...fields }) {
      write(
        `${time()}   ${styleText('dim', `herald ${String(level)}: ${String(msg)} ${JSON.stringify(fields)}`)}`,
      );
    },
  };
}

export function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
