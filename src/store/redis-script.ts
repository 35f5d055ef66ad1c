import type { Redis } from 'ioredis';

export type RedisScript = (values: (string | Buffer)[]) => Promise<unknown>;

/**
 * Defines a Lua script on the client, which loads it again where the server has forgotten it. Texts in its answer are
 * Buffers, since they may hold packed values. Its keys are made of a prefix inside the script: one server, no cluster.
 */
export function createScript(client: Redis, name: string, lua: string): RedisScript {
  client.defineCommand(name, { lua, numberOfKeys: 0 });
  const command = `${name}Buffer`;
  return (values) => {
    const run = (client as unknown as Record<string, (values: (string | Buffer)[]) => Promise<unknown>>)[
      command
    ];
    if (run === undefined) throw new Error(`ioredis defines no command ${command}`);
    // As one value, which ioredis flattens: as many arguments they would be more than a call can have.
    return run.call(client, values);
  };
}
