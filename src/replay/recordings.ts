import { readLines } from './files.ts';
import { createRecordingReader, type RecordedEvent } from './recording.ts';

/**
 * What the files say, in this order. Throws a RecordingError that names the line; rejects as `fs.readFile` does. A last line
 * that is cut off is left out: `onCut` is told.
 */
export async function* readRecordings(
  paths: readonly string[],
  { onCut }: { onCut(path: string): void },
): AsyncGenerator<RecordedEvent[]> {
  const reader = createRecordingReader();
  for (const path of paths) {
    let number = 0;
    for await (const { lines, isLast } of readLines(path)) {
      const events: RecordedEvent[] = [];
      for (const line of lines) {
        number += 1;
        if (line === '') continue;
        if (isLast && !isJson(line)) onCut(path);
        else events.push(...reader.read(line, `${path}:${number}`));
      }
      yield events;
    }
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
