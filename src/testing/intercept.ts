/** `before`: the call fails and has no effect. `after`: it has its effect, and its answer is lost. */
export type Fault = 'before' | 'after' | undefined;

/** The same object, whose asynchronous methods are told of before they run, and may be held back or made to fail. */
export function intercept<T extends object>(
  target: T,
  on: (call: string, args: readonly unknown[]) => Fault | Promise<Fault>,
): T {
  return new Proxy(target, {
    get(object, name) {
      const method: unknown = Reflect.get(object, name);
      if (typeof method !== 'function' || typeof name === 'symbol') return method;
      return (...args: unknown[]) => {
        const fault = on(name, args);
        if (fault === undefined) return method.apply(object, args) as unknown;
        return (async () => {
          const known = await fault;
          if (known === 'before') throw new Error(`${name} did not reach the store`);
          const answer: unknown = await method.apply(object, args);
          if (known === 'after') throw new Error(`the answer to ${name} was lost`);
          return answer;
        })();
      };
    },
  });
}
