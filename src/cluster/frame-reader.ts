import type { JsonObject } from '../model.ts';
import { type Ending, malformed } from './endings.ts';
import type { Frame } from './frames.ts';
import { readMetadata, readObjectRevision } from './kube-object.ts';
import type { createOddities } from './oddities.ts';
import type { Position } from './position.ts';
import type { View } from './view.ts';

/** Answers what each frame of a watch changes in the view, or how it ends the watch. */
export function createFrameReader<T>(
  view: View<T>,
  position: Pick<Position, 'show'>,
  oddities: ReturnType<typeof createOddities>,
): (frame: Frame) => Ending | undefined {
  /** An object that nothing can be made of, which only its revision moves on from. */
  function skip(object: JsonObject): Ending | undefined {
    const revision = readObjectRevision(object);
    if (revision === undefined) return malformed('names no object');
    oddities.skipped(object);
    return show(revision);
  }

  function show(...shown: Parameters<typeof position.show>): Ending | undefined {
    return position.show(...shown) ? undefined : malformed('has a revision that is no number');
  }

  return function accept(frame: Frame): Ending | undefined {
    switch (frame.type) {
      case 'BOOKMARK':
        return show(frame.resourceVersion);
      case 'ERROR': {
        const error = new Error(`${frame.code} ${frame.reason}: ${frame.message}`);
        if (frame.code === 410) return { reason: 'expired', error };
        return { reason: 'error-frame', error, retryAfterMs: frame.retryAfterMs };
      }
      case 'malformed':
        return malformed(`is ${frame.what}`);
      case 'ADDED':
      case 'MODIFIED':
      case 'DELETED': {
        const { type, object } = frame;
        const metadata = readMetadata(object);
        if (metadata === undefined) return skip(object);
        return show(metadata.resourceVersion, metadata, (origin) =>
          type === 'DELETED' ? view.drop(object, metadata, origin) : view.hold(object, metadata, origin),
        );
      }
    }
  };
}
