import { connect, type Socket } from 'node:net';
import { connect as secure } from 'node:tls';
import { afterAll, expect, it } from 'vitest';
import { openInternet } from './internet.ts';

const internet = await openInternet();
afterAll(() => internet.close());

/** Says each line once the one before is answered; what the server said. */
async function talk(socket: Socket, lines: readonly string[]): Promise<string[]> {
  const said: string[] = [];
  for (const line of lines) {
    if (line !== '') socket.write(`${line}\r\n`);
    said.push(String(await new Promise((resolve) => socket.once('data', resolve))).trim());
  }
  return said;
}

const headers = ['From: Argo <a@b.example>', 'To: x@y.example', 'Subject: =?UTF-8?q?gr=C3=B6=C3=9Fer?='];
const mail = [...headers, 'Content-Type: text/plain; charset=UTF-8', '', 'line', '..dot', '.'].join('\r\n');

it('keeps a mail that came over TLS, with a login', async () => {
  internet.server.play([{ smtp: { extensions: ['STARTTLS', 'AUTH PLAIN'] } }]);
  const plain = connect(587, 'smtp.example');
  expect(await talk(plain, ['', 'EHLO me', 'STARTTLS'])).toEqual([
    '220 mail.example ESMTP',
    '250-mail.example\r\n250-STARTTLS\r\n250 AUTH PLAIN',
    '220 go ahead',
  ]);
  const socket = secure({ socket: plain, servername: 'smtp.example' });
  const login = Buffer.from('\0user\0p\u00e4ss').toString('base64');
  const said = await talk(socket, [
    'EHLO me',
    `AUTH PLAIN ${login}`,
    'MAIL FROM:<a@b.example> SIZE=1',
    'RCPT TO:<x@y.example>',
    'DATA',
    mail,
    'QUIT',
  ]);
  expect(said.map((line) => line.slice(0, 3))).toEqual(['250', '235', '250', '250', '354', '250', '221']);
  expect(internet.server.received()).toEqual([
    {
      host: 'smtp.example:587',
      smtp: {
        tls: 'starttls',
        helo: 'me',
        auth: { mechanism: 'PLAIN', username: 'user', password: 'päss' },
        mailFrom: 'a@b.example',
        rcptTo: ['x@y.example'],
        headers: {
          from: 'Argo <a@b.example>',
          to: 'x@y.example',
          subject: 'größer',
          'content-type': 'text/plain; charset=UTF-8',
        },
        body: 'line\n.dot\n',
        quit: true,
      },
    },
  ]);
  socket.destroy();
});

it('refuses what it is told to refuse', async () => {
  internet.server.play([{ smtp: { replies: { MAIL: '451 4.7.1 try later' } } }]);
  const socket = connect(25, 'smtp.example');
  const said = await talk(socket, ['', 'EHLO me', 'MAIL FROM:<a@b.example>', 'QUIT']);
  expect(said[2]).toBe('451 4.7.1 try later');
  expect(internet.server.received()).toMatchObject([{ smtp: { tls: 'none', mailFrom: 'a@b.example' } }]);
  socket.destroy();
});

it('is drawn no conclusion from a handshake that fails', async () => {
  internet.server.play([{ smtp: { extensions: ['STARTTLS'] } }], { 'smtp.example': 'untrusted' });
  const plain = connect(587, 'smtp.example');
  await talk(plain, ['', 'EHLO me', 'STARTTLS']);
  const socket = secure({ socket: plain, servername: 'smtp.example' });
  await new Promise((resolve) => socket.once('error', resolve));
  socket.destroy();
  expect(internet.server.received()).toMatchObject([{ smtp: { helo: 'me' } }]);
});
