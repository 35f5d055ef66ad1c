import { isObject } from '../json.ts';
import type { Json, JsonObject } from '../model.ts';

/** One line of a watch stream. `malformed`: what came cannot be a frame, so the stream is not to be trusted further. */
export type Frame =
  | { type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: JsonObject }
  | { type: 'BOOKMARK'; resourceVersion: string }
  | { type: 'ERROR'; code: number; reason: string; message: string; retryAfterMs: number | undefined }
  | { type: 'malformed'; what: string };

/** Longer than any object that etcd stores. */
const maxFrameBytes = 64 * 1024 * 1024;

/** Cuts chunks into frames; `parse` throws where a line is no JSON. A last line without its newline is a frame cut off by the end of the stream: malformed. */
export async function* readFrames(
  chunks: AsyncIterable<Uint8Array>,
  parse: (line: Buffer) => Json = parseJson,
): AsyncGenerator<Frame> {
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      const line = Buffer.concat([...pending, chunk.subarray(start, end)]);
      pending = [];
      pendingBytes = 0;
      start = end + 1;
      if (line.length > 0) yield frameOf(() => parse(line));
    }
    if (start < chunk.length) {
      pending.push(chunk.subarray(start));
      pendingBytes += chunk.length - start;
      if (pendingBytes > maxFrameBytes) {
        yield { type: 'malformed', what: 'longer than 64 MiB' };
        return;
      }
    }
  }
  if (pendingBytes > 0) yield { type: 'malformed', what: 'cut off' };
}

function parseJson(line: Buffer): Json {
  return JSON.parse(line.toString()) as Json;
}

export function parseFrame(line: string): Frame {
  return frameOf(() => JSON.parse(line) as Json);
}

function frameOf(parse: () => Json): Frame {
  let value: Json;
  try {
    value = parse();
  } catch {
    return { type: 'malformed', what: 'no JSON' };
  }
  if (!isObject(value) || !isObject(value.object)) return { type: 'malformed', what: 'no object in it' };
  const { type, object } = value;
  if (typeof type !== 'string') return { type: 'malformed', what: 'an unknown type' };
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      return { type, object };
    case 'BOOKMARK': {
      const version = isObject(object.metadata) ? object.metadata.resourceVersion : undefined;
      if (typeof version !== 'string' || version === '')
        return { type: 'malformed', what: 'a bookmark of nothing' };
      return { type, resourceVersion: version };
    }
    case 'ERROR': {
      const { code, reason, message, details } = object;
      const seconds = isObject(details) ? details.retryAfterSeconds : undefined;
      return {
        type,
        code: typeof code === 'number' ? code : 500,
        reason: typeof reason === 'string' ? reason : 'Unknown',
        message: typeof message === 'string' ? message : '',
        retryAfterMs: typeof seconds === 'number' ? seconds * 1000 : undefined,
      };
    }
    default:
      return { type: 'malformed', what: 'an unknown type' };
  }
}
