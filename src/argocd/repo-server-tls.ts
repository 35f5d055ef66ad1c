import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { checkServerIdentity, createSecureContext } from 'node:tls';
import { type ChannelCredentials, type ChannelOptions, credentials, type VerifyOptions } from '@grpc/grpc-js';

/** Where and how the repo-server is reached, as argocd-notifications' flags say. */
export interface RepoServerOptions {
  /** `argocd-repo-server:8081`. */
  address: string;
  plaintext: boolean;
  /** PEM files of whom to trust, those that are missing left out; absent: any certificate is accepted. */
  caFiles?: readonly string[] | undefined;
  /** For mutual TLS; a file of the certificate that is not there is none. */
  clientCertificate?: { certFile: string; keyFile: string } | undefined;
}

/** What the files hold, to be told from what they held before. */
export interface TlsFiles {
  ca: string | undefined;
  cert: string | undefined;
  key: string | undefined;
}

type Made<T> = { ok: true; value: T } | { ok: false; error: string };

/** Read for each question, since Kubernetes replaces mounted files while the process runs. An error names the file. */
export async function readTlsFiles(options: RepoServerOptions): Promise<Made<TlsFiles>> {
  const none: TlsFiles = { ca: undefined, cert: undefined, key: undefined };
  if (options.plaintext) return { ok: true, value: none };
  const { caFiles, clientCertificate } = options;
  try {
    const ca = caFiles && (await Promise.all(caFiles.map(readOptional))).filter((text) => text !== undefined);
    if (ca?.length === 0)
      return {
        ok: false,
        error: `is not asked: whom to trust is in ${caFiles?.join(' or ')}, which is not there`,
      };
    const broken = ca?.findIndex((text) => !isPem(text)) ?? -1;
    if (broken >= 0)
      return { ok: false, error: `is not asked: ${caFiles?.[broken]} holds no certificate in PEM` };
    const cert = clientCertificate && (await readOptional(clientCertificate.certFile));
    if (cert === undefined) return { ok: true, value: { ...none, ca: ca?.join('\n') } };
    const key = await readFile(clientCertificate?.keyFile ?? '', 'utf8');
    return { ok: true, value: { ca: ca?.join('\n'), cert, key } };
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    return { ok: false, error: `is not asked: ${path ?? 'a file'} cannot be read (${code ?? 'unknown'})` };
  }
}

/** TLS sends the name of a host and no address, which Node.js warns of. */
export function sentName(options: RepoServerOptions): ChannelOptions {
  return addressOf(options) === undefined ? {} : { 'grpc.ssl_target_name_override': 'argocd-repo-server' };
}

/** Of the host, where it is one. */
function addressOf({ address }: RepoServerOptions): string | undefined {
  const [host = ''] = /^\[[^\]]*\]|^[^:]*/.exec(address.replace(/^dns:(?:\/\/[^/]*\/)?/, '')) ?? [];
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  return isIP(bare) === 0 ? undefined : bare;
}

/** Credentials of a channel. An error holds nothing of the files. */
export function tlsCredentials(
  options: RepoServerOptions,
  { ca, cert, key }: TlsFiles,
): Made<ChannelCredentials> {
  const { plaintext, clientCertificate } = options;
  if (plaintext) return { ok: true, value: credentials.createInsecure() };
  try {
    const context = createSecureContext({
      ...(ca === undefined ? {} : { ca, allowPartialTrustChain: true }),
      ...(cert === undefined || key === undefined ? {} : { cert, key }),
      minVersion: 'TLSv1.2',
    });
    return { ok: true, value: credentials.createFromSecureContext(context, verificationOf(options)) };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    const files = clientCertificate ? `${clientCertificate.certFile} and ${clientCertificate.keyFile}` : '';
    return { ok: false, error: `is not asked: ${files} are no certificate with its key (${code})` };
  }
}

function verificationOf(options: RepoServerOptions): VerifyOptions {
  if (options.caFiles === undefined)
    return { rejectUnauthorized: false, checkServerIdentity: () => undefined };
  const address = addressOf(options);
  return address === undefined
    ? {}
    : { checkServerIdentity: (_sent, certificate) => checkServerIdentity(address, certificate) };
}

async function readOptional(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

function isPem(text: string): boolean {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  return blocks.length > 0 && blocks.every(isCertificate);
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}
