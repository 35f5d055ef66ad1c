import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { schemas } from '../../src/services/schemas.ts';

const source = (file: string) => readFileSync(join(import.meta.dirname, file), 'utf8');

it('every type of service has one entry in the contract suite', () => {
  const http = source('http-services.test.ts').matchAll(/^describeHttpService\(\{\n {2}type: '([^']+)'/gm);
  const others = source('service.test.ts').matchAll(/^describeService\(\{\n {2}name: '([^']+)'/gm);
  const entries = [...http, ...others].map(([, type = '']) => type);
  const once = (types: readonly string[]) => Object.groupBy(types, (type) => type);
  expect(once(entries)).toEqual(once(schemas.map(({ type }) => type)));
});
