import { connect } from 'node:tls';

/** What a server shows: until when its certificate is valid, Unix milliseconds, and why it would not be trusted. */
export type PeerCertificate = { validTo: number; untrusted?: string } | { unreachable: string };

/** Opens a connection and ends it. `ca`: whom to trust in PEM, in place of the system's roots. */
export function peerCertificate(
  { host, port }: { host: string; port: number },
  ca: string | undefined,
): Promise<PeerCertificate> {
  return new Promise((resolve) => {
    const socket = connect({
      host,
      port,
      servername: host,
      rejectUnauthorized: false,
      timeout: 5_000,
      ...(ca === undefined ? {} : { ca, allowPartialTrustChain: true }),
    });
    const done = (found: PeerCertificate): void => {
      resolve(found);
      socket.destroy();
    };
    socket.once('secureConnect', () => {
      const validTo = Date.parse(socket.getPeerCertificate().valid_to ?? '');
      const error = socket.authorizationError as Error | string | undefined | null;
      const untrusted = socket.authorized || !error ? undefined : String((error as Error).message ?? error);
      done({ validTo, ...(untrusted === undefined ? {} : { untrusted }) });
    });
    socket.once('timeout', () => done({ unreachable: 'no answer within 5 seconds' }));
    socket.once('error', (error) => done({ unreachable: error.message }));
  });
}
