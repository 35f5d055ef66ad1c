import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import { connect } from 'node:net';
import { connect as secure } from 'node:tls';
import { afterAll, expect, it } from 'vitest';
import { openInternet } from './internet.ts';

const internet = await openInternet();
afterAll(() => internet.close());

const answer = async (socket: ReturnType<typeof connect>) =>
  String(await new Promise((resolve) => socket.once('data', resolve)));

it('keeps a message with headers, and checks who signs', async () => {
  internet.server.play([{ nats: { authRequired: true } }]);
  const socket = connect(4222, 'nats.example');
  const info = JSON.parse((await answer(socket)).slice(5)) as { nonce: string };
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  const whole = Buffer.concat([Buffer.from([160]), raw, Buffer.from([0, 0])]);
  const bits = Array.from(whole, (byte) => byte.toString(2).padStart(8, '0')).join('');
  const nkey = (bits.match(/.{1,5}/g) ?? [])
    .map((five) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[Number.parseInt(five.padEnd(5, '0'), 2)])
    .join('');
  const key = createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const sig = sign(null, Buffer.from(info.nonce), key).toString('base64url');
  const headers = 'NATS/1.0\r\na: b\r\n\r\n';
  socket.write(`CONNECT ${JSON.stringify({ nkey, sig })}\r\n`);
  socket.write(`HPUB x.y ${headers.length} ${headers.length + 2}\r\n${headers}hi\r\nPING\r\n`);
  expect(await answer(socket)).toBe('PONG\r\n');
  const message = { verb: 'HPUB', subject: 'x.y', headers: { a: 'b' }, payload: 'hi' };
  expect(internet.server.received()).toEqual([
    { host: 'nats.example:4222', nats: { tls: false, nkey, signatureValid: true, ...message } },
  ]);
  socket.destroy();
});

it('takes TLS behind its first words', async () => {
  internet.server.play([{ nats: { tlsRequired: true } }]);
  const plain = connect(4443, 'nats.example');
  expect(await answer(plain)).toContain('"tls_required":true');
  const socket = secure({ socket: plain, servername: 'nats.example' });
  socket.write('CONNECT {"user":"u","pass":"p"}\r\nPUB s r 2\r\nhi\r\nPING\r\n');
  expect(await answer(socket)).toBe('PONG\r\n');
  const message = { verb: 'PUB', subject: 's', reply: 'r', payload: 'hi' };
  expect(internet.server.received()).toMatchObject([
    { nats: { tls: true, user: 'u', pass: 'p', ...message } },
  ]);
  socket.destroy();
});

it('refuses a login', async () => {
  internet.server.play([{ nats: { authRequired: true, error: 'Authorization Violation' } }]);
  const socket = connect(4222, 'nats.example');
  await answer(socket);
  socket.write('CONNECT {"user":"u","pass":"p"}\r\n');
  expect(await answer(socket)).toBe("-ERR 'Authorization Violation'\r\n");
  socket.destroy();
});
