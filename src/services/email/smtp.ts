/** One mail over one connection, by SMTP. */
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import type { NodemailerError } from 'nodemailer';
import type SMTPConnection from 'nodemailer/lib/smtp-connection';
import { connectTo } from '../../net/connect-to.ts';
import { type Departure, TooLate } from '../../net/departure.ts';
import { withTimeLimit } from '../../net/time-limit.ts';
import { callFailure, type Failure } from '../api.ts';
import type { ImplementationDeps } from '../implementation.ts';
import type { SendContext } from '../service.ts';
import { type Refused, refusalOf } from './reply.ts';

/** Milliseconds until the server must have taken the mail. */
const timeout = 8_000;
/** Milliseconds: of nodemailer's own limits none is to come before ours. */
const never = 60_000;

export interface MailServer {
  host: string;
  port: number;
  insecureSkipVerify: boolean;
  /** Both, or there is no login. */
  username: string;
  password: string;
}

export interface Mail {
  from: string;
  to: readonly string[];
  /** The mail as it is sent, of at most so many bytes; undefined: of as many as there are. */
  compose(largest: number | undefined): Promise<Buffer>;
}

export type Delivered =
  /** At least one recipient was accepted. */
  { ok: true; accepted: string[]; refused: Refused[] } | { ok: false; failure: Failure };

export async function deliverMail(
  server: MailServer,
  mail: Mail,
  { signal: outer, departure }: SendContext,
  { connection: { addresses, resolve, certificatesOf } }: ImplementationDeps,
): Promise<Delivered> {
  const { default: Connection } = await import('nodemailer/lib/smtp-connection');
  let isWritten = false;

  async function converse(signal: AbortSignal): Promise<Delivered> {
    if (departure !== undefined && !(await departure.confirm())) throw new TooLate();
    const { host, port } = server;
    const socket = await connectTo({ host, port }, { timeout, addresses, resolve });
    const certificates = certificatesOf(host);
    const connection = new Connection({
      host,
      port,
      connection: socket,
      secure: port === 465,
      name: 'localhost',
      tls: {
        rejectUnauthorized: !server.insecureSkipVerify,
        ...(certificates === undefined ? {} : { ca: certificates, allowPartialTrustChain: true }),
      },
      connectionTimeout: never,
      greetingTimeout: never,
      socketTimeout: never,
      socketCloseTimeout: 1_000,
    });
    const step = createSteps(connection, signal);
    let isOver = false;
    try {
      await step((done) => connection.connect(done));
      const offered = extensionsIn(connection.lastServerResponse || '');
      const method = loginMethod(server, offered, connection.secure);
      if (typeof method === 'object') return { ok: false, failure: method };
      if (method !== undefined) {
        const credentials = { user: server.username, pass: server.password };
        await step((done) => connection.login({ method, credentials }, done));
      }
      const size = Number(/^SIZE (\d+)$/m.exec(offered)?.[1] ?? 0);
      const bytes = await mail.compose(size > 0 ? size : undefined);
      const message = leaving(bytes, departure, () => {
        isWritten = true;
      });
      const envelope = { from: mail.from, to: [...mail.to] };
      const info = await step<SMTPConnection.SentMessageInfo>((done) =>
        connection.send(envelope, message, done),
      );
      isOver = true;
      return { ok: true, accepted: info.accepted, refused: (info.rejectedErrors ?? []).map(refusalOf) };
    } catch (error) {
      isOver = error instanceof Error && 'responseCode' in error && error.responseCode !== undefined;
      throw error;
    } finally {
      if (isOver) connection.quit();
      else end(connection, socket);
    }
  }

  if (outer.aborted) {
    const detail = 'was not called: the attempt was aborted';
    return { ok: false, failure: { kind: 'retry', reason: 'aborted', detail } };
  }
  try {
    return await withTimeLimit(timeout, outer, converse);
  } catch (error) {
    return { ok: false, failure: failureOf(error, outer, isWritten) };
  }
}

/** Steps of the conversation, each of which ends with the connection or the signal, too. */
function createSteps(connection: SMTPConnection, signal: AbortSignal) {
  const broken = Promise.withResolvers<never>();
  broken.promise.catch(() => {});
  connection.on('error', broken.reject);
  const abort = () => broken.reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  return <T>(run: (done: (error?: Error | null, result?: T) => void) => void): Promise<T> =>
    Promise.race([
      broken.promise,
      new Promise<T>((resolve, reject) => {
        run((error, result) => (error ? reject(error) : resolve(result as T)));
      }),
    ]);
}

function end(connection: SMTPConnection, socket: Socket): void {
  connection.close();
  socket.destroy();
}

/** Reads nothing before the server has asked for the mail. */
function leaving(bytes: Buffer, departure: Departure | undefined, onRead: () => void): Readable {
  return new Readable({
    read() {
      if (departure !== undefined && !departure.isOpen()) {
        this.destroy(new TooLate());
        return;
      }
      onRead();
      this.push(bytes);
      this.push(null);
    },
  });
}

/** A line for each that the server offers, in capitals. */
function extensionsIn(reply: string): string {
  return reply
    .split(/\r?\n/)
    .map((line) => line.replace(/^250[ -]/, '').trim())
    .join('\n')
    .toUpperCase();
}

/** How to log in; undefined where there is nobody, or the server knows no login. A password by PLAIN is for TLS only. */
function loginMethod(
  { username, password, host }: MailServer,
  offered: string,
  isSecure: boolean,
): 'CRAM-MD5' | 'LOGIN' | 'PLAIN' | Failure | undefined {
  const methods = /^AUTH[ =](.+)$/m.exec(offered)?.[1]?.split(' ');
  if (methods === undefined || username === '' || password === '') return undefined;
  const refuse = (detail: string): Failure => ({
    kind: 'rejected',
    reason: 'no_login',
    detail,
    scope: 'service',
  });
  if (methods.includes('CRAM-MD5')) return 'CRAM-MD5';
  if (methods.includes('PLAIN')) {
    if (isSecure || ['localhost', '127.0.0.1', '::1'].includes(host)) return 'PLAIN';
    return refuse(
      'takes the password without encryption only, so that it was not sent. Use a port with TLS (465), or have the server offer STARTTLS',
    );
  }
  if (methods.includes('LOGIN')) return 'LOGIN';
  return refuse(
    `knows no login with a password, only ${methods.join(', ')}. Use a server or an account that does`,
  );
}

function failureOf(error: unknown, signal: AbortSignal, isWritten: boolean): Failure {
  if (error instanceof Error) {
    const { code, originalCode, responseCode, message } = error as NodemailerError;
    if (responseCode) return refusalOf(error).failure;
    if (code === 'EENVELOPE') {
      const detail = `cannot be written to: ${message}`;
      return { kind: 'rejected', reason: 'invalid_recipient', detail, scope: 'recipient' };
    }
    // nodemailer has put a code of its own in the place of the system's.
    if (originalCode !== undefined) Object.assign(error, { code: originalCode });
  }
  const failure = callFailure(error, signal);
  if (failure.kind === 'rejected') return failure;
  const { unclear: _, ...rest } = failure;
  return isWritten ? { ...rest, unclear: true } : rest;
}
