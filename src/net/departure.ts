/** When a request may still leave: whoever was paused must not send what another has taken over meanwhile. */
import type { Dispatcher } from 'undici';

export interface Departure {
  /** Whether the attempt is still this process's own. Asked before a connection is. */
  confirm(): Promise<boolean>;
  /** Whether there is still time, asked right before the request is written to its connection. */
  isOpen(): boolean;
}

/** The time of the attempt was over, or another process had taken it over: nothing was written. */
export class TooLate extends Error {
  override name = 'TooLate';
  constructor() {
    super('the time for it was over before the request could leave');
  }
}

/** Innermost, so that each request is held to it, those of redirects and those that waited for a connection too. */
export function departing(departure: Departure): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) => {
    const held = heldTo(departure, handler);
    // Nothing has begun that a controller could control; undici's own interceptors answer so too.
    const fail = (error: Error) =>
      handler.onResponseError?.(null as unknown as Dispatcher.DispatchController, error);
    departure
      .confirm()
      .then((isOurs) => {
        if (isOurs) dispatch(options, held);
        else fail(new TooLate());
      })
      .catch((error: unknown) => fail(error instanceof Error ? error : new Error(String(error))));
    return true;
  };
}

function heldTo(departure: Departure, handler: Dispatcher.DispatchHandler): Dispatcher.DispatchHandler {
  return new Proxy(handler, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      const call = member.bind(target) as (...args: unknown[]) => unknown;
      if (name !== 'onRequestStart') return call;
      return (...args: unknown[]) => {
        // The connection takes what is thrown here for the end of the request, before it has written anything.
        if (!departure.isOpen()) throw new TooLate();
        return call(...args);
      };
    },
  });
}
