/** A NATS server: takes what is published and keeps it in the form of the vectors. */
import { createPublicKey, verify } from 'node:crypto';
import type { Socket } from 'node:net';
import type { JsonObject } from '../../src/model.ts';
import type { Protocol, WireRequest } from './server.ts';

interface Script {
  authRequired?: boolean;
  tlsRequired?: boolean;
  /** What it says in place of taking the connection. */
  error?: string;
  /** It knows no headers, as servers before 2.2. */
  noHeaders?: boolean;
  /** It goes away before it has said anything, or when a message comes; or it answers nothing any more. */
  ends?: 'at-once' | 'at-message' | 'hangs-at-message';
}

const nonce = 'vectors-nonce';

export const nats: Protocol = {
  field: 'nats',
  async serve(socket, origin, world) {
    const script = (world.next(origin.host).nats ?? {}) as Script;
    const { authRequired, tlsRequired, error, noHeaders, ends } = script;
    if (ends === 'at-once') return void socket.destroy();
    const info = {
      server_id: 'test',
      server_name: 'test',
      version: '2.10.0',
      proto: 1,
      headers: noHeaders !== true,
      max_payload: 1_048_576,
      ...(authRequired ? { auth_required: true, nonce } : {}),
      ...(tlsRequired ? { tls_required: true } : {}),
    };
    const login: JsonObject = { tls: tlsRequired === true };
    /** Of the connection, until a message has gone over it; a later one is recorded by itself. */
    let record: WireRequest | undefined;
    // What comes next is the handshake, which is no line.
    if (tlsRequired) socket.pause();
    socket.write(`INFO ${JSON.stringify(info)}\r\n`);
    const stream = tlsRequired ? await world.secure(socket, origin.host) : socket;
    listen(stream, {
      connect(options) {
        Object.assign(login, loginOf(options));
        record = { host: `${origin.host}:${origin.port}`, nats: { ...login } };
        world.record(record);
        if (error !== undefined) stream.end(`-ERR '${error}'\r\n`);
      },
      publish(message) {
        if (record !== undefined && world.isCurrent(record)) Object.assign(record.nats ?? {}, message);
        else world.record({ host: `${origin.host}:${origin.port}`, nats: { ...login, ...message } });
        record = undefined;
        if (ends === 'at-message') stream.destroy();
        if (ends === 'hangs-at-message') stream.pause().removeAllListeners('data');
        world.stir();
      },
    });
  },
};

function loginOf({ user, pass, nkey, sig }: JsonObject): JsonObject {
  if (typeof nkey !== 'string') {
    return { ...(user === undefined ? {} : { user }), ...(pass === undefined ? {} : { pass }) };
  }
  const signature = Buffer.from(typeof sig === 'string' ? sig : '', 'base64url');
  return { nkey, signatureValid: verify(null, Buffer.from(nonce), publicKeyOf(nkey), signature) };
}

/** An nkey is in base32: a byte of its kind, the Ed25519 key, and a checksum of two bytes. */
function publicKeyOf(nkey: string) {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...nkey].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const bytes = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const x = bytes.subarray(1, 33).toString('base64url');
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
}

interface Listener {
  connect(options: JsonObject): void;
  publish(message: JsonObject): void;
}

function listen(stream: Socket, { connect, publish }: Listener): void {
  let buffer = Buffer.alloc(0);
  stream.on('data', (chunk: Buffer) => {
    buffer = Buffer.concat([buffer, chunk]);
    for (;;) {
      const end = buffer.indexOf('\r\n');
      if (end < 0) return;
      const [verb = '', ...words] = buffer.subarray(0, end).toString('utf8').split(' ');
      const rest = buffer.subarray(end + 2);
      if (verb === 'PUB' || verb === 'HPUB') {
        const size = Number(words.at(-1));
        if (rest.length < size + 2) return;
        publish(messageOf(verb, words, rest.subarray(0, size)));
        buffer = rest.subarray(size + 2);
        continue;
      }
      buffer = rest;
      if (verb === 'CONNECT') connect(JSON.parse(words.join(' ')) as JsonObject);
      else if (verb === 'PING') stream.write('PONG\r\n');
    }
  });
}

/** `PUB subject [reply] size`, `HPUB subject [reply] headers size`. */
function messageOf(verb: 'PUB' | 'HPUB', words: string[], body: Buffer): JsonObject {
  const sizes = verb === 'PUB' ? 1 : 2;
  const [subject = '', reply] = words.slice(0, -sizes);
  const common = { verb, subject, ...(reply === undefined ? {} : { reply }) };
  if (verb === 'PUB') return { ...common, payload: body.toString('utf8') };
  const length = Number(words.at(-2));
  const lines = body.subarray(0, length).toString('utf8').split('\r\n').slice(1);
  const headers = lines.filter(Boolean).map((line) => /^([^:]*): ?(.*)$/.exec(line)?.slice(1) ?? [line, '']);
  const payload = body.subarray(length).toString('utf8');
  return { ...common, headers: Object.fromEntries(headers) as JsonObject, payload };
}
