/** Of `node:http`, which imported as a module brings a second copy of undici with it: 13 MiB. */
export const { createServer, STATUS_CODES } = process.getBuiltinModule('node:http');
