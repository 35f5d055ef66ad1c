import { type DestinationStream, type Logger, pino, stdTimeFunctions, symbols } from 'pino';
import { systemClock } from './clock.ts';
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
export function createLog(options: LogOptions, destination: LogDestination = standardError()): Logger {
  const { level, format, timeLayout = '', colors = false } = options;
  const inFormat = format === 'text' ? logfmt(colors) : (line: string) => line;
  return pino(
    {
      level,
      base: null,
      timestamp: timeLayout === '' ? stdTimeFunctions.isoTime : inLayout(timeLayout),
      formatters: { level: (label) => ({ level: label }) },
    },
    {
      // pino notes here the level of the line that it writes.
      [symbols.needsMetadataGsym]: true,
      lastLevel: 0,
      write(line) {
        destination.write(inFormat(line), (this as unknown as { lastLevel: number }).lastLevel);
      },
    } as DestinationStream,
  );
}

export interface LogDestination {
  /** `level`: as pino counts them. */
  write(line: string, level: number): unknown;
}

/** As pino counts levels. */
const info = 30;

/**
 * Standard error, whose every write waits for who reads it: the lines of one turn of the event loop leave together, a
 * warning or an error with what came before it at once.
 */
function standardError(): LogDestination {
  let lines = '';
  let isListening = false;
  const flush = (): void => {
    if (lines !== '') process.stderr.write(lines);
    lines = '';
  };
  return {
    write(line, level) {
      if (lines === '' && level <= info) {
        if (!isListening) process.once('exit', flush);
        isListening = true;
        void systemClock.turn().then(flush);
      }
      lines += line;
      if (level > info) flush();
    },
  };
}

function inLayout(layout: string): () => string {
  const location = localLocation();
  return () => `,"time":${JSON.stringify(timeFromMillis(systemClock.now(), location).format(layout))}`;
}

function logfmt(colors: boolean): (line: string) => string {
  return (line) => {
    const entry = JSON.parse(line) as Record<string, unknown>;
    const paint = colors ? painter(String(entry['level'])) : plain;
    const fields = Object.entries(entry).map(([key, value]) => {
      const text = logfmtValue(value);
      return `${paint(key)}=${key === 'level' ? paint(text) : text}`;
    });
    return `${fields.join(' ')}\n`;
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
