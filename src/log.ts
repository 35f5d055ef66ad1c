import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino';
import { localLocation } from './go/location.ts';
import { timeFromMillis } from './go/time.ts';

export type { Logger };

export interface LogOptions {
  level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  format: 'json' | 'text';
  /** Go's layout of the time, in the zone of `TZ`, as Argo CD takes it; '' for ISO 8601 with milliseconds. */
  timeLayout?: string;
  /** Colours for a terminal, in the format `text`. */
  colors?: boolean;
}

/**
 * Structured log with static messages; what varies goes into fields
 * (`application`, `trigger`, `destination`, `delivery`, `key`). ERROR means that a person must act.
 * `text` is logfmt, as argocd-notifications prints it.
 */
export function createLog(options: LogOptions, destination: DestinationStream = process.stderr): Logger {
  const { level, format, timeLayout = '', colors = false } = options;
  const stream = format === 'text' ? logfmtStream(destination, colors) : destination;
  return pino(
    {
      level,
      base: null,
      timestamp: timeLayout === '' ? stdTimeFunctions.isoTime : inLayout(timeLayout),
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  );
}

function inLayout(layout: string): () => string {
  const location = localLocation();
  return () => `,"time":${JSON.stringify(timeFromMillis(Date.now(), location).format(layout))}`;
}

function logfmtStream(destination: DestinationStream, colors: boolean): DestinationStream {
  return {
    write(line) {
      const entry = JSON.parse(line) as Record<string, unknown>;
      const paint = colors ? painter(String(entry['level'])) : plain;
      const fields = Object.entries(entry).map(([key, value]) => {
        const text = logfmtValue(value);
        return `${paint(key)}=${key === 'level' ? paint(text) : text}`;
      });
      destination.write(`${fields.join(' ')}\n`);
    },
  };
}

function plain(text: string): string {
  return text;
}

/** The colours of logrus, by level. */
const ansi: Readonly<Record<string, number>> = { trace: 37, debug: 37, warn: 33, error: 31, fatal: 31 };

function painter(level: string): (text: string) => string {
  return (text) => `\u001b[${ansi[level] ?? 36}m${text}\u001b[0m`;
}

function logfmtValue(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /^[^\s"=\\]+$/.test(text) ? text : JSON.stringify(text);
}
