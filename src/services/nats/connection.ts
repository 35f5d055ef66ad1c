/**
 * How NATS is reached: which servers there are, and a connection to one of them. The folder may import what all services
 * share, the ground and the client of NATS.
 */

/** One connection to a NATS server, on a socket of ours: the client's own goes wherever a name leads to. */
import type { Socket } from 'node:net';
import { connect as startTls, type TLSSocket } from 'node:tls';
import {
  ConnectionError,
  type ConnectionOptions,
  headers as messageHeaders,
  type NatsConnection,
  NatsConnectionImpl,
  nkeyAuthenticator,
  PermissionViolationError,
  setTransportFactory,
} from '@nats-io/transport-node';
import { NodeTransport } from '@nats-io/transport-node/lib/node_transport.js';
import { systemClock } from '../../clock.ts';
import { connectTo } from '../../net/connect-to.ts';
import { cutText, utf8Bytes } from '../cut.ts';
import type { ImplementationDeps } from '../implementation.ts';
import type { NatsServer } from './servers.ts';

/** Milliseconds: of the client's own limits none is to come before ours. */
const never = 60_000;

export interface NatsOptions {
  username: string;
  password: string;
  /** A seed; empty: none. */
  nkey: string;
  insecureSkipVerify: boolean;
}

export interface NatsMessage {
  subject: string;
  text: string;
  headers: Readonly<Record<string, string>>;
}

export interface Connection {
  /** Whether messages may have headers. */
  readonly takesHeaders: boolean;
  readonly isOpen: boolean;
  /** Writes the message; one that is too long for the server is cut. */
  publish(message: NatsMessage): void;
  /** Resolves when the server has dealt with all that was published; rejects with what it has against the subject. */
  settled(subject: string): Promise<void>;
  close(): Promise<void>;
}

/** Both are asked for by the transport. */
interface Wire {
  open(): Promise<Socket>;
  secure(socket: Socket): Promise<TLSSocket>;
}

class OwnTransport extends NodeTransport {
  private get wire(): Wire {
    return (this.options as ConnectionOptions & { wire: Wire }).wire;
  }

  override dial(): Promise<Socket> {
    return this.wire.open();
  }

  override startTLS(): Promise<TLSSocket> {
    return this.wire.secure(this.socket);
  }

  override async peekInfo(): ReturnType<NodeTransport['peekInfo']> {
    try {
      return await super.peekInfo();
    } catch (error) {
      // The client has none where the connection just ended.
      throw error ?? new ConnectionError('the connection was closed before the server said who it is');
    }
  }
}

/** Rejects with an error of the client, of the socket or of TLS. `timeout`: milliseconds. */
export async function connectNats(
  { host, port, secure, login }: NatsServer,
  { username, password, nkey, insecureSkipVerify }: NatsOptions,
  { addresses, resolve, certificatesOf }: ImplementationDeps['connection'],
  timeout: number,
): Promise<Connection> {
  let socket: Socket | undefined;
  const wire: Wire = {
    async open() {
      socket = await connectTo({ host, port }, { timeout, addresses, resolve });
      socket.setNoDelay(true);
      return socket;
    },
    secure(plain) {
      const certificates = certificatesOf(host);
      return new Promise((resolved, reject) => {
        const secured = startTls({
          socket: plain,
          host,
          rejectUnauthorized: !insecureSkipVerify,
          ...(/^[\d.]+$|:/.test(host) ? {} : { servername: host }),
          ...(certificates === undefined ? {} : { ca: certificates, allowPartialTrustChain: true }),
        });
        secured.once('secureConnect', () => {
          secured.removeListener('error', reject);
          resolved(secured);
        });
        secured.once('error', reject);
        plain.once('close', () =>
          reject(new ConnectionError('the connection was closed during the handshake')),
        );
      });
    },
  };
  // The client keeps one factory for the process; which connection it is for, the transport finds among its options.
  setTransportFactory({ factory: () => new OwnTransport() });
  const options = {
    servers: [`${host.includes(':') ? `[${host}]` : host}:${port}`],
    wire,
    name: 'herald',
    ...credentialsOf(login, username, password),
    ...(nkey === '' ? {} : { authenticator: nkeyAuthenticator(new TextEncoder().encode(nkey)) }),
    ...(secure ? { tls: {} } : {}),
    // What was published may have arrived: whether to send again is not the client's to say.
    reconnect: false,
    maxReconnectAttempts: 0,
    ignoreClusterUpdates: true,
    noAsyncTraces: true,
    timeout: never,
  };
  const cancel = systemClock.after(timeout, () =>
    socket?.destroy(new DOMException('no answer in time', 'TimeoutError')),
  );
  try {
    return connectionOf(await NatsConnectionImpl.connect(options));
  } finally {
    cancel();
  }
}

function credentialsOf(login: NatsServer['login'], username: string, password: string) {
  if (login !== undefined) return login;
  // As argocd-notifications: both, or there is no login.
  return username === '' || password === '' ? {} : { user: username, pass: password };
}

function connectionOf(client: NatsConnection): Connection {
  const refusals = new Map<string, Error>();
  let ended: Error | undefined;
  const end = client.closed().then((error) => {
    ended = error ?? new ConnectionError('the connection was closed');
  });
  void collectRefusals(client, refusals);
  const takesHeaders = client.info?.headers === true;
  const largest = client.info?.max_payload ?? Number.POSITIVE_INFINITY;

  return {
    takesHeaders,
    get isOpen() {
      return ended === undefined && !client.isClosed();
    },
    publish({ subject, text, headers }) {
      refusals.delete(subject);
      const own = messageHeaders();
      for (const [name, value] of Object.entries(headers)) own.set(name, value);
      const size = Object.entries(headers).reduce(
        (sum, [name, value]) => sum + utf8Bytes(name) + utf8Bytes(value) + ': \r\n'.length,
        'NATS/1.0\r\n\r\n'.length,
      );
      const payload = cutText(text.toWellFormed(), largest - (takesHeaders ? size : 0), utf8Bytes);
      client.publish(subject, payload, takesHeaders ? { headers: own } : {});
    },
    async settled(subject) {
      await Promise.race([client.flush(), end]);
      // What the server said before is handed on a little later than that it has come to its end.
      await systemClock.turn();
      const refusal = refusals.get(subject);
      if (refusal !== undefined) throw refusal;
      if (ended !== undefined) throw ended;
    },
    close: () => client.close(),
  };
}

async function collectRefusals(client: NatsConnection, refusals: Map<string, Error>): Promise<void> {
  for await (const status of client.status()) {
    if (status.type !== 'error' || !(status.error instanceof PermissionViolationError)) continue;
    if (status.error.operation === 'publish') refusals.set(status.error.subject, status.error);
  }
}
