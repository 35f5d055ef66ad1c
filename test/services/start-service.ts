import { PassThrough } from 'node:stream';
import { createLog } from '../../src/log.ts';
import type { Json } from '../../src/model.ts';
import { createService, type ServiceDeps, type ServiceSource } from '../../src/services/registry.ts';
import { validateOptions } from '../../src/services/schema.ts';
import { schemaOf } from '../../src/services/schemas.ts';
import type { Service } from '../../src/services/service.ts';
import { createMemoryState } from './memory-state.ts';

/** A service as a ConfigMap's options make it, silent and with a state of its own. Throws where they are refused. */
export function startService(
  type: string,
  options: Json,
  deps: Partial<ServiceDeps> & Partial<Pick<ServiceSource, 'name' | 'addresses'>> = {},
): Service {
  const { name = type, addresses, ...rest } = deps;
  const schema = schemaOf(type);
  if (schema === undefined) throw new Error(`no type ${type}`);
  const { options: settings, problems } = validateOptions(schema, options);
  if (settings === undefined) throw new Error(JSON.stringify(problems));
  const made = createService(
    { type, name, settings, ...(addresses && { addresses }) },
    {
      log: createLog({ level: 'silent', format: 'json' }),
      state: createMemoryState(),
      stream: new PassThrough().resume(),
      ...rest,
    },
  );
  if (made.service === undefined) throw new Error(JSON.stringify(made.problems));
  return made.service;
}
