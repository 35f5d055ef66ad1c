import { isObject, textAt } from '../../json.ts';
import type { CommandIo } from '../io.ts';

/**
 * What the Herald that runs says of its watches on /readyz, where something is wrong; undefined: nothing is, or nobody
 * answers there. `bridge`: its address, '' for none.
 */
export async function bridgeTrouble(io: Pick<CommandIo, 'get'>, bridge: string): Promise<string | undefined> {
  if (bridge === '') return undefined;
  const answer = await io.get(`${bridge.replace(/\/+$/, '')}/readyz`);
  const lists = checksOf(answer?.text ?? '').find(({ check }) => check === 'lists');
  return lists && !lists.ok && /\(403|applications/.test(lists.reason) ? lists.reason : undefined;
}

interface Check {
  check: string;
  ok: boolean;
  reason: string;
}

/** Lines of what is not Herald's are passed over. */
function checksOf(text: string): Check[] {
  return text.split('\n').flatMap((line) => {
    try {
      const value: unknown = JSON.parse(line);
      if (!isObject(value) || typeof value.ok !== 'boolean') return [];
      return [{ check: textAt(value, 'check'), ok: value.ok, reason: textAt(value, 'reason') }];
    } catch {
      return [];
    }
  });
}
