/** Checks before the memory is taken: what a function would make must fit into the limits of the execution. */
import { type FunctionContext, LimitError } from '../gotemplate/run.ts';

export function checkText(context: FunctionContext, characters: number): void {
  if (characters > context.limits.text)
    throw new LimitError(`a text is longer than ${context.limits.text} characters`);
}

export function checkList(context: FunctionContext, items: number): void {
  if (items > context.limits.list) throw new LimitError(`a list is longer than ${context.limits.list}`);
}

/** Steps that hashing a password takes: two are allowed in a notification. Each holds up everything for its time. */
export const BCRYPT_STEPS = 450_000;
/** Of `derivePassword`: one is allowed in a notification. */
export const SCRYPT_STEPS = 900_000;
