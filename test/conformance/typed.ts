/** Go values as the vectors write them in `typed`: `[int64(1), float64(2), "x", nil]`. */
import { entriesOf, itemsOf } from '../../src/go/collections.ts';
import { sprint } from '../../src/go/format.ts';
import { isNil } from '../../src/go/nil.ts';
import { quote } from '../../src/go/strconv.ts';
import { goTypeOf } from '../../src/go/typed.ts';

const BARE_LIST = '[]interface {}';
const BARE_MAP = 'map[string]interface {}';

export function typedText(value: unknown): string {
  if (value === null) return 'nil';
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'function') return 'func';
  const type = goTypeOf(value);
  const items = itemsOf(value);
  if (items !== undefined) {
    return `${type === BARE_LIST ? '' : type}[${items.map(typedText).join(', ')}]`;
  }
  const entries = entriesOf(value);
  if (entries !== undefined) {
    const parts = entries.map(([key, item]) => `${typedText(key)}: ${typedText(item)}`);
    return `${type === BARE_MAP ? '' : type}{${parts.join(', ')}}`;
  }
  return `${type}(${isNil(value) ? '<nil>' : sprint(value)})`;
}
