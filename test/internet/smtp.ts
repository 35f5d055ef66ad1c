/** A mail server: takes what it is sent, answers as it is told, and keeps each mail in the form of the vectors. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import PostalMime, { type Address, decodeWords } from 'postal-mime';
import type { JsonObject } from '../../src/model.ts';
import type { Origin } from './network.ts';
import type { Protocol, ProtocolWorld } from './server.ts';

interface Script {
  /** Behind EHLO. */
  extensions?: string[];
  /** In place of the usual: of `GREETING`, `AUTH`, `MAIL`, `RCPT <address>`, `END` (behind the data). */
  replies?: Record<string, string>;
  /** The connection is dropped in place of this reply. */
  closeAt?: string;
  /** This reply never comes. */
  hangAt?: string;
}

/** What is kept of a connection, or of each mail where there are several on one; filled in as it comes. */
type Mail = JsonObject & { rcptTo?: string[] };

export const smtp: Protocol = {
  field: 'smtp',
  serve,
};

async function serve(socket: Socket, origin: Origin, world: ProtocolWorld): Promise<void> {
  const script = (world.next(origin.host).smtp ?? {}) as Script;
  let mail: Mail = { tls: 'none' };
  const record = () => world.record({ host: `${origin.host}:${origin.port}`, smtp: mail });
  record();
  let stream: Socket | TLSSocket = socket;
  let confirm = () => {};
  if (origin.port === 465) {
    const secured = await secure(stream, origin, world, mail);
    if (secured === undefined) return;
    stream = secured;
    confirm = untilConfirmed(mail, 'implicit');
  }

  let lines = readLines(stream);
  const say = (text: string) => stream.write(`${text}\r\n`);
  /** Whether the conversation goes on. */
  const reply = (to: string, usual: string): boolean => {
    if (script.closeAt === to) {
      confirm();
      stream.destroy();
      return false;
    }
    const text = script.replies?.[to] ?? usual;
    if (script.hangAt !== to) say(text);
    return /^[23]/.test(text);
  };

  if (!reply('GREETING', '220 mail.example ESMTP')) return;
  for (;;) {
    const line = await lines.next();
    if (line === undefined) return;
    confirm();
    const [verb = '', ...words] = line.split(' ');
    const rest = words.join(' ');
    switch (verb.toUpperCase()) {
      case 'EHLO':
      case 'HELO': {
        mail.helo = rest;
        const offered = (script.extensions ?? []).filter(
          (name) => name !== 'STARTTLS' || mail.tls === 'none',
        );
        const all = ['mail.example', ...offered];
        say(all.map((name, index) => `250${index === all.length - 1 ? ' ' : '-'}${name}`).join('\r\n'));
        break;
      }
      case 'STARTTLS': {
        lines.stop();
        say('220 go ahead');
        const secured = await secure(stream, origin, world, mail);
        if (secured === undefined) return;
        stream = secured;
        confirm = untilConfirmed(mail, 'starttls');
        lines = readLines(stream);
        break;
      }
      case 'AUTH':
        mail.auth = await authenticate(rest, { say, next: () => lines.next() });
        reply('AUTH', '235 welcome');
        break;
      case 'MAIL':
        if (mail.mailFrom !== undefined) {
          const { tls = 'none', helo = '', auth } = mail;
          mail = { tls, helo, ...(auth === undefined ? {} : { auth }) };
          record();
        }
        mail.mailFrom = addressIn(rest);
        reply('MAIL', '250 ok');
        break;
      case 'RCPT': {
        const address = addressIn(rest);
        if (reply(`RCPT ${address}`, '250 ok')) mail.rcptTo = [...(mail.rcptTo ?? []), address];
        break;
      }
      case 'DATA': {
        say('354 go ahead');
        const data: string[] = [];
        for (let each = await lines.next(); each !== '.'; each = await lines.next()) {
          if (each === undefined) return;
          data.push(each.replace(/^\.\./, '.'));
        }
        Object.assign(mail, await decoded(data.join('\r\n')));
        world.stir();
        reply('END', '250 accepted');
        break;
      }
      case 'QUIT':
        mail.quit = true;
        say('221 bye');
        stream.end();
        return;
      default:
        say('250 ok');
    }
  }
}

/** A client that does not trust the certificate says nothing behind the handshake. */
function untilConfirmed(mail: Mail, how: 'starttls' | 'implicit'): () => void {
  let isConfirmed = false;
  return () => {
    if (!isConfirmed) mail.tls = how;
    isConfirmed = true;
  };
}

async function secure(
  socket: Socket,
  { host }: Origin,
  world: ProtocolWorld,
  mail: Mail,
): Promise<TLSSocket | undefined> {
  mail.tls = 'refused';
  const secured = await world.secure(socket, host);
  const settled = await Promise.race([
    once(secured, 'secure').then(() => true),
    once(secured, 'close').then(() => false),
  ]);
  return settled ? secured : undefined;
}

async function authenticate(
  words: string,
  { say, next }: { say(text: string): void; next(): Promise<string | undefined> },
): Promise<JsonObject> {
  const [mechanism = '', initial] = words.split(' ');
  const base64 = (text: string | undefined) => Buffer.from(text ?? '', 'base64').toString('utf8');
  const ask = async (prompt: string) => {
    say(`334 ${Buffer.from(prompt).toString('base64')}`);
    return base64(await next());
  };
  switch (mechanism.toUpperCase()) {
    case 'PLAIN': {
      const [, username = '', password = ''] = (initial ? base64(initial) : await ask('')).split('\0');
      return { mechanism: 'PLAIN', username, password };
    }
    case 'LOGIN': {
      const username = initial ? base64(initial) : await ask('Username:');
      return { mechanism: 'LOGIN', username, password: await ask('Password:') };
    }
    default: {
      const [username = '', digest = ''] = (await ask(challenge)).split(' ');
      return { mechanism, username, digest };
    }
  }
}

/** Of CRAM-MD5. */
export const challenge = '<1@mail.example>';

/** `stop`: what comes next is no line any more. */
function readLines(stream: Socket): { next(): Promise<string | undefined>; stop(): void } {
  let buffer = '';
  let ended = false;
  let waiting = Promise.withResolvers<void>();
  const stir = () => {
    waiting.resolve();
    waiting = Promise.withResolvers<void>();
  };
  const take = (chunk: Buffer) => {
    buffer += chunk.toString('utf8');
    stir();
  };
  stream.on('data', take);
  stream.on('close', () => {
    ended = true;
    stir();
  });
  return {
    stop() {
      stream.off('data', take);
      stream.pause();
    },
    async next() {
      for (;;) {
        const end = buffer.indexOf('\r\n');
        if (end >= 0) {
          const line = buffer.slice(0, end);
          buffer = buffer.slice(end + 2);
          return line;
        }
        if (ended) return undefined;
        await waiting.promise;
      }
    },
  };
}

/** `FROM:<a@b> SIZE=1` */
function addressIn(words: string): string {
  return /<([^>]*)>/.exec(words)?.[1] ?? words;
}

async function decoded(raw: string): Promise<JsonObject> {
  const { headers, from, to = [], text, html, messageId } = await PostalMime.parse(raw);
  const kept = headers.filter(({ key }) => key !== 'date' && key !== 'message-id');
  const addresses: Record<string, string> = {
    ...(from === undefined ? {} : { from: written(from) }),
    to: to.map(written).join(', '),
  };
  const values = kept.map(({ key, value }) => [key, addresses[key] ?? decodeWords(value)]);
  const body = (text ?? html ?? '').replaceAll('\r\n', '\n');
  return { headers: Object.fromEntries(values) as JsonObject, body, ...(messageId && { messageId }) };
}

function written({ name, address = '' }: Address): string {
  return name === '' ? address : `${name} <${address}>`;
}
