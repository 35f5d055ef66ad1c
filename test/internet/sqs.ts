/** What SQS makes of a request, as far as its API says: for answers of the server that stands for every host. */
import { createHash } from 'node:crypto';
import { isSignedBy } from './aws-signature.ts';
import type { Answer, WireRequest } from './server.ts';

interface SqsOptions {
  queues: readonly string[];
  keys: Readonly<Record<string, string>>;
  /** Bytes of a message. */
  longest?: number;
}

/** As SendMessage has it. */
interface SqsMessage {
  QueueUrl: string;
  MessageBody?: string;
  DelaySeconds?: number;
  MessageGroupId?: string;
  MessageDeduplicationId?: string;
  MessageAttributes?: Record<string, { DataType: string; StringValue: string }>;
}

export interface SqsDouble {
  answer: Answer;
  /** Messages that were taken, those of FIFO queues once. */
  messages(): SqsMessage[];
}

export function createSqs({ queues, keys, longest = 1_048_576 }: SqsOptions): SqsDouble {
  const taken: SqsMessage[] = [];
  /** Of FIFO queues: the ids of messages by queue and deduplication id. */
  const known = new Map<string, string>();

  function respond({ headers = {}, body = '', awsSignature }: WireRequest): Answer {
    if (awsSignature === undefined)
      return refuse(403, 'MissingAuthenticationTokenException', 'Missing Authentication Token');
    const secret = keys[awsSignature.accessKey];
    if (secret === undefined)
      return refuse(
        403,
        'UnrecognizedClientException',
        'The security token included in the request is invalid.',
      );
    if (!isSignedBy(awsSignature, secret))
      return refuse(403, 'InvalidSignatureException', 'The request signature we calculated does not match');
    const input = JSON.parse(body) as SqsMessage & { QueueName?: string };
    switch (headers['x-amz-target']) {
      case 'AmazonSQS.GetQueueUrl':
        return locate(input.QueueName ?? '');
      case 'AmazonSQS.SendMessage':
        return take(input);
      default:
        return refuse(400, 'UnknownOperationException', '');
    }
  }

  function locate(name: string): Answer {
    if (!queues.includes(name)) {
      return refuse(400, 'com.amazonaws.sqs#QueueDoesNotExist', 'The specified queue does not exist.');
    }
    return { json: { QueueUrl: `https://sqs.us-east-2.amazonaws.com/123456789012/${name}` } };
  }

  function take(input: SqsMessage): Answer {
    const { QueueUrl: queue, MessageBody: text = '', MessageDeduplicationId: id } = input;
    const fault = faultOf(input);
    if (fault !== undefined) return refuse(400, ...fault);
    const key = JSON.stringify([queue, id]);
    const MessageId = (id === undefined ? undefined : known.get(key)) ?? `m${taken.length + 1}`;
    if (id === undefined || !known.has(key)) taken.push(input);
    known.set(key, MessageId);
    return { json: { MessageId, MD5OfMessageBody: createHash('md5').update(text).digest('hex') } };
  }

  function faultOf(input: SqsMessage): [type: string, message: string] | undefined {
    const { QueueUrl, MessageBody: text = '', MessageGroupId, MessageDeduplicationId, DelaySeconds } = input;
    const isFifo = QueueUrl.endsWith('.fifo');
    if (text === '') return ['MissingParameter', 'The request must contain MessageBody.'];
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what SQS looks for.
    if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(text) || !text.isWellFormed())
      return ['com.amazonaws.sqs#InvalidMessageContents', 'Invalid characters found.'];
    const values = Object.entries(input.MessageAttributes ?? {}).map(
      ([name, { DataType, StringValue }]) => name + DataType + StringValue,
    );
    if (Buffer.byteLength(text + values.join('')) >= longest + 1) {
      const message = `One or more parameters are invalid. Reason: Message must be shorter than ${longest + 1} bytes.`;
      return ['InvalidParameterValue', message];
    }
    if (isFifo && MessageGroupId === undefined)
      return ['MissingParameter', 'The request must contain the parameter MessageGroupId.'];
    if (isFifo && DelaySeconds !== undefined)
      return ['InvalidParameterValue', `Value ${DelaySeconds} for parameter DelaySeconds is invalid.`];
    if (!isFifo && MessageDeduplicationId !== undefined)
      return [
        'InvalidParameterValue',
        'The request includes a parameter that is not valid for this queue type.',
      ];
    return undefined;
  }

  return { answer: { reply: respond }, messages: () => taken };
}

function refuse(status: number, type: string, message: string): Answer {
  const __type = type.includes('#') ? type : `com.amazon.coral.service#${type}`;
  return { status, json: { __type, message } };
}
