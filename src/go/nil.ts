/** Go's typed nils: values that are nil and yet have a type. */
import { type GoObject, GoSlice } from './typed.ts';
import { NIL_BYTES } from './value.ts';

/** A slice that is nil; it prints and ranges as an empty one. */
export class GoNilSlice extends GoSlice {
  constructor(element: string) {
    super(element, []);
  }
}

/** A nil pointer, such as `*apiclient.KustomizeAppSpec(nil)`. */
export class GoNilPointer implements GoObject {
  readonly goType: string;
  readonly goKind = 'ptr';
  constructor(type: string) {
    this.goType = type;
  }
  toString(): string {
    return '<nil>';
  }
}

/** Whether Go's `value == nil` could hold of it: nil itself or a typed nil. */
export const isNil = (value: unknown): boolean =>
  value === null || value === NIL_BYTES || value instanceof GoNilPointer || value instanceof GoNilSlice;
