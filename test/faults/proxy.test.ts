import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createProxy, type Proxy } from '../../faults/proxy.ts';

/** A server that answers what it is told, behind a proxy. */
async function setUp(): Promise<{ proxy: Proxy; heard: string[]; client(): Promise<Socket> }> {
  const heard: string[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      heard.push(data.toString());
      socket.write(`answer to ${data.toString()}`);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy = await createProxy((server.address() as AddressInfo).port);
  onTestFinished(async () => {
    await proxy.close();
    server.close();
  });
  return {
    proxy,
    heard,
    async client() {
      const socket = connect(proxy.port, '127.0.0.1');
      onTestFinished(() => void socket.destroy());
      await once(socket, 'connect');
      return socket;
    },
  };
}

async function ask(client: Socket, text: string): Promise<string> {
  const answer = once(client, 'data') as Promise<[Buffer]>;
  client.write(text);
  return (await answer)[0].toString();
}

test('bytes pass both ways', async () => {
  const { client } = await setUp();
  expect(await ask(await client(), 'a')).toBe('answer to a');
});

test('what is held while it stalls arrives afterwards', async () => {
  const { proxy, heard, client } = await setUp();
  const socket = await client();
  await ask(socket, 'a');
  await proxy.set('stall');
  const answer = once(socket, 'data') as Promise<[Buffer]>;
  socket.write('b');
  // A round through another server shows that time has gone by for the bytes, too.
  const other = await setUp();
  await ask(await other.client(), 'c');
  expect(heard).toEqual(['a']);
  await proxy.set('pass');
  expect((await answer)[0].toString()).toBe('answer to b');
});

test('answers that are held back were heard, and are gone with the client', async () => {
  const { proxy, heard, client } = await setUp();
  const socket = await client();
  await ask(socket, 'a');
  await proxy.set('hold-answers');
  let answers = 0;
  socket.on('data', () => (answers += 1));
  socket.write('b');
  await expect.poll(() => heard).toEqual(['a', 'b']);
  socket.destroy();
  await proxy.set('pass');
  expect(answers).toBe(0);
});

test('refused connections, and the same port again afterwards', async () => {
  const { proxy, client } = await setUp();
  const open = await client();
  await ask(open, 'a');
  const closed = new Promise((resolve) => open.once('close', resolve));
  open.on('error', () => undefined);
  await proxy.set('refuse');
  await closed;
  await expect(client()).rejects.toThrow('ECONNREFUSED');
  await proxy.set('pass');
  expect(await ask(await client(), 'b')).toBe('answer to b');
});

test('a tap sees the next bytes before the server, and may keep them', async () => {
  const { proxy, heard, client } = await setUp();
  const socket = await client();
  await ask(socket, 'a');
  const tapped = new Promise<void>((resolve) => {
    proxy.tap(() => {
      resolve();
      return false;
    });
  });
  socket.write('b');
  await tapped;
  expect(await ask(socket, 'c')).toBe('answer to c');
  expect(heard).toEqual(['a', 'c']);
});

test('half-open: the server has lost the connection, and the client does not know', async () => {
  const { proxy, heard, client } = await setUp();
  const socket = await client();
  await ask(socket, 'a');
  proxy.vanish();
  socket.write('b');
  expect(await ask(await client(), 'c')).toBe('answer to c');
  expect(heard).toEqual(['a', 'c']);
  expect(socket.destroyed).toBe(false);
});

test('an answer that ends in the middle', async () => {
  const { proxy, client } = await setUp();
  const socket = await client();
  await proxy.set('truncate');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.write('x'.repeat(2_000));
  await once(socket, 'close');
  const { length } = Buffer.concat(chunks);
  expect(length).toBeGreaterThan(0);
  expect(length).toBeLessThan(2_000);
});

test('nothing overtakes what was slow before', async () => {
  const { proxy, heard, client } = await setUp();
  const socket = await client();
  await ask(socket, 'first');
  proxy.setLatency(50);
  const answers: string[] = [];
  socket.on('data', (data: Buffer) => answers.push(data.toString()));
  socket.write('slow ');
  // The proxy has it when another connection, made after, has got its answer.
  await ask(await client(), 'other');
  socket.write('slow too ');
  await new Promise(setImmediate);
  proxy.setLatency(0);
  socket.write('fast');
  await expect.poll(() => answers.join('').includes('fast')).toBe(true);
  expect(heard.filter((text) => text !== 'other').join('')).toBe('firstslow slow too fast');
});
