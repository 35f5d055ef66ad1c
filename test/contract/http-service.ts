import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject, Outcome } from '../../src/model.ts';
import { createAddressPolicy } from '../../src/net/address-policy.ts';
import type { CertificateKind } from '../internet/authority.ts';
import { type Internet, openInternet } from '../internet/internet.ts';
import type { Answer, ScriptedServer, WireRequest } from '../internet/server.ts';
import { startService } from '../services/start-service.ts';
import { describeService, type ServiceFault } from './service.ts';

export interface HttpServiceContract {
  type: string;
  /** With real hosts: every host is the same server. */
  options: JsonObject;
  recipient: string;
  /** Occurs in the options and must never occur in an error. */
  secrets: readonly string[];
  /** What the service answers where it takes a notification; made anew for each test where it keeps something. */
  answer: Answer | (() => Answer);
  /** What it answers before, once: to a login. */
  prelude?: readonly Answer[];
  /** Of the notification, where there must be one. */
  section?: JsonObject;
  /** The text of the notification in a request; undefined in one that carries none, such as a login. */
  textOf(request: WireRequest): string | undefined;
  earlier: { arrived?: 'found' | 'unreadable'; lost?: 'absent' | 'unreadable' };
  /** After a GET with a body the client ends the connection: a server may take the body for the next request. */
  hasBodyOfGet?: true;
}

/** The contract of `Service`, and what only HTTP can do, against a server that stands for every host. */
export function describeHttpService(contract: HttpServiceContract): void {
  describe(`${contract.type}, HTTP`, () => {
    describeContract(contract);
  });
}

function describeContract(contract: HttpServiceContract): void {
  const { type, options, recipient, secrets, prelude = [], section, textOf, earlier } = contract;
  const takes = (): Answer => (typeof contract.answer === 'function' ? contract.answer() : contract.answer);
  let server: ScriptedServer;
  let internet: Internet;
  let isUp = true;

  beforeAll(async () => {
    internet = await openInternet(() => (isUp ? 'open' : 'refused'));
    ({ server } = internet);
  });
  afterAll(() => internet.close());
  afterEach(() => {
    isUp = true;
  });

  const play = (answers: Answer[], tls: Record<string, CertificateKind> = {}) => server.play(answers, tls);
  const notification = (message: string) => ({ message, ...(section && { section }) });
  const texts = () =>
    server
      .received()
      .map(textOf)
      .filter((text) => text !== undefined);

  describeService({
    name: type,
    secrets,
    ...(section && { section }),
    async open() {
      const answer = takes();
      play([...prelude, answer]);
      return {
        service: startService(type, options),
        recipient,
        received: texts,
        fail: (fault) => play([...prelude, answerOf(fault), answer]),
        arrived: () => server.until(prelude.length + 1),
        disconnect() {
          isUp = false;
          return Promise.resolve();
        },
        earlier,
        close: () => Promise.resolve(),
      };
    },
  });

  describe(`${type} over HTTP`, () => {
    async function sendOnce(deps: Parameters<typeof startService>[2] = {}): Promise<Outcome> {
      const service = startService(type, options, deps);
      const signal = AbortSignal.timeout(600_000);
      const outcome = await service.send(notification('deployed'), recipient, { deliveryId: 'd1', signal });
      await service.close();
      return outcome;
    }

    it.each<CertificateKind>(['untrusted', 'expired', 'wrong-host'])(
      'says nothing to a server whose certificate is %s',
      async (kind) => {
        // Whichever host it is.
        play([takes()], new Proxy({}, { get: () => kind }));
        const outcome = await sendOnce();
        if (server.received().some(({ scheme }) => scheme === 'http')) return;
        expect(outcome).toMatchObject({ status: 'retry', reason: 'tls' });
        expect(outcome).not.toHaveProperty('unclear');
        expect(server.received()).toEqual([]);
      },
    );

    it('trusts the certificates of argocd-tls-certs-cm in place of the authorities of the system', async () => {
      const certificatesOf = () => internet.authorities.other;
      const all = (kind: CertificateKind): Record<string, CertificateKind> =>
        new Proxy({}, { get: () => kind });
      play([...prelude, takes()], all('untrusted'));
      expect(await sendOnce({ certificatesOf })).toEqual({ status: 'sent' });
      play([...prelude, takes()], all('trusted'));
      expect(await sendOnce({ certificatesOf })).toMatchObject({ status: 'retry', reason: 'tls' });
      expect(server.received()).toEqual([]);
    });

    it("calls no address that a tenant's service may not reach", async () => {
      play([...prelude, takes()]);
      const asked: string[] = [];
      const outcome = await sendOnce({
        addresses: createAddressPolicy([]),
        resolve(host, _options, done) {
          asked.push(host);
          done(null, [{ address: '10.0.0.7', family: 4 }]);
        },
      });
      expect(outcome).toMatchObject({ status: 'rejected', reason: 'address_not_allowed', scope: 'service' });
      expect(asked).not.toEqual([]);
      expect(server.received()).toEqual([]);
    });

    it.each([401, 403])('has HTTP %i mended at the service or the recipient', async (status) => {
      play([...prelude, { status, json: {} }]);
      const outcome = await sendOnce();
      // A change of the service's options or its token mends it, and one of a template does not.
      expect(outcome).toMatchObject({
        status: 'rejected',
        scope: expect.stringMatching(/^(?:service|recipient)$/),
      });
    });

    it('takes no secret to where it is redirected', async () => {
      const location = 'https://elsewhere.example/moved';
      play([
        { to: 'elsewhere.example', ...takes() },
        { status: 307, headers: { location } },
      ]);
      await sendOnce();
      const there = server.received().filter(({ host }) => host === 'elsewhere.example');
      for (const secret of secrets) expect(JSON.stringify(there)).not.toContain(secret);
    });

    it('sends what is too long with a sign where it was cut, or whole', async () => {
      play([...prelude, takes()]);
      const service = startService(type, options);
      const signal = AbortSignal.timeout(600_000);
      const long = 'x'.repeat(1_000_000);
      const context = { deliveryId: 'd1', signal };
      expect(await service.send(notification(long), recipient, context)).toEqual({ status: 'sent' });
      await service.close();
      const text = texts().at(-1) ?? '';
      // Where there is a section, the message may stand nowhere.
      const isElsewhere = section !== undefined && !text.includes('xxx');
      expect(isElsewhere || text.includes(long) || /x(?:…|\.\.\.)/.test(text)).toBe(true);
    });

    it('keeps its connections for the next notifications', async () => {
      play([...prelude, takes()]);
      const service = startService(type, options);
      const signal = AbortSignal.timeout(600_000);
      const before = server.connections();
      const deliveries = ['d1', 'd2', 'd3', 'd4', 'd5', 'd6'];
      for (const deliveryId of deliveries) {
        expect(await service.send(notification('m'), recipient, { deliveryId, signal })).toEqual({
          status: 'sent',
        });
      }
      await service.close();
      // A second one is opened while the first is looked at whether it still stands.
      const most = contract.hasBodyOfGet ? deliveries.length : 2;
      expect(server.connections() - before).toBeLessThanOrEqual(most);
    });
  });
}

function answerOf(fault: ServiceFault): Answer {
  switch (fault) {
    case 'reset':
    case 'half':
    case 'endless':
      return { broken: fault };
    case 'drop':
      return { close: true };
    case 'hang':
      return { hang: true };
    default:
      return fault;
  }
}
