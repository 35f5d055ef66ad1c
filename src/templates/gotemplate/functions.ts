/** Functions as templates call them: a Go signature, which checks and converts arguments, and an implementation. */
import { parseSignature, type Signature } from '../../go/function.ts';
import type { FunctionContext } from './run.ts';

export interface TemplateFunction {
  readonly signature: Signature;
  /** `and`, `or` and `call` are evaluated by the executor itself. */
  readonly special?: 'and' | 'or' | 'call';
  readonly invoke: (context: FunctionContext, args: readonly unknown[]) => unknown;
}

export type FunctionTable = ReadonlyMap<string, TemplateFunction>;

// biome-ignore lint/suspicious/noExplicitAny: the signature text, checked at every call, says what the arguments are.
type Implementation = (...args: any[]) => unknown;
// biome-ignore lint/suspicious/noExplicitAny: as above.
type ContextImplementation = (context: FunctionContext, ...args: any[]) => unknown;

/** A function of its arguments only. It throws what Go would return as an error or panic with. */
export function pure(type: string, call: Implementation): TemplateFunction {
  return {
    signature: parseSignature(type),
    invoke: (_, args) => {
      switch (args.length) {
        case 1:
          return call(args[0]);
        case 2:
          return call(args[0], args[1]);
        default:
          return call(...args);
      }
    },
  };
}

/** A function of its texts, which looks long at each character: they cost more than reading them. */
export function slow(type: string, call: Implementation): TemplateFunction {
  return contextual(type, (context, ...args) => {
    for (const arg of args) if (typeof arg === 'string') context.spend(arg.length >> 1);
    return call(...args);
  });
}

/** A function that needs the clock, the time zone or the budget. */
export function contextual(type: string, call: ContextImplementation): TemplateFunction {
  return { signature: parseSignature(type), invoke: (context, args) => call(context, ...args) };
}
