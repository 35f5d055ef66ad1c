import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { type Authorities, createAuthorities } from './authority.ts';
import { createNetwork, type NetworkOptions } from './network.ts';
import { createScriptedServer, type ScriptedServer } from './server.ts';

export interface Internet {
  /** What stands for every host, by HTTP and by TLS with a certificate that the system trusts. */
  server: ScriptedServer;
  authorities: Authorities;
  close(): Promise<void>;
}

/** Until it is closed every connection of this process leads to one server on loopback. */
export async function openInternet(fate: NetworkOptions['fate'] = () => 'open'): Promise<Internet> {
  const authorities = await createAuthorities(Date.now());
  const server = createScriptedServer(authorities);
  const trusted = getCACertificates('default');
  const network = await createNetwork({ accept: server.accept, fate });
  setDefaultCACertificates([authorities.system]);
  return {
    server,
    authorities,
    async close() {
      setDefaultCACertificates(trusted);
      await network[Symbol.asyncDispose]();
      await server.close();
    },
  };
}
