import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { tools } from '../tools.ts';

/** A proxy to the world in which slack.com is the simulator: configuration that names no address works as it stands. */
export interface SlackCom {
  /** For Herald's environment: the proxy, and whom to trust. */
  env: Record<string, string>;
  /** Hosts that were asked for. */
  hosts: Set<string>;
  close(): Promise<void>;
}

export async function startSlackCom(apiUrl: string): Promise<SlackCom> {
  const directory = mkdtempSync(join(tmpdir(), 'herald-slack-com-'));
  const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
  execFileSync(
    tools.openssl ?? 'openssl',
    `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=slack.com
     -addext subjectAltName=DNS:slack.com -keyout ${key} -out ${cert}`.split(/\s+/),
    { stdio: 'ignore' },
  );
  const { hostname, port } = new URL(apiUrl);
  const sockets = new Set<Socket>();
  const hosts = new Set<string>();
  const tls = createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }, (client) =>
    tunnel(client, connect(Number(port), hostname), sockets),
  );
  tls.on('tlsClientError', () => undefined);
  tls.listen(0, '127.0.0.1');
  const proxy = createServer((_, response) => void response.writeHead(405).end());
  proxy.on('connect', (request, client: Socket) => {
    hosts.add(request.url ?? '');
    if (request.url !== 'slack.com:443') {
      client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
      return;
    }
    const upstream = connect((tls.address() as AddressInfo).port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      tunnel(client, upstream, sockets);
    });
  });
  proxy.listen(0, '127.0.0.1');
  await Promise.all([once(tls, 'listening'), once(proxy, 'listening')]);
  return {
    hosts,
    env: {
      HTTPS_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
      NODE_EXTRA_CA_CERTS: cert,
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await Promise.all([tls, proxy].map((server) => new Promise((resolve) => server.close(resolve))));
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Passes on what either says, until either ends. */
function tunnel(a: Socket, b: Socket, sockets: Set<Socket>): void {
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    sockets.add(from);
    from.pipe(to);
    from.on('error', () => to.destroy());
    from.on('close', () => {
      sockets.delete(from);
      to.destroy();
    });
  }
}
