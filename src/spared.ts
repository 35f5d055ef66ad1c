/**
 * Parts that packages load with themselves and that Herald never runs, or seldom: each is loaded when something of it is
 * used. Together they are a quarter of what a start loads. Imported before the packages are.
 */
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

/** By folder of the package: which of its modules, or of those that it asks for. */
const spared: readonly (readonly [importer: string, specifiers: RegExp])[] = [
  [
    '/bullmq/dist/cjs/',
    /^\.\/(flow-producer|(node-redis|bun-redis|valkey-glide)-client|sandbox|queue-events)$/,
  ],
  [
    '/bullmq/dist/cjs/',
    /^\.\/(child|child-pool|child-processor|queue-events-producer|relay|redis-relay-backend)$/,
  ],
  ['/bullmq/dist/cjs/', /^(cron-parser|semver|node-abort-controller)$/],
  // Of the stores that are not used.
  ['/bullmq/dist/cjs/', /^\.{1,2}\/(classes\/)?(redis-queue-backend|redis-connection|sql-loader)$/],
  ['/undici/index.js', /^\.\/lib\/(mock|interceptor|web\/(cookies|websocket|eventsource|fetch|cache))(\/|$)/],
  ['/undici/index.js', /^\.\/lib\/dispatcher\/(h2c-client|retry-agent|balanced-pool|round-robin-pool)$/],
  ['/undici/lib/dispatcher/client.js', /^\.\/client-h2\.js$/],
  ['/prom-client/index.js', /^\.\/lib\/(summary|pushgateway|cluster)$/],
  ['/prom-client/lib/metrics/', /^@opentelemetry\/api$/],
];

const scheme = 'herald-spared:';

registerHooks({
  resolve(specifier, context, next) {
    const { parentURL } = context;
    if (parentURL === undefined || !parentURL.includes('/node_modules/')) return next(specifier, context);
    // Messages in fifty languages.
    if (specifier === '../locales/index.js' && parentURL.includes('/zod/v4/'))
      return { url: 'data:text/javascript,', format: 'module', shortCircuit: true };
    if (!spared.some(([importer, what]) => parentURL.includes(importer) && what.test(specifier)))
      return next(specifier, context);
    const { url } = next(specifier, context);
    return url.startsWith('file:') ? { url: scheme + url, format: 'commonjs', shortCircuit: true } : { url };
  },
  load(url, context, next) {
    if (!url.startsWith(scheme)) return next(url, context);
    const source = sourceOf(fileURLToPath(url.slice(scheme.length)));
    return { source, format: 'commonjs', shortCircuit: true };
  },
});

/** A module that is loaded when it is called, or when one of its exports is called, constructed or looked into. */
function sourceOf(file: string): string {
  // undici makes an object of this one at once, for a cache of `fetch` that nobody uses.
  if (file.endsWith('/cachestorage.js')) return 'exports.CacheStorage = class {};';
  return `
    let loaded;
    const path = ${JSON.stringify(file)};
    const load = () => (loaded ??= process.getBuiltinModule('node:module').createRequire(path)(path));
    const later = (get, of) => new Proxy(function () {}, {
      apply: (_, self, given) => Reflect.apply(get(), self, given),
      construct: (_, given) => Reflect.construct(get(), given),
      get: (_, name) => of(name),
    });
    // What is not loaded has no instances.
    const none = () => false;
    const part = (name) => later(() => load()[name], (member) =>
      member === Symbol.hasInstance && !loaded ? none : load()[name][member]);
    module.exports = later(load, (name) =>
      typeof name === 'symbol' || name === '__esModule' ? undefined : part(name));`;
}
