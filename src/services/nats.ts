import {
  AuthorizationError,
  PermissionViolationError,
  ProtocolError,
  UserAuthenticationExpiredError,
} from '@nats-io/transport-node';
import { orAborted } from '../aborted.ts';
import type { Outcome } from '../model.ts';
import { TooLate } from '../net/departure.ts';
import { withTimeLimit } from '../net/time-limit.ts';
import { callFailure, createApi, type Failure } from './api.ts';
import type { OptionsOf } from './fields.ts';
import type { Implementation } from './implementation.ts';
import { type Connection, connectNats } from './nats/connection.ts';
import { natsServersIn } from './nats/servers.ts';
import type { nats } from './nats-schema.ts';

/** Milliseconds until the server must have dealt with the message. */
const timeout = 8_000;

/**
 * A message on the subject that is the recipient, over one connection that is kept. `Nats-Msg-Id` is the delivery's, the
 * same in every attempt: a stream takes it once within its window, everybody else may see it twice.
 */
export const natsService: Implementation<OptionsOf<(typeof nats)['options']>> = (options, deps) => {
  const { headers, password, nkey, insecureSkipVerify } = options;
  const login = { username: options.username || options.user, password, nkey, insecureSkipVerify };
  const api = createApi(deps, { noun: 'subject' });
  const found = natsServersIn(options.url);
  const servers = Array.isArray(found) ? found : [];
  /** Index of the server that took the last connection. */
  let first = 0;
  let connecting: Promise<Connection> | undefined;
  let connection: Connection | undefined;
  let isClosed = false;

  async function connectToAny(): Promise<Connection> {
    let failure: unknown = new Error('there is no server in url');
    const limit = timeout / Math.max(1, servers.length);
    for (let tried = 0; tried < servers.length; tried += 1) {
      const index = (first + tried) % servers.length;
      const server = servers[index];
      if (server === undefined) continue;
      try {
        const made = await connectNats(server, login, deps.connection, limit);
        first = index;
        return made;
      } catch (error) {
        failure = error;
        // The servers of one url are one cluster: what one refuses for good, the others would.
        if (isRefusal(error)) break;
      }
    }
    throw failure;
  }

  /** The one that stands, or the one that is being made, whoever has asked for it. */
  async function connect(signal: AbortSignal): Promise<Connection> {
    if (isClosed) throw new Error('the service was closed');
    if (connection?.isOpen) return connection;
    connecting ??= connectToAny().finally(() => {
      connecting = undefined;
    });
    const work = connecting.then((made) => {
      connection = made;
      return made;
    });
    await orAborted(work, signal);
    signal.throwIfAborted();
    return work;
  }

  return {
    async send({ message }, recipient, context): Promise<Outcome> {
      const { signal: outer, departure, deliveryId } = context;
      const fail = (failure: Failure) => api.outcome({ ok: false, failure }, recipient, context);
      if (outer.aborted) {
        return fail({ kind: 'retry', reason: 'aborted', detail: 'was not called: the attempt was aborted' });
      }
      let isWritten = false;
      try {
        await withTimeLimit(timeout, outer, async (signal) => {
          if (departure !== undefined && !(await departure.confirm())) throw new TooLate();
          const open = await connect(signal);
          if (!open.takesHeaders && Object.keys(headers).length > 0) throw new NoHeaders();
          if (departure !== undefined && !departure.isOpen()) throw new TooLate();
          open.publish({
            subject: recipient,
            text: message,
            headers: { ...headers, 'Nats-Msg-Id': deliveryId },
          });
          isWritten = true;
          const settled = open.settled(recipient);
          await orAborted(settled, signal);
          if (signal.aborted) {
            // A server that does not answer may never do again.
            if (!outer.aborted) await open.close();
            signal.throwIfAborted();
          }
          await settled;
        });
      } catch (error) {
        return fail(failureOf(error, outer, isWritten));
      }
      return context.earlier === undefined ? { status: 'sent' } : { status: 'sent', earlier: 'unreadable' };
    },
    async close() {
      isClosed = true;
      await connecting?.catch(() => undefined);
      await connection?.close();
    },
  };
};

class NoHeaders extends Error {
  override name = 'NoHeaders';
}

/** Whether the login or what it is allowed is the cause, and not the server's condition. */
function isRefusal(error: unknown): error is Error {
  if (!(error instanceof AuthorizationError)) return false;
  return !error.message.toLowerCase().includes('timeout');
}

function failureOf(error: unknown, signal: AbortSignal, isWritten: boolean): Failure {
  const unclear = isWritten ? { unclear: true as const } : {};
  if (error instanceof PermissionViolationError) {
    return {
      kind: 'rejected',
      reason: 'not_permitted',
      detail: `refused it: ${error.message}. Allow the user to publish on this subject`,
      scope: 'recipient',
    };
  }
  if (isRefusal(error) || error instanceof UserAuthenticationExpiredError) {
    return {
      kind: 'rejected',
      reason: 'unauthorized',
      detail: `refused the login: ${error.message}. Check username and password, or nkey`,
      scope: 'service',
    };
  }
  if (error instanceof NoHeaders) {
    const detail = 'takes no headers. Use a server from 2.2 on, or leave headers out';
    return { kind: 'rejected', reason: 'no_headers', detail, scope: 'service' };
  }
  if (error instanceof Error && error.message.includes("does not support 'tls'")) {
    const detail =
      'offers no encryption, so that nothing was sent. Write nats:// in place of tls://, or have it offer TLS';
    return { kind: 'rejected', reason: 'no_tls', detail, scope: 'service' };
  }
  if (error instanceof ProtocolError) {
    return { kind: 'retry', reason: 'refused', detail: `said ${error.message}`, ...unclear };
  }
  const failure = callFailure(error, signal);
  if (failure.kind === 'rejected') return failure;
  const { unclear: _, ...rest } = failure;
  return { ...rest, ...unclear };
}
