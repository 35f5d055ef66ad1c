import {
  GetQueueUrlCommand,
  type MessageAttributeValue,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { orAborted } from '../aborted.ts';
import { isObject } from '../json.ts';
import type { Json, JsonObject, RejectionScope } from '../model.ts';
import { withTimeLimit } from '../net/time-limit.ts';
import { type Asked, callFailure, createApi, type Failure, type Refusal, unreadable } from './api.ts';
import { createSqsClient, type Exchange } from './awssqs/client.ts';
import type { awssqs } from './awssqs-schema.ts';
import { cutText, utf8Bytes } from './cut.ts';
import type { OptionsOf } from './fields.ts';
import type { HttpAnswer } from './http.ts';
import type { Implementation } from './implementation.ts';
import type { SendContext } from './service.ts';

/** Bytes of a message with its attributes, as SQS takes them at most; a queue may take less. */
const longestMessage = 1_048_576;
/** Milliseconds until both calls must be answered; credentials that are not there by then are not waited for. */
const timeout = 8_000;
/** Milliseconds in which a FIFO queue knows a message again. */
const rememberedFor = 5 * 60_000;
/** Messages to a FIFO queue belong to a group; those of templates that name none to this. */
const usualGroup = 'argocd-notifications';

interface Attempt {
  context: SendContext;
  /** Unix milliseconds. */
  until: number;
  /** Aborts with the attempt, and when its time is over. */
  waiting: AbortSignal;
}

/**
 * A message in the queue that is the recipient, or else the option. A FIFO queue knows the delivery by its id, the same in
 * every attempt, for five minutes.
 */
export const awsSqsService: Implementation<OptionsOf<(typeof awssqs)['options']>> = (options, deps) => {
  const { queue: usualQueue, account, key, secret, delaySeconds } = options;
  const api = createApi(deps, {
    noun: 'queue',
    judge,
    refusal,
    statuses: {
      403: { mend: 'Check key and secret, and that they may do sqs:GetQueueUrl and sqs:SendMessage' },
      404: { scope: 'service', mend: 'Check region and endpointUrl' },
    },
  });
  const closing = new AbortController();
  let client: SQSClient | undefined;

  function clientOf(): SQSClient {
    client ??= createSqsClient({
      ...options,
      send: (request) => deps.http.send(request, closing.signal),
    });
    return client;
  }

  /** What AWS' client makes of a call; the failure where it was not taken. */
  async function call<Output>(
    { context, until, waiting }: Attempt,
    command: (options: object) => Promise<Output>,
  ): Promise<{ ok: true; asked: Asked & { ok: true }; output: Output } | { ok: false; failure: Failure }> {
    const exchange: Exchange = {
      ask: (request) => api.ask({ ...request, timeout: Math.max(1, until - deps.now()) }, context),
    };
    try {
      const work = command({ exchange });
      await orAborted(work, waiting);
      // A request ends by itself with the signal, and knows how far it got.
      if (exchange.begun === undefined) waiting.throwIfAborted();
      const output = await work;
      if (!exchange.asked?.ok) return { ok: false, failure: unreadable() };
      return { ok: true, asked: exchange.asked, output };
    } catch (error) {
      if (exchange.asked?.ok === false) return { ok: false, failure: exchange.asked.failure };
      // The answer was one of success, and not what SQS says.
      if (exchange.asked?.ok) return { ok: false, failure: unreadable() };
      return { ok: false, failure: failureBefore(error, waiting) };
    }
  }

  async function deliver(queue: string, text: string, section: JsonObject, attempt: Attempt): Promise<Asked> {
    const located = await call(attempt, (how) =>
      clientOf().send(
        new GetQueueUrlCommand({
          QueueName: queue,
          ...(account === '' ? {} : { QueueOwnerAWSAccountId: account }),
        }),
        how,
      ),
    );
    if (!located.ok) return { ok: false, failure: certain(located.failure) };
    const { QueueUrl } = located.output;
    if (QueueUrl === undefined) return { ok: false, failure: certain(unreadable()) };
    const isFifo = queue.endsWith('.fifo');
    const attributes = attributesOf(section['messageAttributes']);
    const group = textOf(section['messageGroupId']) || (isFifo ? usualGroup : '');
    const send = (longest: number) =>
      call(attempt, (how) =>
        clientOf().send(
          new SendMessageCommand({
            QueueUrl,
            MessageBody: cutText(text, longest - sizeOf(attributes), utf8Bytes),
            // A FIFO queue has the one delay for all its messages.
            ...(isFifo
              ? { MessageDeduplicationId: attempt.context.deliveryId }
              : { DelaySeconds: delaySeconds }),
            ...(group === '' ? {} : { MessageGroupId: group }),
            ...(Object.keys(attributes).length === 0 ? {} : { MessageAttributes: attributes }),
          }),
          how,
        ),
      );
    let sent = await send(longestMessage);
    // A queue that takes less says how much.
    const less = sent.ok ? undefined : /shorter than (\d+) bytes/.exec(sent.failure.detail)?.[1];
    if (less !== undefined) sent = await send(Number(less) - 1);
    if (!sent.ok) return sent;
    return sent.output.MessageId === undefined ? { ok: false, failure: unreadable() } : sent.asked;
  }

  return {
    async send({ message, section }, recipient, outer) {
      const queue = recipient || usualQueue;
      const reject = (reason: string, detail: string, scope: RejectionScope) =>
        api.outcome({ ok: false, failure: { kind: 'rejected', reason, detail, scope } }, queue, outer);
      if (queue === '') {
        const detail = 'was not called: neither the subscription nor the service names a queue. Set queue';
        return reject('invalid_recipient', detail, 'recipient');
      }
      if ((key === '' || secret === '') && deps.connection.addresses !== undefined) {
        const detail = 'was not called: a tenant sends with a key of its own. Set key and secret';
        return reject('no_credentials', detail, 'service');
      }
      if (outer.signal.aborted) {
        const detail = 'was not called: the attempt was aborted';
        return api.outcome(
          { ok: false, failure: { kind: 'retry', reason: 'aborted', detail } },
          queue,
          outer,
        );
      }
      const text = withoutControls(message.toWellFormed());
      const until = deps.now() + timeout;
      const asked = await withTimeLimit(timeout, outer.signal, (waiting) =>
        deliver(queue, text, section ?? {}, { context: outer, until, waiting }),
      );
      const outcome = api.outcome(asked, queue, outer);
      const { earlier } = outer;
      const isKnown = earlier !== undefined && deps.now() - earlier.since < rememberedFor;
      return outcome.status === 'sent' && queue.endsWith('.fifo') && isKnown ? { status: 'sent' } : outcome;
    },
    close() {
      // Nobody waits for credentials any more.
      closing.abort();
      client?.destroy();
      return Promise.resolve();
    },
  };
};

/** Of a call that sends nothing. */
function certain(failure: Failure): Failure {
  if (failure.kind === 'rejected') return failure;
  const { unclear: _, ...rest } = failure;
  return rest;
}

/** Why nothing was asked of SQS: no credentials, no region. */
function failureBefore(error: unknown, signal: AbortSignal): Failure {
  if (error === signal.reason && error instanceof DOMException && error.name === 'TimeoutError') {
    return { kind: 'retry', reason: 'timeout', detail: 'was not called: there were no credentials in time' };
  }
  const { name, message } = error instanceof Error ? error : { name: '', message: String(error) };
  if (!signal.aborted && name === 'CredentialsProviderError') {
    const detail = `was not called: ${message}. Set key and secret, or give Herald's ServiceAccount a role`;
    return { kind: 'rejected', reason: 'no_credentials', detail, scope: 'service' };
  }
  if (message === 'Region is missing') {
    const detail = 'was not called: the region is missing. Set region, such as us-east-2';
    return { kind: 'rejected', reason: 'no_region', detail, scope: 'service' };
  }
  const status = (error as { $metadata?: { httpStatusCode?: number } } | undefined)?.$metadata
    ?.httpStatusCode;
  if (!signal.aborted && status !== undefined && status < 500 && status !== 429) {
    const detail = `was not called: the role gave no credentials (HTTP ${status}, ${name}: ${message}). Check the role and who may assume it`;
    return { kind: 'rejected', reason: 'no_credentials', detail, scope: 'service' };
  }
  return certain(callFailure(error, signal));
}

/** Answers of HTTP 400 that are for later. */
const later = new Set([
  'KmsThrottled',
  'OverLimit',
  'QueueDeletedRecently',
  'RequestThrottled',
  'SlowDown',
  'Throttling',
  'ThrottlingException',
]);
const ofService =
  /^(?:ExpiredToken|IncompleteSignature|InvalidClientTokenId|InvalidSecurity|InvalidSignature|MissingAuthenticationToken|OptInRequired|RequestExpired|SignatureDoesNotMatch|UnrecognizedClient)/;
const ofQueue = /^(?:AccessDenied|InvalidAddress|Kms|QueueDoesNotExist|.*NonExistentQueue)/;

function judge(answer: HttpAnswer): Failure | undefined {
  if (answer.status < 400) return undefined;
  const { type, text } = errorIn(answer);
  if (!later.has(type)) return undefined;
  return { kind: 'retry', reason: 'throttled', detail: `answered ${type}: ${text.slice(0, 200)}` };
}

function refusal(answer: HttpAnswer): Refusal {
  const { type, text } = errorIn(answer);
  if (type === '') return {};
  const scope = ofService.test(type) ? 'service' : ofQueue.test(type) ? 'recipient' : undefined;
  return { text: `${type}: ${text}`, ...(scope && { scope }) };
}

function errorIn(answer: HttpAnswer): { type: string; text: string } {
  const json = answer.json();
  if (!isObject(json)) return { type: '', text: '' };
  const type = textOf(json['__type'])
    .replace(/^.*#/, '')
    .replace(/^com\.amazonaws\.sqs\./, '');
  return { type, text: textOf(json['message']) || textOf(json['Message']) };
}

/** Of the text of a template each that is not empty, which SQS would refuse. */
function attributesOf(value: Json | undefined): Record<string, MessageAttributeValue> {
  const texts = Object.entries(isObject(value) ? value : {}).flatMap(([name, text]) => {
    const written = withoutControls(textOf(text).toWellFormed());
    return written === '' ? [] : [[name, { DataType: 'String', StringValue: written }] as const];
  });
  return Object.fromEntries(texts);
}

function sizeOf(attributes: Readonly<Record<string, MessageAttributeValue>>): number {
  return Object.entries(attributes).reduce(
    (sum, [name, { DataType = '', StringValue = '' }]) =>
      sum + utf8Bytes(name) + utf8Bytes(DataType) + utf8Bytes(StringValue),
    0,
  );
}

/** SQS refuses a message with a character that XML cannot have. */
function withoutControls(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  return text.replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd');
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
