import { isObject } from '../json.ts';
import type { Logger } from '../log.ts';
import type { Json } from '../model.ts';

/** Tells the log once of each object without an identity, which no API server should send: it is skipped. */
export interface Oddities {
  skipped(object: Json): void;
}

/** What is remembered of them, so that a server full of them fills neither log nor memory. */
const mostTold = 1_000;
/** Longer than a name of Kubernetes may be. */
const longestName = 300;

export function createOddities(log: Logger): Oddities {
  const told = new Set<string>();
  return {
    skipped(object) {
      const { metadata } = isObject(object) ? object : {};
      const given = isObject(metadata) ? metadata : {};
      const text = (field: string) => {
        const value = given[field];
        return typeof value === 'string' && value !== '' ? value.slice(0, longestName) : undefined;
      };
      const [namespace, name, uid] = [text('namespace'), text('name'), text('uid')];
      const place = JSON.stringify([namespace, name, uid]);
      if (told.has(place) || told.size >= mostTold) return;
      told.add(place);
      log.warn({ namespace, name, uid }, 'Skipped an object without a name, uid or resourceVersion');
    },
  };
}
