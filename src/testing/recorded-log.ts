import { createLog, type Logger } from '../log.ts';

export type LogLine = { level: string; msg: string } & Record<string, unknown>;

/** A log of which each line can be read back. */
export function recordLog(): { log: Logger; lines: LogLine[]; messages(): string[] } {
  const lines: LogLine[] = [];
  const log = createLog(
    { level: 'trace', format: 'json' },
    { write: (line) => void lines.push(JSON.parse(line) as LogLine) },
  );
  return { log, lines, messages: () => lines.map(({ msg }) => msg) };
}
