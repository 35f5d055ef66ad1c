/** `herald doctor`: whether everything is there that Herald needs. It may import what `cli/` may. */
import { createWatchScope } from '../../cluster/scope.ts';
import type { Config } from '../../config/config.ts';
import { objectsAt, textAt } from '../../json.ts';
import { isAllowed, rightText } from '../explain/rights.ts';
import { type CommandIo, exitCode, NothingKept } from '../io.ts';
import { configOf } from '../loaded-config.ts';
import type { DoctorOptions } from '../options.ts';
import { type LoadedConfig, openSource, type Source } from '../source.ts';
import { formatTable, oneLine, printable } from '../table.ts';
import { certificateFindings } from './certificates.ts';
import type { Finding } from './finding.ts';
import { neededRights } from './needs.ts';
import { argocdFindings, slackFindings } from './outside.ts';

/** Seconds by which clocks may differ: times of Applications are then read as ahead of now. */
const skewWarned = 5;
const skewFailed = 60;

/** `herald doctor`: 1 where something fails. */
export async function examine(options: DoctorOptions, io: CommandIo): Promise<number> {
  const source = openSource(options.source, io);
  try {
    const findings = await findingsOf(options, source, io);
    io.stdout(options.output === 'json' ? `${JSON.stringify(findings, null, 2)}\n` : textOf(findings));
    return findings.some(({ status }) => status === 'failed') ? exitCode.negative : exitCode.ok;
  } finally {
    await source.close();
  }
}

async function findingsOf(options: DoctorOptions, source: Source, io: CommandIo): Promise<Finding[]> {
  const server = await serverFinding(source);
  const store = storeFindings(options, io);
  if (server.status === 'failed') return [server, ...(await store)];
  const { loaded, config, findings } = await configuration(options, source);
  const asksRepoServer = /\brepo\.Get/.test(Object.values(loaded?.configMap ?? {}).join('\n'));
  return [
    server,
    await clockFinding(source, io),
    ...(await crdFindings(source)),
    ...(await rightFindings(options, source, config, asksRepoServer)),
    ...findings,
    ...(await store),
    ...(config ? await slackFindings(options, source, config, io) : []),
    ...(config ? await certificateFindings(options, config, io) : []),
    ...(config ? await argocdFindings(options, config, asksRepoServer, io) : []),
  ];
}

async function serverFinding(source: Source): Promise<Finding> {
  const check = 'API server';
  try {
    const version = await source.cluster().json({ path: '/version' });
    return { check, status: 'ok', what: `Kubernetes ${textAt(version, 'gitVersion') || 'answers'}` };
  } catch (error) {
    return {
      check,
      status: 'failed',
      what: (error as Error).message,
      mend: 'In the cluster: see that the pod has its service account and that a NetworkPolicy lets it out. Elsewhere: give --kubeconfig, --context or --server.',
    };
  }
}

async function clockFinding(source: Source, io: CommandIo): Promise<Finding> {
  const check = 'clock';
  const before = io.now();
  const time = await source
    .cluster()
    .serverTime()
    .catch(() => undefined);
  if (time === undefined) return { check, status: 'skipped', what: 'the API server does not tell its time' };
  // Its answer is cut to the second and was made between the two.
  const [earliest, latest] = [before - 1_000, io.now()];
  const skew = (time < earliest ? earliest - time : time > latest ? time - latest : 0) / 1_000;
  const direction = time < earliest ? 'ahead of' : 'behind';
  if (skew <= skewWarned) return { check, status: 'ok', what: 'agrees with that of the API server' };
  return {
    check,
    status: skew > skewFailed ? 'failed' : 'warning',
    what: `it is ${Math.round(skew)} s ${direction} that of the API server, so that for, silences and the age of messages are off`,
    mend: 'Let the nodes keep their time by NTP.',
  };
}

async function crdFindings(source: Source): Promise<Finding[]> {
  const list = await source
    .cluster()
    .json({ path: '/apis/argoproj.io/v1alpha1' })
    .catch(() => undefined);
  const there = new Set(objectsAt(list, 'resources').map((resource) => textAt(resource, 'name')));
  return ['applications', 'appprojects', 'applicationsets'].map((name): Finding => {
    const check = `CRD ${name}.argoproj.io`;
    if (there.has(name)) return { check, status: 'ok', what: 'is there' };
    return {
      check,
      status: name === 'applications' ? 'failed' : 'warning',
      what: 'is not there',
      mend: 'Install Argo CD in this cluster, or connect to the cluster where it is.',
    };
  });
}

async function rightFindings(
  options: DoctorOptions,
  source: Source,
  config: Config | undefined,
  asksRepoServer: boolean,
): Promise<Finding[]> {
  const namespace = source.namespace();
  const isWide = !createWatchScope(namespace, options.applicationNamespaces).onlyOwn;
  const needs = neededRights({ options, namespace, isWide, config, asksRepoServer });
  const answers = await Promise.all(needs.map(({ right }) => isAllowed(source.cluster(), right)));
  const findings: Finding[] = needs.map(({ right, without, mend, isOptional }, index) => {
    const check = `right to ${rightText(right)}`;
    if (answers[index] === true) return { check, status: 'ok', what: 'is granted' };
    if (answers[index] === undefined)
      return { check, status: 'warning', what: 'the API server does not say (SelfSubjectAccessReview)' };
    return { check, status: isOptional ? 'warning' : 'failed', what: `is missing: without ${without}`, mend };
  });
  const isFine = findings.every(({ status }) => status === 'ok');
  if (!isFine || options.output === 'json') return findings;
  return [
    {
      check: 'rights',
      status: 'ok',
      what: `all ${findings.length} that the configuration needs are granted`,
    },
  ];
}

async function configuration(
  { source: from }: DoctorOptions,
  source: Source,
): Promise<{ loaded?: LoadedConfig; config?: Config; findings: Finding[] }> {
  const check = 'configuration';
  try {
    const loaded = await source.config('wanted');
    const config = configOf(loaded, from.secretName);
    const secret: Finding[] =
      loaded.secret === undefined && config.secretKeys.length > 0
        ? [
            {
              check: 'Secret',
              status: 'failed',
              what: `${from.secretName} cannot be read, and services need ${config.secretKeys.join(', ')}`,
              mend: 'Create it in the namespace of Argo CD, or grant the right above.',
            },
          ]
        : [];
    const errors = config.problems.filter(({ severity }) => severity === 'error');
    const [first] = errors;
    const counted = `${config.triggers.size} triggers, ${config.templates.size} templates, ${config.services.size} services`;
    const own: Finding = first
      ? {
          check,
          status: 'failed',
          what: `${errors.length} errors in ${loaded.origin}, the first in ${first.key}: ${first.what}`,
          mend: `${first.fix} herald config check lists all.`,
        }
      : { check, status: 'ok', what: `${loaded.origin}: ${counted}` };
    return { loaded, config, findings: [own, ...secret] };
  } catch (error) {
    return {
      findings: [
        {
          check,
          status: 'failed',
          what: (error as Error).message,
          mend: 'Apply a ConfigMap, such as that of config/catalogue, or name another with --config-map-name.',
        },
      ],
    };
  }
}

async function storeFindings({ queue }: DoctorOptions, io: CommandIo): Promise<Finding[]> {
  const check = 'store';
  if (queue === 'memory:')
    return [
      {
        check,
        status: 'warning',
        what: 'it is in memory: what is not sent yet is lost at a restart',
        mend: 'Give --queue sqlite:DIRECTORY on a volume, redis:// or postgres://.',
      },
    ];
  try {
    const ledger = await io.openLedger(queue);
    try {
      const leader = await ledger.leader();
      let parked = 0;
      for await (const some of ledger.parked()) parked += some.length;
      return [
        { check, status: 'ok', what: 'answers' },
        leader
          ? {
              check: 'leader',
              status: 'ok',
              what: `${leader.host || 'a Herald'} leads, in term ${leader.term}`,
            }
          : {
              check: 'leader',
              status: 'failed',
              what: 'no Herald leads on this store, so that nothing is decided',
              mend: 'Start one, or see why it does not run: kubectl -n argocd get pods -l app.kubernetes.io/name=herald.',
            },
        parked === 0
          ? { check: 'deliveries', status: 'ok', what: 'none was given up' }
          : {
              check: 'deliveries',
              status: 'warning',
              what: `${parked} ${parked === 1 ? 'was' : 'were'} given up`,
              mend: 'herald deliveries --failed shows why; then herald deliveries retry --all.',
            },
      ];
    } finally {
      await ledger.close();
    }
  } catch (error) {
    const mend =
      error instanceof NothingKept
        ? 'Run it where the store is: kubectl -n argocd exec deploy/herald -- herald doctor.'
        : 'Bring the store back, or correct --queue; Herald goes on by itself.';
    return [{ check, status: 'failed', what: (error as Error).message, mend }];
  }
}

const words = { ok: 'ok', warning: 'warning', failed: 'FAILED', skipped: 'skipped' } as const;

function textOf(findings: readonly Finding[]): string {
  const rows = findings.map(({ status, check, what }) => [words[status], check, oneLine(what, 300)]);
  const lines = formatTable(rows)
    .trimEnd()
    .split('\n')
    .flatMap((line, index) => {
      const mend = findings[index]?.mend;
      return mend === undefined ? [line] : [line, `         ${mend}`];
    });
  const count = (status: Finding['status']) => findings.filter((each) => each.status === status).length;
  const [failed, warnings] = [count('failed'), count('warning')];
  const verdict =
    failed + warnings === 0
      ? 'Nothing is wrong.'
      : `${failed} failed, ${warnings} warning${warnings === 1 ? '' : 's'}.`;
  return printable(`${lines.join('\n')}\n\n${verdict}\n`);
}
