/** Certificates made for one run: of the authority that stands for the system's, and of another that nobody trusts. */
import { isIP } from 'node:net';
import { generate, type SelfsignedOptions } from 'selfsigned';

/** What is wrong with a server's certificate; `trusted`: nothing. */
export type CertificateKind = 'trusted' | 'untrusted' | 'wrong-host' | 'expired';

interface KeyAndCertificate {
  key: string;
  cert: string;
}

export interface Authorities {
  /** In PEM: what the system trusts. */
  system: string;
  /** In PEM: what signs the `untrusted` certificates. */
  other: string;
  /** A certificate for a name or an address; made once for each. */
  certificateOf(host: string, kind: CertificateKind): Promise<KeyAndCertificate>;
}

const day = 86_400_000;
const elliptic: SelfsignedOptions = { keyType: 'ec', curve: 'P-256', algorithm: 'sha256' };

/** `now`: the clock by which TLS judges, which is the machine's. */
export async function createAuthorities(now: number): Promise<Authorities> {
  const [system, other] = await Promise.all([authority('system', now), authority('other', now)]);
  const made = new Map<string, Promise<KeyAndCertificate>>();
  return {
    system: system.cert,
    other: other.cert,
    certificateOf(host, kind) {
      const key = `${kind} ${host}`;
      const known = made.get(key) ?? leaf(host, kind, kind === 'untrusted' ? other : system, now);
      made.set(key, known);
      return known;
    },
  };
}

async function authority(name: string, now: number): Promise<KeyAndCertificate> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: `${name} authority` }], {
    ...elliptic,
    notBeforeDate: new Date(now - day),
    notAfterDate: new Date(now + day),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  return { key, cert };
}

async function leaf(host: string, kind: CertificateKind, ca: KeyAndCertificate, now: number) {
  const name = kind === 'wrong-host' ? 'another-host.invalid' : host;
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'server' }], {
    ...elliptic,
    ca,
    notBeforeDate: new Date(now - 3 * day),
    notAfterDate: new Date(kind === 'expired' ? now - 2 * day : now + day),
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
      {
        name: 'subjectAltName',
        altNames: [isIP(name) === 0 ? { type: 2, value: name } : { type: 7, ip: name }],
      },
    ],
  });
  return { key, cert };
}
