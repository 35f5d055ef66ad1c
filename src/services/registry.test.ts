import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createLog } from '../log.ts';
import { readFields } from './fields.ts';
import { createService } from './registry.ts';
import { schemaOf, schemas } from './schemas.ts';

/** With what nobody can connect to in the place of each URL that is needed. */
function create(type: string) {
  const fields = schemaOf(type)?.options ?? {};
  const needed = Object.entries(fields).filter(
    ([, { kind, required }]) => required !== undefined && (kind === 'url' || kind === 'hook'),
  );
  const written = Object.fromEntries(needed.map(([name]) => [name, 'http://127.0.0.1:1/']));
  const settings = readFields(fields, written).options;
  return createService(
    { type, name: 'mine', settings },
    {
      log: createLog({ level: 'silent', format: 'json' }),
      state: { get: () => Promise.resolve(undefined), set: () => Promise.resolve() },
      stream: new Writable({ write: (_chunk, _encoding, done) => done() }),
      now: Date.now,
    },
  );
}

const aborted = { deliveryId: 'd', signal: AbortSignal.abort() };

describe('each type of service', () => {
  it('stands in one schema', () => {
    expect(new Set(schemas.map(({ type }) => type)).size).toBe(schemas.length);
    for (const { type } of schemas) expect(schemaOf(type)?.type).toBe(type);
  });

  it.each(schemas.map(({ type }) => type))('%s is loaded when it sends', async (type) => {
    const { service, problems } = create(type);
    expect(problems).toEqual([]);
    expect(service?.type).toBe(type);
    expect(['retry', 'rejected']).toContain((await service?.send({ message: 'm' }, 'r', aborted))?.status);
    await service?.close();
    expect(await service?.send({ message: 'm' }, 'r', aborted)).toHaveProperty('status');
  });

  it.each(['nonsense', 'constructor'])('%s is none', (type) => {
    expect(create(type)).toMatchObject({ problems: [{ severity: 'error' }] });
  });
});
