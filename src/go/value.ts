/**
 * Go values as JavaScript holds them, shared by the two languages (conditions and templates).
 *
 * | Go                          | here                                                        |
 * | --------------------------- | ----------------------------------------------------------- |
 * | nil                         | `null` (`undefined` is never a value)                       |
 * | bool, string                | `boolean`, `string`                                         |
 * | int64 (of the cluster)      | an integral `number`; `GoInt64` outside ±2^53               |
 * | float64                     | a non-integral `number`; `GoFloat` where the value is whole |
 * | int (literals, len)         | `GoInt`                                                     |
 * | []any, map[string]any       | `Array`, plain object (own enumerable properties only)      |
 *
 * So an object as `JSON.parse` yields it is what Kubernetes' decoder would have made of it, but for
 * literals such as `1.0`, which `decodeJson` keeps apart.
 */

/** Go's `int`: literals, `len`, indexes. Wide values keep a bigint. */
export class GoInt {
  readonly value: number | bigint;
  constructor(value: number | bigint) {
    this.value = value;
  }
}

/** An int64 outside the safe integers. Inside them an int64 is a plain integral `number`. */
export class GoInt64 {
  readonly value: bigint;
  constructor(value: bigint) {
    this.value = value;
  }
}

/** A float64 whose value is whole, infinite or NaN. Any other float64 is a plain non-integral `number`. */
export class GoFloat {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

/** `[]byte`, and each value of `secrets`. */
export class GoBytes {
  readonly value: Uint8Array;
  constructor(value: Uint8Array) {
    this.value = value;
  }
}

/** A `[]byte` that is nil: what a missing key of `secrets` answers. */
export const NIL_BYTES = new GoBytes(new Uint8Array());

/** A `map[string]string` (`context`) or `map[string][]byte` (`secrets`): a missing key is the element's zero value in a condition. */
export class GoTypedMap {
  readonly element: 'string' | 'bytes';
  readonly entries: ReadonlyMap<string, string | GoBytes>;
  constructor(element: 'string' | 'bytes', entries: ReadonlyMap<string, string | GoBytes>) {
    this.element = element;
    this.entries = entries;
  }
}
