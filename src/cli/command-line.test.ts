import { resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseQueueUrl } from '../store/queue-url.ts';
import { type Exit, parseCommandLine } from './command-line.ts';
import { commandSpecs } from './commands.ts';

const env = { HOME: '/home/jo', USER: 'jo' };

function run(line: string, variables: Record<string, string> = {}) {
  const parsed = parseCommandLine(['run', ...line.split(' ').filter(Boolean)], { ...env, ...variables });
  if ('exit' in parsed || parsed.command !== 'run') throw new Error(JSON.stringify(parsed));
  return parsed;
}

function exit(line: string, variables: Record<string, string> = {}): Exit {
  const parsed = parseCommandLine(line.split(' ').filter(Boolean), { ...env, ...variables });
  if (!('exit' in parsed)) throw new Error(JSON.stringify(parsed));
  return parsed;
}

describe('herald run', () => {
  test('defaults are those of argocd-notifications-controller', () => {
    const { options } = run('');
    expect(options).toMatchObject({
      applicationNamespaces: [],
      appLabelSelector: '',
      configMapName: 'argocd-notifications-cm',
      secretName: 'argocd-notifications-secret',
      selfService: false,
      queue: 'sqlite:/home/jo/.local/state/herald',
      processors: 1,
      notifiedAnnotation: 'read',
      shutdownTimeout: 20_000,
      log: { level: 'info', format: 'json' },
      metricsPort: 9001,
      repoServer: {
        address: 'argocd-repo-server:8081',
        plaintext: false,
        clientCertificate: {
          certFile: '/app/config/reposerver/mtls/client.crt',
          keyFile: '/app/config/reposerver/mtls/client.key',
        },
      },
    });
  });

  const repoServer = (line: string, variables: Record<string, string> = {}) =>
    run(line, variables).options.repoServer;

  test('how the repo-server is reached', () => {
    expect(repoServer('--argocd-repo-server=')).toBeUndefined();
    expect(repoServer('--argocd-repo-server repo.argocd.svc:9 --argocd-repo-server-plaintext')).toMatchObject(
      {
        address: 'repo.argocd.svc:9',
        plaintext: true,
      },
    );
    const mounted = (folder: string) => [
      `${folder}/reposerver/tls/tls.crt`,
      `${folder}/reposerver/tls/ca.crt`,
    ];
    expect(repoServer('--argocd-repo-server-strict-tls')?.caFiles).toEqual(mounted('/app/config'));
    expect(
      repoServer('--argocd-repo-server-strict-tls', { ARGOCD_APP_CONF_PATH: '/etc/argocd' })?.caFiles,
    ).toEqual(mounted('/etc/argocd'));
    expect(repoServer('--repo-server-ca-cert-path=/ca.pem --argocd-repo-server-strict-tls')?.caFiles).toEqual(
      ['/ca.pem'],
    );
    expect(repoServer('--repo-server-client-cert-path= --repo-server-client-cert-key-path=')).toEqual({
      address: 'argocd-repo-server:8081',
      plaintext: false,
    });
    const prefix = 'ARGOCD_NOTIFICATION_CONTROLLER_REPO_SERVER';
    const variables = {
      [`${prefix}_PLAINTEXT`]: 'true',
      [`${prefix}_CA_CERT_PATH`]: '/a',
      [`${prefix}_CLIENT_CERT_PATH`]: '/b',
      [`${prefix}_CLIENT_CERT_KEY_PATH`]: '/c',
    };
    expect(repoServer('', variables)).toMatchObject({
      plaintext: true,
      caFiles: ['/a'],
      clientCertificate: { certFile: '/b', keyFile: '/c' },
    });
  });

  test('commands take the same flags, with the variables of argocd admin', () => {
    const line = 'template render t a.yaml --argocd-repo-server=r:1 --argocd-repo-server-plaintext';
    const parsed = parseCommandLine(line.split(' '), { ...env, ARGOCD_REPO_SERVER_CA_CERT_PATH: '/ca' });
    const expected = { address: 'r:1', plaintext: true, caFiles: ['/ca'] };
    expect(parsed).toMatchObject({ options: { source: { repoServer: expected } } });
    expect(parseCommandLine(['run', '--argocd-repo-server-x=1'], env)).toMatchObject({
      stderr: expect.stringContaining('unknown flag --argocd-repo-server-x'),
    });
  });

  test('the arguments of an existing Deployment', () => {
    const { options } = run(
      '--metrics-port=9002 --loglevel debug --logformat=text -n argocd --processors-count 4 ' +
        '--argocd-repo-server argocd-repo-server:8081 --argocd-repo-server-plaintext ' +
        '--argocd-repo-server-strict-tls=false --secret-name=s --config-map-name c ' +
        '--self-service-notification-enabled --app-label-selector team=a --kubeconfig k --context x',
    );
    expect(options).toMatchObject({
      metricsPort: 9002,
      log: { level: 'debug', format: 'text' },
      processors: 4,
      selfService: true,
      secretName: 's',
      configMapName: 'c',
      appLabelSelector: 'team=a',
      kube: { namespace: 'argocd', kubeconfig: 'k', context: 'x' },
      repoServer: { address: 'argocd-repo-server:8081', plaintext: true },
    });
  });

  test('is what flags without a command are for', () => {
    expect(parseCommandLine(['--metrics-port=9002'], env)).toMatchObject({
      command: 'run',
      options: { metricsPort: 9002 },
    });
  });

  // Each flag of argocd-notifications-controller and of the clientcmd that it takes, with its default value.
  test.each([
    '--processors-count=1',
    '--processors-count=2147483647',
    '--app-label-selector=',
    '--loglevel=info',
    '--logformat=json',
    '--metrics-port=9001',
    '--argocd-repo-server=argocd-repo-server:8081',
    '--argocd-repo-server argocd-repo-server:8081',
    '--argocd-repo-server-plaintext=false',
    '--argocd-repo-server-plaintext',
    '--argocd-repo-server-strict-tls=false',
    '--repo-server-ca-cert-path=',
    '--repo-server-client-cert-path=',
    '--repo-server-client-cert-key-path=',
    '--config-map-name=argocd-notifications-cm',
    '--secret-name=argocd-notifications-secret',
    '--application-namespaces=',
    '--self-service-notification-enabled=false',
    '--as=',
    '--as-group=',
    '--as-uid=',
    '--as-user-extra=',
    '--certificate-authority=',
    '--client-certificate=',
    '--client-key=',
    '--cluster=',
    '--context=',
    '--disable-compression=false',
    '--insecure-skip-tls-verify=false',
    '--kubeconfig=',
    '--namespace=',
    '-n argocd',
    '--password=',
    '--proxy-url=',
    '--request-timeout=0',
    '--server=',
    '--tls-server-name=',
    '--token=',
    '--user=',
    '--username=',
  ])('takes %s as argocd-notifications-controller does', (line) => {
    expect(parseCommandLine(line.split(' '), env)).toMatchObject({ command: 'run' });
  });

  test.each([
    ['--processors-count=1000', 1000],
    ['--processors-count=1001', 1000],
    ['--processors-count=2147483647', 1000],
  ])('%s', (line, processors) => {
    expect(run(line).options.processors).toBe(processors);
  });

  test.each([
    ['--application-namespaces a,b --application-namespaces=c', ['a', 'b', 'c']],
    ['--application-namespaces=team-*,/^app-[a-z]{1,3}$/,x', ['team-*', '/^app-[a-z]{1,3}$/', 'x']],
    ['--application-namespaces="a","b"', ['a', 'b']],
    ['--application-namespaces=', []],
  ])('%s', (line, expected) => {
    expect(run(line).options.applicationNamespaces).toEqual(expected);
  });

  test.each([
    ['--tenant-service-addresses 10.1.0.0/16,hooks.tools.svc --tenant-service-addresses=fd00::1', 3],
    ['--tenant-service-addresses=*', 1],
  ])('%s', (line, count) => {
    expect(run(line).options.tenantServiceAddresses).toHaveLength(count);
  });

  test('variables count where the flag is absent, and empty ones do not', () => {
    const variables = {
      ARGOCD_APPLICATION_NAMESPACES: ' app-one, app-two ',
      ARGOCD_NOTIFICATIONS_CONTROLLER_LOGLEVEL: 'WARNING',
      ARGOCD_NOTIFICATIONS_CONTROLLER_LOGFORMAT: '',
      ARGOCD_NOTIFICATION_CONTROLLER_SELF_SERVICE_NOTIFICATION_ENABLED: 'true',
      HERALD_QUEUE: 'redis://localhost:6379',
      HERALD_SHUTDOWN_TIMEOUT: '1m30s',
      ARGOCD_NOTIFICATION_CONTROLLER_PROCESSORS_COUNT: '7',
      ARGOCD_LOG_FORMAT_TIMESTAMP: '2006-01-02 15:04:05',
      FORCE_LOG_COLORS: '1',
    };
    expect(run('', variables).options).toMatchObject({
      applicationNamespaces: ['app-one', 'app-two'],
      log: { level: 'warn', format: 'json', timeLayout: '2006-01-02 15:04:05', colors: true },
      processors: 7,
      selfService: true,
      queue: 'redis://localhost:6379',
      shutdownTimeout: 90_000,
    });
    const line = '--loglevel error --self-service-notification-enabled=false';
    expect(run(line, variables).options).toMatchObject({ log: { level: 'error' }, selfService: false });
  });

  test('the last of a repeated flag counts, and a value may begin with a dash', () => {
    expect(run('--metrics-port 1 --metrics-port=2').options.metricsPort).toBe(2);
    expect(run('--secret-name -x').options.secretName).toBe('-x');
  });

  test.each([
    ['-n=argocd', 'argocd'],
    ['-nargocd', 'argocd'],
    ['-n argocd', 'argocd'],
    ['--namespace=argocd', 'argocd'],
    ['--namespace=a=b', 'a=b'],
  ])('%s', (line, namespace) => {
    expect(run(line).options.kube.namespace).toBe(namespace);
  });

  test.each([
    ['--queue sqlite:~/q', 'sqlite:/home/jo/q'],
    ['--queue sqlite:/var/lib/herald', 'sqlite:/var/lib/herald'],
    ['--queue postgres://u:p@h/d', 'postgres://u:p@h/d'],
    ['--queue postgres:///d?host=/run/postgresql', 'postgres:///d?host=/run/postgresql'],
  ])('%s', (line, queue) => {
    expect(run(line).options.queue).toBe(queue);
  });

  // The store in memory comes with the embedded one.
  describe.skipIf(!parseQueueUrl('memory:').ok)('a store in memory', () => {
    test('remembers through the annotation, unless it is told not to', () => {
      expect(run('--queue memory:').options).toMatchObject({ queue: 'memory:', notifiedAnnotation: 'write' });
      const line = '--queue memory: --notified-annotation ignore';
      expect(run(line).options.notifiedAnnotation).toBe('ignore');
      expect(run('', { HERALD_QUEUE: 'memory:' }).options.notifiedAnnotation).toBe('write');
    });

    test('cannot be looked into by a command', () => {
      expect(exit('deliveries --queue memory:')).toMatchObject({
        exit: 2,
        stderr: expect.stringContaining('--queue memory: is inside the Herald that runs'),
      });
    });
  });

  test('without a home the queue is in the working directory, with XDG in its place', () => {
    expect(parseCommandLine(['run'], {})).toMatchObject({
      options: { queue: `sqlite:${resolve('herald-data')}` },
    });
    expect(run('', { XDG_STATE_HOME: '/state' }).options.queue).toBe('sqlite:/state/herald');
  });

  test('a bare number is seconds for --request-timeout alone', () => {
    expect(run('--request-timeout 30').options.kube.requestTimeout).toBe(30_000);
    expect(exit('run --shutdown-timeout 30').stderr).toContain('such as 20s');
  });
});

describe('mistakes end with 2 and one line that says what and the mend', () => {
  test.each([
    [
      'run --metrics-prot=9001',
      'herald run: unknown flag --metrics-prot, did you mean --metrics-port? (herald run --help lists the flags)',
    ],
    [
      'run --metrics-port 70000',
      'herald run: --metrics-port "70000" is not a whole number from 0 to 65535: use one, such as 9001',
    ],
    [
      'run --metrics-port 1e3',
      'herald run: --metrics-port "1e3" is not a whole number from 0 to 65535: use one, such as 9001',
    ],
    [
      'run --processors-count 0',
      'herald run: --processors-count "0" is not a whole number from 1 to 2147483647: use one, such as 1',
    ],
    [
      'run --app-label-selector a!',
      'herald run: --app-label-selector: found "!", expected in, notin, =, ==, !=, > or < at column 2: write it as in team=a,env in (dev,prod)',
    ],
    [
      'run --application-namespaces a,/(/',
      'herald run: --application-namespaces: /(/: no valid regular expression: Invalid regular expression: /(/: Unterminated group: correct it, or write a glob such as team-*',
    ],
    ['run --logformat xml', 'herald run: --logformat "xml" is not known: use one of json, text'],
    [
      'run --notified-annotation keep',
      'herald run: --notified-annotation "keep" is not known: use one of read, write, ignore',
    ],
    [
      'run --tenant-service-addresses 10.1.0.0/16,http://hooks',
      'herald run: --tenant-service-addresses: http://hooks is no network: write a network such as 10.0.0.0/8, the name of a host, or *',
    ],
    [
      'run --shutdown-timeout -5s',
      'herald run: --shutdown-timeout "-5s" is not a duration: use a number with its unit, such as 20s or 1m30s',
    ],
    [
      'run --self-service-notification-enabled=maybe',
      'herald run: --self-service-notification-enabled "maybe" is not a boolean: use true or false',
    ],
    [
      'run --self-service-notification-enabled false',
      'herald run: a boolean takes its value after =, as in --flag=false',
    ],
    ['run --queue', 'herald run: --queue needs a value, as in --queue <url>'],
    [
      'run --queue sqlite:',
      'herald run: --queue: The queue URL names no directory. Use sqlite:DIRECTORY, for example sqlite:/var/lib/herald',
    ],
    ['run extra', 'herald run: unexpected argument "extra" (usage: herald run [options])'],
    ['rnu', 'herald: unknown command "rnu", did you mean run? (herald --help lists the commands)'],
    [
      'deliveries rety',
      'herald deliveries: unknown command "rety", did you mean retry? (herald deliveries --help lists the commands)',
    ],
    [
      'silence lst',
      'herald silence: unknown command "lst", did you mean list? (herald silence --help lists the commands)',
    ],
    ['alerts ack', 'herald alerts ack: ID is missing: herald alerts ack [options] <ID...>'],
    [
      'silence list --within soon',
      'herald silence list: --within "soon" is no duration: write it as Prometheus does: 30m, 2h, 1d12h',
    ],
    [
      'trigger run x',
      'herald trigger run: APPLICATION is missing: herald trigger run [options] <NAME> <APPLICATION>',
    ],
    [
      'deliveries retry',
      'herald deliveries retry: give either ids or --all: herald deliveries --failed shows them',
    ],
    [
      'deliveries discard',
      'herald deliveries discard: give either ids or --all: herald deliveries --failed shows them',
    ],
    [
      'deliveries retry --all x',
      'herald deliveries retry: give either ids or --all: herald deliveries --failed shows them',
    ],
    [
      '--metrics-prot=9001',
      'herald run: unknown flag --metrics-prot, did you mean --metrics-port? (herald run --help lists the flags)',
    ],
    [
      '-n argocd trigger get',
      'herald run: the command trigger stands behind flags: write it before them, as in herald trigger --help',
    ],
    [
      'config check - --secret -',
      'herald config check: standard input (-) can be read only once: give the other a file',
    ],
  ])('herald %s', (line, message) => {
    expect(exit(line)).toEqual({ exit: 2, stdout: '', stderr: `${message}\n` });
  });

  test('a variable is named', () => {
    const { stderr } = exit('run', { ARGOCD_NOTIFICATIONS_CONTROLLER_LOGLEVEL: 'loud' });
    expect(stderr).toMatch(
      /^herald run: environment variable ARGOCD_NOTIFICATIONS_CONTROLLER_LOGLEVEL "loud" /,
    );
  });

  test('a password in the queue is not repeated', () => {
    const { stderr } = exit('run --queue reddis://u:hunter2@h');
    expect(stderr).toMatch(/^herald run: --queue: The queue URL has an unknown scheme "reddis:"/);
    expect(stderr).not.toContain('hunter2');
  });

  test('what was given cannot break the line', () => {
    expect(parseCommandLine(['run', '--a\nb\u001b[31m'], env)).toMatchObject({
      stderr: 'herald run: unknown flag --a\\nb\\u001b[31m (herald run --help lists the flags)\n',
    });
  });

  test('whatever is given, the answer is a command or one line', () => {
    const words = fc.constantFrom(
      ...commandSpecs.flatMap((spec) => [
        ...spec.path,
        ...Object.values(spec.flags).map(({ name }) => `--${name}`),
      ]),
      '--',
      '-',
      '-n',
      '-o',
      '=',
      '--=',
      '--x=',
      '\n',
      'é',
      '',
      'true',
    );
    const argument = fc.oneof(
      words,
      fc.string(),
      fc.tuple(words, fc.string()).map((parts) => parts.join('=')),
    );
    fc.assert(
      fc.property(fc.array(argument, { maxLength: 6 }), (argv) => {
        const parsed = parseCommandLine(argv, env);
        if (!('exit' in parsed) || parsed.exit === 0 || parsed.stderr.startsWith('Usage:')) return;
        expect(parsed.stderr.trimEnd().split('\n')).toHaveLength(1);
      }),
      { numRuns: 300 },
    );
  });
});

describe('help', () => {
  test.each(commandSpecs.map((spec) => [spec.path.join(' '), spec] as const))(
    'herald %s --help',
    (path, spec) => {
      const { exit: code, stdout, stderr } = exit(`${path} --help`);
      expect([code, stderr]).toEqual([0, '']);
      for (const flag of Object.values(spec.flags)) {
        expect(stdout).toContain(`--${flag.name}`);
        expect(stdout).toContain(flag.env === undefined ? '' : `$${flag.env}`);
      }
      const own = stdout.split('\n').filter((line) => !line.includes('$ARGOCD_'));
      expect(Math.max(...own.map((line) => line.length))).toBeLessThanOrEqual(100);
      for (const [, line] of spec.examples.filter(([, example]) => example.startsWith('herald '))) {
        expect(parseCommandLine(line.split(' ').slice(1), env)).toHaveProperty('command', path);
      }
    },
  );

  test('herald alone explains itself and fails', () => {
    const { exit: code, stdout, stderr } = exit('');
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('Watch Applications and send their notifications');
  });

  test('herald --version', () => {
    expect(exit('--version').stdout).toMatch(/^herald \d+\.\d+\.\d+\n$/);
  });
});

test('the commands of argocd admin notifications take their arguments', () => {
  const parse = (line: string) => parseCommandLine(line.split(' '), env);
  expect(parse('trigger run on-x ./app.yaml --config-map cm.yaml --secret :empty')).toMatchObject({
    command: 'trigger run',
    options: {
      trigger: 'on-x',
      application: './app.yaml',
      source: { configMap: 'cm.yaml', secret: ':empty' },
    },
  });
  expect(parse('template notify t app')).toMatchObject({ options: { recipients: ['console:stdout'] } });
  expect(parse('template notify t app --recipient slack:a --recipient email:b,c')).toMatchObject({
    command: 'template notify',
    options: { template: 't', application: 'app', recipients: ['slack:a', 'email:b,c'] },
  });
  expect(parse('template get t -o=yaml')).toMatchObject({ options: { name: 't', output: 'yaml' } });
  expect(parse('trigger get')).toMatchObject({ options: { output: 'wide' } });
});

test('the commands of amtool take their arguments', () => {
  const parse = (line: string) => parseCommandLine(line.split(' '), env);
  expect(parse('silence add alertname=x node=~y.* -a bo -d 2h -c why')).toMatchObject({
    command: 'silence add',
    options: { matchers: ['alertname=x', 'node=~y.*'], author: 'bo', duration: 7_200_000, comment: 'why' },
  });
  expect(parse('silence list -q --within 8h x')).toMatchObject({
    options: { output: 'name', within: 28_800_000, matchers: ['x'] },
  });
  expect(parse('silence -q=false -o=extended')).toMatchObject({ options: { output: 'extended' } });
  expect(parse('silence --queue redis://q -q')).toMatchObject({ options: { output: 'name' } });
  expect(parse('silence import -f -w 4 am.json')).toMatchObject({
    options: { force: true, file: 'am.json' },
  });
  expect(parse('silence import am.json -f=true')).toMatchObject({
    options: { force: true, file: 'am.json' },
  });
  expect(parse('silence import')).toMatchObject({ options: { force: false, file: '-' } });
});

test('alerts takes Applications and ids, and its own commands', () => {
  const parse = (line: string) => parseCommandLine(line.split(' '), env);
  expect(parse('alerts shop argocd/pay --pending --muted')).toMatchObject({
    command: 'alerts',
    options: { about: ['shop', 'argocd/pay'], states: ['pending', 'muted'], output: 'wide' },
  });
  expect(parse('alerts --queue redis://q ack 4f1c')).toMatchObject({
    command: 'alerts ack',
    options: { queue: 'redis://q', ids: ['4f1c'], author: 'jo', comment: '' },
  });
});

describe('malformed addresses', () => {
  test.each([
    [
      'config check --server nonsense',
      'herald config check: --server: the value is no URL: write it as https://HOST:6443\n',
    ],
    [
      'trigger get --proxy-url ::u:geheim::',
      'herald trigger get: --proxy-url: the value is no URL: write it as http://HOST:3128\n',
    ],
    [
      'deliveries --queue redis://:geheim%zz@cache',
      'herald deliveries: --queue: The password of the queue URL has a % that stands for no character. Write a percent sign as %25\n',
    ],
  ])('%s', (line, stderr) => {
    expect(parseCommandLine(line.split(' '), {})).toEqual({ exit: 2, stdout: '', stderr });
  });
});

test('--cluster of config check looks at the cluster, elsewhere it names one of a kubeconfig', () => {
  const parse = (line: string) => parseCommandLine(line.split(' '), {});
  expect(parse('config check --cluster cm.yaml')).toMatchObject({
    options: { cluster: true, files: ['cm.yaml'], source: { kube: { cluster: '' } } },
  });
  expect(parse('config check cm.yaml')).toMatchObject({ options: { cluster: false, strict: false } });
  expect(parse('trigger get --cluster prod')).toMatchObject({
    options: { source: { kube: { cluster: 'prod' } } },
  });
});

describe('herald record and herald replay', () => {
  const options = (line: string, variables: Record<string, string> = {}) => {
    const parsed = parseCommandLine(line.split(' '), { ...env, ...variables });
    if ('exit' in parsed) throw new Error(parsed.stderr);
    return parsed.options;
  };

  test.each<[line: string, expected: object]>([
    ['record --to a.ndjson', { to: 'a.ndjson', rotate: 0, duration: 0, applicationNamespaces: [] }],
    ['record --to a --rotate 6h --duration 24h', { rotate: 21_600_000, duration: 86_400_000 }],
    ['replay a b', { files: ['a', 'b'], queue: undefined, ahead: 0, against: '', output: 'wide' }],
    ['replay a --queue redis://h', { queue: 'redis://h', ahead: 0 }],
    ['replay a --queue memory:', { queue: undefined }],
    ['replay --from-cluster', { files: [], queue: 'sqlite:/home/jo/.local/state/herald', ahead: 3_600_000 }],
    ['replay --from-cluster --queue memory: --ahead 0', { queue: undefined, ahead: 0 }],
  ])('%s', (line, expected) => {
    expect(options(line)).toMatchObject(expected);
  });

  test.each([
    ['record', '--to is missing'],
    ['replay', 'give either recordings or --from-cluster'],
    ['replay a --from-cluster', 'give either recordings or --from-cluster'],
    ['replay a --config-map - --against -', 'standard input (-) can be read only once'],
  ])('%s is refused', (line, error) => {
    expect(exit(line)).toMatchObject({ exit: 2, stderr: expect.stringContaining(error) });
  });
});
