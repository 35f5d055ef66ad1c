import { findPostgres, findRedis, type TestServer } from './servers.ts';
import { tools } from './tools.ts';

const uses: Record<keyof typeof tools, string> = {
  kubectl: 'the manifests and the Roles that they ship',
  promtool: 'the metrics and alert rules as Prometheus reads them',
  prometheus: 'a Prometheus that scrapes the server, and what the dashboard asks of it',
  'redis-server': 'the arguments of the component valkey',
  'nats-server': 'messages to a real NATS server',
  'prometheus-alertmanager': 'alerts of a real Alertmanager',
  aiosmtpd: 'mails to a real SMTP server',
  openssl: 'TLS to the API server, Slack and webhooks',
  chromium: 'the page of the demo and the start page',
};

/**
 * Before the first test file: says what cannot be tested here, and starts one Redis and one PostgreSQL for all files
 * where none were given. Workers inherit the addresses.
 */
export default async function startServers(): Promise<() => Promise<void>> {
  for (const line of whatIsSkipped()) console.warn(line);
  const started = await Promise.all([
    startUnlessGiven('HERALD_TEST_REDIS', findRedis()),
    startUnlessGiven('HERALD_TEST_POSTGRES', findPostgres()),
  ]);
  return async () => {
    for (const server of started) await server?.stop();
  };
}

async function startUnlessGiven(
  variable: string,
  { skipped, start }: ReturnType<typeof findRedis>,
): Promise<TestServer | undefined> {
  if (process.env[variable] || skipped !== undefined) return undefined;
  const server = await start();
  process.env[variable] = server.url;
  return server;
}

/** One line for each thing that is not on this machine: what it is, and what is not tested without it. */
function whatIsSkipped(): string[] {
  const servers = [
    ['Redis', findRedis(), 'stores on Redis'],
    ['PostgreSQL', findPostgres(), 'stores on PostgreSQL'],
  ] as const;
  return [
    ...servers.flatMap(([name, { skipped }, what]) =>
      skipped === undefined ? [] : [`${name}: ${skipped}: ${what}`],
    ),
    ...Object.entries(uses).flatMap(([name, what]) =>
      tools[name as keyof typeof tools] === undefined
        ? [`${name}: skipped: not on this machine: ${what}`]
        : [],
    ),
  ];
}
