import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { tools } from '../tools.ts';

function openssl(args: string): void {
  execFileSync(tools.openssl ?? 'openssl', args.split(' '), { stdio: 'ignore' });
}

/** Makes a key and a certificate for `localhost`, of itself or of an authority, as NAME.key and NAME.pem of a folder. */
export function makeCertificate(folder: string, name: string, authority?: string): void {
  const file = (base: string) => join(folder, base);
  const key = `-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout ${file(`${name}.key`)}`;
  const by = authority ? ` -CA ${file(`${authority}.pem`)} -CAkey ${file(`${authority}.key`)}` : '';
  const kind = `-addext basicConstraints=critical,CA:${authority ? 'FALSE' : 'TRUE'}`;
  const names = '-addext subjectAltName=DNS:localhost,IP:127.0.0.1';
  openssl(`req -x509 ${key} -days 2 -subj /CN=${name}${by} ${names} ${kind} -out ${file(`${name}.pem`)}`);
}

/** An HTTPS server on this machine with the certificate; `answer` is told of each request's path. */
export async function serveWith(
  folder: string,
  name: string,
  answer: (path: string) => string,
): Promise<{ server: Server; url: string }> {
  const [key, cert] = ['key', 'pem'].map((kind) => readFileSync(join(folder, `${name}.${kind}`)));
  const server = createServer({ key, cert }, (request, response) => {
    response.end(answer(request.url ?? ''));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `https://localhost:${(server.address() as AddressInfo).port}` };
}
