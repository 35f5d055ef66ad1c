/**
 * Certificates that stand in for the system's roots, by host: `argocd-tls-certs-cm` as Argo CD mounts it. A file is
 * named as the host, without a port, and holds one certificate in PEM or several, of an authority or of the server.
 */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The certificates in PEM that a host's must descend from; undefined: the system's. */
export type CertificatesOf = (host: string) => string | undefined;

export interface HostCertificateOptions {
  /** Where the files are. Absent: as `ARGOCD_TLS_DATA_PATH` says, else where Argo CD mounts them. */
  directory?: string | undefined;
  /** Told once of what a file holds that is no certificate. */
  onProblem(problem: { host: string; error: string }): void;
}

const defaultDirectory = '/app/config/tls';
const BLOCK = /-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/g;

/**
 * A file is read whenever it is asked for, since Kubernetes swaps what it mounts under us. One without a certificate
 * counts as absent.
 */
export function createHostCertificates(options: HostCertificateOptions): CertificatesOf {
  const directory = options.directory ?? (process.env.ARGOCD_TLS_DATA_PATH || defaultDirectory);
  /** Of each host, what its file held when it was last looked at, and what that came to. */
  const read = new Map<string, { text: string; certificates: string | undefined }>();

  function tell(host: string, text: string, error: string): void {
    if (read.get(host)?.text !== text) options.onProblem({ host, error });
  }

  function evaluate(host: string, text: string): string | undefined {
    const blocks = text.match(BLOCK) ?? [];
    const good = blocks.filter(isCertificate);
    if (good.length === 0) tell(host, text, 'no certificate in PEM: the roots of the system hold');
    else if (good.length < blocks.length) {
      tell(host, text, `${blocks.length - good.length} of ${blocks.length} certificates cannot be read`);
    }
    return good.length === 0 ? undefined : good.join('\n');
  }

  return (host) => {
    const name = host.replace(/\.$/, '');
    // Of a URL, a host has no slash; `..` would be a folder.
    if (!/^[\w.-]*\w[\w.-]*$/.test(name)) return undefined;
    let text: string;
    try {
      text = readFileSync(join(directory, name), 'utf8');
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
      if (!['ENOENT', 'ENOTDIR', 'EISDIR'].includes(code)) {
        tell(name, code, `the file cannot be read (${code}): the roots of the system hold`);
        read.set(name, { text: code, certificates: undefined });
      } else read.delete(name);
      return undefined;
    }
    const known = read.get(name);
    if (known?.text === text) return known.certificates;
    const certificates = evaluate(name, text);
    read.set(name, { text, certificates });
    return certificates;
  };
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}

/** OpenSSL's names of certificates that lead to no root that is trusted. */
const UNTRUSTED = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** For people: why a certificate is not trusted, and how it becomes so here. Undefined for every other error. */
export function untrustedDetail(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || !UNTRUSTED.has(String(error.code))) return undefined;
  // Node.js appends an advice for its command line.
  const [what] = error.message.split(';');
  return (
    `${what}: to trust it, put the certificate of its authority in PEM into the ConfigMap argocd-tls-certs-cm, ` +
    'under the name of the host'
  );
}
