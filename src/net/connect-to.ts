import type { Socket } from 'node:net';
import { buildConnector } from 'undici';
import type { AddressPolicy } from './address-policy.ts';
import { createGuardedConnector, type Resolve } from './guarded.ts';

interface ConnectToOptions {
  /** Milliseconds. */
  timeout: number;
  /** Of a tenant: what it may connect to. Absent: everything. */
  addresses?: AddressPolicy | undefined;
  resolve?: Resolve | undefined;
}

/** A connection for what speaks no HTTP. Rejects with what `networkFailure` understands. */
export function connectTo(
  { host, port }: { host: string; port: number },
  { timeout, addresses, resolve }: ConnectToOptions,
): Promise<Socket> {
  const connector =
    addresses === undefined
      ? buildConnector({ timeout })
      : createGuardedConnector({ timeout }, { addresses, resolve });
  const hostname = host.replace(/^\[(.*)\]$/, '$1');
  return new Promise((resolved, reject) => {
    connector({ hostname, protocol: 'http:', port: String(port) }, (error, socket) => {
      if (error) reject(error);
      else resolved(socket as Socket);
    });
  });
}
