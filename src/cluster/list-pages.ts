import { z } from 'zod';
import type { JsonObject } from '../model.ts';
import { ClusterError } from './cluster-error.ts';
import type { ApiRequest, Connection } from './connect.ts';
import { Name } from './kube-object.ts';

export interface ListPage {
  /** Of the whole list: the server answers all its pages from one revision. */
  revision: string;
  /** Not looked at yet: an item may be anything. */
  items: readonly JsonObject[];
}

const Page = z.object({
  metadata: z.object({ resourceVersion: Name, continue: z.string().nullish() }),
  items: z.array(z.unknown()).nullish(),
});

/** Reads a collection page after page; `query` holds the size of a page and the selectors. */
export async function* readPages(
  connection: Pick<Connection, 'json'>,
  request: Pick<ApiRequest, 'path' | 'query' | 'signal' | 'timeoutMs' | 'parse'>,
): AsyncGenerator<ListPage> {
  let token: string | undefined;
  do {
    const answer = await connection.json({ ...request, query: { ...request.query, continue: token } });
    const page = Page.safeParse(answer);
    if (!page.success) {
      throw new ClusterError(`GET ${request.path}: the answer is no list`, { kind: 'malformed' });
    }
    request.signal?.throwIfAborted();
    const { metadata, items } = page.data;
    token = metadata.continue || undefined;
    yield { revision: metadata.resourceVersion, items: (items ?? []) as JsonObject[] };
  } while (token !== undefined);
}
