import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JsonObject, Notification, Outcome } from '../../src/model.ts';
import type { Service } from '../../src/services/service.ts';

/** What the other side of a service can be made to do, once. */
export type ServiceFault =
  | 'reset'
  | 'drop'
  | 'hang'
  /** An answer of success that breaks off, or never ends. */
  | 'half'
  | 'endless'
  | { status: number; headers?: Record<string, string>; body?: string };

/** A service with the world it talks to. */
export interface ServiceFixture {
  service: Service;
  recipient: string;
  /** Texts that arrived, in order. */
  received(): string[];
  /** Prepares the next request; absent where nothing can go wrong that way. */
  fail?(fault: ServiceFault): void;
  /** Resolves when a request has arrived, also one that gets no answer; absent as `fail`. */
  arrived?(): Promise<void>;
  /** What becomes of HTTP statuses that say no, where they cannot come from the service itself. Default `rejected`. */
  refused?: 'retry';
  /** Makes the other side unreachable. */
  disconnect(): Promise<void>;
  /**
   * What `sent` says of an earlier attempt that has arrived, and of one that has not; undefined: nothing, since sending
   * again changes nothing.
   */
  earlier: { arrived?: 'found' | 'unreadable'; lost?: 'absent' | 'unreadable' };
  close(): Promise<void>;
}

export interface ServiceContract {
  name: string;
  /** Occurs in the configuration and must never occur in an error. */
  secrets: readonly string[];
  /** Of the notification, where there must be one. */
  section?: JsonObject;
  open: () => Promise<ServiceFixture>;
}

/** The contract of `Service`, for any implementation. */
export function describeService({ name, secrets, section, open }: ServiceContract): void {
  describe(`${name} service`, () => {
    let fixture: ServiceFixture;
    beforeEach(async () => {
      fixture = await open();
    });
    afterEach(async () => {
      await fixture.service.close();
      await fixture.close();
    });

    const send = (
      notification: Notification = { message: 'deployed' },
      signal = AbortSignal.timeout(600_000),
      earlier?: { since: number },
    ) => {
      const context = { deliveryId: 'd1', signal, ...(earlier === undefined ? {} : { earlier }) };
      return fixture.service.send(
        { ...(section && { section }), ...notification },
        fixture.recipient,
        context,
      );
    };
    const errorOf = (outcome: Outcome) => (outcome.status === 'sent' ? '' : outcome.error);
    const expectNoSecret = (outcome: Outcome) => {
      for (const secret of secrets) expect(JSON.stringify(outcome)).not.toContain(secret);
    };

    it('sends', async () => {
      expect(await send()).toEqual({ status: 'sent' });
      expect(fixture.received().join('\n')).toContain('deployed');
    });

    it.each([
      ['every script', 'Привет 日本語 العربية 🚀👩‍👩‍👧‍👦'],
      ['control characters', 'a\u0000b\u001b[31mc\u007f\r\n\t'],
      ['a lone surrogate', 'broken \ud83d end'],
      ['a megabyte', 'x'.repeat(1_000_000)],
    ])('takes %s', async (_, message) => {
      expect(await send({ message })).toMatchObject({ status: 'sent' });
    });

    it.each([null, 5, [], { a: [1] }, { slack: { attachments: [] } }])(
      'answers with an outcome whatever the section is: %j',
      async (value) => {
        const section = { [fixture.service.type]: value, attachments: value, method: value, blocks: value };
        const outcome = await send({ message: 'deployed', section });
        expect(['sent', 'rejected']).toContain(outcome.status);
      },
    );

    it('is aborted before it begins', async () => {
      const outcome = await send(undefined, AbortSignal.abort());
      expect(outcome).toMatchObject({ status: 'retry', reason: 'aborted' });
      expect(outcome).not.toHaveProperty('unclear');
      expect(fixture.received()).toEqual([]);
    });

    it.each([
      ['its time is over', { confirm: async () => true, isOpen: () => false }],
      ['another has taken over', { confirm: async () => false, isOpen: () => true }],
    ])('sends nothing once %s', async (_, departure) => {
      const context = { deliveryId: 'd1', signal: AbortSignal.timeout(600_000), departure };
      const outcome = await fixture.service.send(
        { message: 'deployed', ...(section && { section }) },
        fixture.recipient,
        context,
      );
      expect(outcome).toMatchObject({ status: 'retry', reason: 'too_late' });
      expect(outcome).not.toHaveProperty('unclear');
      expect(fixture.received()).toEqual([]);
    });

    it('calls nobody who is not there', async () => {
      await fixture.disconnect();
      const outcome = await send();
      expect(outcome.status).toBe('retry');
      expect(outcome).not.toHaveProperty('unclear');
      expect(errorOf(outcome)).not.toBe('');
      expectNoSecret(outcome);
    });

    it('says what became of an earlier attempt that has arrived', async () => {
      const since = Date.now();
      expect(await send()).toEqual({ status: 'sent' });
      const { arrived } = fixture.earlier;
      expect(await send(undefined, undefined, { since })).toEqual({
        status: 'sent',
        ...(arrived && { earlier: arrived }),
      });
      expect(
        fixture
          .received()
          .join('\n')
          .match(/deployed/g),
      ).toHaveLength(arrived === 'found' ? 1 : 2);
    });

    it('says what became of an earlier attempt that was lost', async () => {
      const outcome = await send(undefined, undefined, { since: Date.now() });
      const { lost } = fixture.earlier;
      expect(outcome).toEqual({ status: 'sent', ...(lost && { earlier: lost }) });
      expect(
        fixture
          .received()
          .join('\n')
          .match(/deployed/g),
      ).toHaveLength(1);
    });

    it('leaves an earlier attempt unclear as long as nobody has looked', async () => {
      const aborted = await send(undefined, AbortSignal.abort(), { since: Date.now() });
      expect(aborted).toMatchObject({ status: 'retry', unclear: true });
      await fixture.disconnect();
      const outcome = await send(undefined, undefined, { since: Date.now() });
      expect(outcome).toMatchObject({ status: 'retry', unclear: true });
      expect(fixture.received()).toEqual([]);
    });

    it('closes more than once, and sends nothing afterwards', async () => {
      await fixture.service.close();
      await fixture.service.close();
      const outcome = await send();
      expect(['retry', 'sent']).toContain(outcome.status);
    });

    const retried: [string, ServiceFault, Partial<Outcome>][] = [
      ['HTTP 500', { status: 500, body: 'oops' }, { reason: 'http_500', unclear: true }],
      ['HTTP 502', { status: 502, body: '<html>bad gateway</html>' }, { reason: 'http_502', unclear: true }],
      [
        'HTTP 503 with Retry-After',
        { status: 503, headers: { 'retry-after': '7' } },
        { retryAfter: 7_000, unclear: true },
      ],
      [
        'HTTP 429 with Retry-After',
        { status: 429, headers: { 'retry-after': '12' } },
        { retryAfter: 12_000 },
      ],
      ['HTTP 429 without Retry-After', { status: 429 }, {}],
      ['HTTP 408', { status: 408 }, { reason: 'http_408', unclear: true }],
      ['HTTP 425', { status: 425 }, { reason: 'http_425' }],
      ['a reset connection', 'reset', { reason: 'connection_lost', unclear: true }],
      ['a lost answer', 'drop', { reason: 'connection_lost', unclear: true }],
    ];
    it.each(retried)('has %s tried again', async (_, fault, expected) => {
      if (fixture.fail === undefined) return;
      fixture.fail(fault);
      const outcome = await send();
      expect(outcome).toMatchObject({ status: 'retry', ...expected });
      expect('unclear' in outcome).toBe('unclear' in expected);
      expect(errorOf(outcome)).not.toBe('');
      expectNoSecret(outcome);
      expect(await send()).toEqual({ status: 'sent' });
    });

    it.each([400, 401, 403, 404, 410, 413, 422])('takes HTTP %i for a refusal', async (status) => {
      if (fixture.fail === undefined) return;
      fixture.fail({ status, body: `no: ${secrets.join(' ')}` });
      const outcome = await send();
      expect(outcome).toMatchObject({ status: fixture.refused ?? 'rejected', reason: `http_${status}` });
      expect(outcome).not.toHaveProperty('unclear');
      expectNoSecret(outcome);
    });

    it.each<[string, ServiceFault]>([
      ['breaks off', 'half'],
      ['never ends', 'endless'],
      [
        'is a page of a proxy',
        { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>hello</html>' },
      ],
      ['is JSON of something else', { status: 200, body: '[null]' }],
    ])('knows what an answer of success means that %s', async (_, fault) => {
      if (fixture.fail === undefined) return;
      fixture.fail(fault);
      const outcome = await send();
      // The service may have done what was asked.
      const known = outcome.status === 'sent' || (outcome.status === 'retry' && outcome.unclear === true);
      expect([known, outcome]).toEqual([true, outcome]);
      expectNoSecret(outcome);
    });

    it('is aborted while it waits for an answer', async () => {
      if (fixture.fail === undefined) return;
      fixture.fail('hang');
      const abort = new AbortController();
      const outcome = send(undefined, abort.signal);
      abort.abort();
      expect(await outcome).toMatchObject({ status: 'retry', reason: 'aborted' });
    });

    it('may have arrived when it is aborted under way', async () => {
      if (fixture.fail === undefined || fixture.arrived === undefined) return;
      fixture.fail('hang');
      const abort = new AbortController();
      const outcome = send(undefined, abort.signal);
      await fixture.arrived();
      abort.abort();
      expect(await outcome).toMatchObject({ status: 'retry', reason: 'aborted', unclear: true });
    });
  });
}
