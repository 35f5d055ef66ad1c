import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino';

export type { Logger };

export interface LogOptions {
  level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  format: 'json' | 'text';
}

/**
 * Structured log with static messages; what varies goes into fields
 * (`application`, `trigger`, `destination`, `delivery`, `key`). ERROR means that a person must act.
 * `text` is logfmt, as argocd-notifications prints it.
 */
export function createLog(options: LogOptions, destination: DestinationStream = process.stderr): Logger {
  const stream = options.format === 'text' ? logfmtStream(destination) : destination;
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  );
}

function logfmtStream(destination: DestinationStream): DestinationStream {
  return {
    write(line) {
      const fields = Object.entries(JSON.parse(line) as Record<string, unknown>);
      destination.write(`${fields.map(([key, value]) => `${key}=${logfmtValue(value)}`).join(' ')}\n`);
    },
  };
}

function logfmtValue(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /^[^\s"=\\]+$/.test(text) ? text : JSON.stringify(text);
}
