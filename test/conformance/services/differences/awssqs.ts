import { createHash } from 'node:crypto';
import { parseYaml } from '../../../../src/go/yaml.ts';
import { isObject } from '../../../../src/json.ts';
import type { JsonObject } from '../../../../src/model.ts';
import { type Addition, type Difference, type ExpectedStep, withoutHeader } from '../difference.ts';
import type { ServiceCase } from '../vectors.ts';

const services = ['awssqs'];

export const differences: readonly Difference[] = [
  {
    services,
    engine: '`messageAttributes` are rendered and never sent.',
    herald: 'They are sent as attributes of type String, but for those that are empty.',
    instead(step, vector) {
      const attributes = templatesOf(step, vector).flatMap((template) => {
        const section = template['awssqs'];
        const own = isObject(section) ? section['messageAttributes'] : undefined;
        return isObject(own) && Object.keys(own).length > 0 ? [own] : [];
      });
      const last = attributes.at(-1);
      if (last === undefined) return undefined;
      const sent = Object.entries(last).map(([name, text]) => [
        name,
        {
          DataType: 'String',
          StringValue:
            typeof text === 'string' ? text.replaceAll('{{.app.metadata.name}}', step.varsRef ?? '') : text,
        },
      ]);
      return withMessages(step, (json) => ({ ...json, MessageAttributes: Object.fromEntries(sent) }));
    },
  },
  {
    services,
    engine: '`messageGroupId` at the top of the template, where its documentation has it, is not read.',
    herald: 'It is read there, too.',
    instead(step, vector) {
      const groups = templatesOf(step, vector).flatMap(({ messageGroupId }) =>
        typeof messageGroupId === 'string' ? [messageGroupId] : [],
      );
      const group = groups.at(-1)?.replaceAll('{{.app.metadata.name}}', step.varsRef ?? '');
      if (group === undefined) return undefined;
      return withMessages(step, (json) =>
        'MessageGroupId' in json ? json : { ...json, MessageGroupId: group },
      );
    },
  },
  {
    services,
    engine: 'A message to a FIFO queue has no group unless the template names one, so that SQS refuses it.',
    herald: 'Such messages are of the group `argocd-notifications`.',
    instead: (step) =>
      withMessages(step, (json) =>
        isFifo(json) && !('MessageGroupId' in json)
          ? { ...json, MessageGroupId: 'argocd-notifications' }
          : json,
      ),
  },
  {
    services,
    engine: 'A message to a FIFO queue has a delay of its own, for which SQS refuses it.',
    herald: 'The delay of the queue counts.',
    instead: (step) =>
      withMessages(step, (json) => {
        const { DelaySeconds, ...rest } = json;
        return isFifo(json) && DelaySeconds !== undefined ? rest : json;
      }),
  },
];

export const additions: readonly Addition[] = [
  {
    services,
    herald: 'The header `x-amz-content-sha256`, which the signature covers.',
    without(request) {
      const digest = createHash('sha256').update(JSON.stringify(request.json)).digest('hex');
      return withoutHeader(request, 'x-amz-content-sha256', digest);
    },
  },
  {
    services,
    herald:
      'A message to a FIFO queue has the id of its delivery as `MessageDeduplicationId`, the same in every attempt.',
    without(request, deliveryId) {
      if (!isObject(request.json)) return request;
      const { MessageDeduplicationId: id, ...json } = request.json;
      return id === deliveryId && isFifo(json) ? { ...request, json } : request;
    },
  },
];

function isFifo({ QueueUrl }: JsonObject): boolean {
  return typeof QueueUrl === 'string' && QueueUrl.endsWith('.fifo');
}

function templatesOf(step: ExpectedStep, { templates }: ServiceCase): JsonObject[] {
  return step.send.flatMap((name) => {
    const { value } = parseYaml(templates[name] ?? '');
    return isObject(value) ? [value] : [];
  });
}

function withMessages(
  step: ExpectedStep,
  change: (json: JsonObject) => JsonObject,
): ExpectedStep | undefined {
  const { requests } = step.expect;
  if (requests === 'any') return undefined;
  const changed = requests.map((request) => {
    const { json } = request;
    if (!isObject(json) || !('MessageBody' in json)) return request;
    const now = change(json);
    return now === json ? request : { ...request, json: now };
  });
  const isSame = changed.every((request, index) => request === requests[index]);
  return isSame ? undefined : { ...step, expect: { ...step.expect, requests: changed } };
}
