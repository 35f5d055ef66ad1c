import { project, readMetadata } from '../cluster/kube-object.ts';
import type { WatchScope } from '../cluster/scope.ts';
import type { JsonObject } from '../model.ts';
import type { RecordedEvent, RecordedKind } from './recording.ts';

/** Objects as the API server lists them, as the start of a recording. What is none of an object is left out. */
export function stateOf(
  objects: Iterable<readonly [RecordedKind, JsonObject]>,
  scope: Pick<WatchScope, 'namespace' | 'includes'>,
  at: number,
): RecordedEvent[] {
  const events: RecordedEvent[] = [{ type: 'begin', at, namespace: scope.namespace }];
  for (const [kind, object] of objects) {
    const metadata = readMetadata(object);
    if (!metadata || !scope.includes(metadata.namespace)) continue;
    events.push({ type: 'seen', at, kind, known: { ...metadata, object: project(object) } });
  }
  events.push({ type: 'ready', at });
  return events;
}
