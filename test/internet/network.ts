/**
 * A network of one process: whatever its clients connect to, by name or by address, leads to one server on loopback.
 * It replaces `net.Socket.prototype.connect`, below every client there is, so that none has to be told of a test.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer, isIP, type LookupFunction, Socket } from 'node:net';

/** Where a client meant to connect to. */
export interface Origin {
  host: string;
  port: number;
}

export interface NetworkOptions {
  /** Takes the other end of a connection. */
  accept(socket: Socket, origin: Origin): void;
  /** `refused`: nobody listens there; `unknown`: the name has no address. */
  fate(origin: Origin): 'open' | 'refused' | 'unknown';
}

type Connect = (this: Socket, ...args: unknown[]) => Socket;

interface ConnectOptions {
  /** Of the client: who asks it may be refused, as a tenant is. */
  lookup?: LookupFunction;
  host?: string;
  port?: number | string;
  path?: string | null;
}

/** Until it is disposed of, no connection leaves the process. */
export async function createNetwork({ accept, fate }: NetworkOptions): Promise<AsyncDisposable> {
  const origins = new Map<number, PromiseWithResolvers<Origin>>();
  const originOf = (port: number) => {
    const known = origins.get(port) ?? Promise.withResolvers<Origin>();
    origins.set(port, known);
    return known;
  };

  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    const port = socket.remotePort ?? 0;
    socket.on('error', () => {});
    socket.on('close', () => {
      open.delete(socket);
      origins.delete(port);
    });
    // Either end may be told of the connection first.
    void originOf(port).promise.then((origin) => accept(socket, origin));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port: serverPort } = server.address() as AddressInfo;
  const closedPort = await unusedPort();

  const connect = Socket.prototype.connect as Connect;
  Socket.prototype.connect = function (this: Socket, ...args: unknown[]) {
    const [options, callback] = normalized(args);
    // Node's own agents leave out the path of a Unix socket with null.
    if (typeof options.path === 'string') return connect.apply(this, args);
    const origin = { host: options.host ?? 'localhost', port: Number(options.port) };
    const outcome = fate(origin);
    const target = {
      ...options,
      host: outcome === 'unknown' ? origin.host : '127.0.0.1',
      port: outcome === 'open' ? serverPort : closedPort,
      lookup: outcome === 'unknown' ? unknownHost : options.lookup && asking(options.lookup, origin.host),
    };
    // Addresses are looked up by nobody, and a name is what makes Node ask.
    if (target.lookup !== undefined && isIP(origin.host) === 0) target.host = origin.host;
    if (outcome === 'open') {
      this.once('connect', () => originOf(this.localPort ?? 0).resolve(origin));
    }
    return connect.call(this, target, callback);
  } as Socket['connect'];

  return {
    async [Symbol.asyncDispose]() {
      Socket.prototype.connect = connect as Socket['connect'];
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** The forms of `connect`: options, a path, or port and host; Node itself hands on a list of options and callback. */
function normalized(args: unknown[]): [ConnectOptions, unknown] {
  const [first, second, third] = args;
  if (Array.isArray(first)) return [first[0] as ConnectOptions, first[1]];
  if (typeof first === 'object' && first !== null) return [first, second];
  if (typeof first === 'string' && !/^\d+$/.test(first)) return [{ path: first }, second];
  const port = Number(first);
  return typeof second === 'string' ? [{ port, host: second }, third] : [{ port }, second];
}

/** Asks the client's own lookup whether it may connect, and leads to loopback where it may. */
function asking(lookup: LookupFunction, name: string): LookupFunction {
  return (_host, options, done) =>
    lookup(name, options, (error, address) => {
      if (error) done(error, address);
      else if (options.all) done(null, [{ address: '127.0.0.1', family: 4 }]);
      else done(null, '127.0.0.1', 4);
    });
}

function unknownHost(host: string, _options: unknown, done: (error: Error) => void): void {
  const error = Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), {
    code: 'ENOTFOUND',
    syscall: 'getaddrinfo',
    hostname: host,
  });
  process.nextTick(done, error);
}

/** A port on which nobody listens. */
async function unusedPort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
