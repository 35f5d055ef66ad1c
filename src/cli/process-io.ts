import { readFile, stat } from 'node:fs/promises';
import { connect as connectTcp } from 'node:net';
import { text } from 'node:stream/consumers';
import { systemClock } from '../clock.ts';
import { connect } from '../cluster/connect.ts';
import { createLog } from '../log.ts';
import { createHostCertificates } from '../net/host-certificates.ts';
import { withTimeLimit } from '../net/time-limit.ts';
import { connectOptions } from './connect-options.ts';
import { CommandFailure, type CommandIo, NothingKept, type OpenLedger } from './io.ts';

/** Milliseconds. */
const storeDeadline = 10_000;

/** The process's own files, streams, cluster and store. */
export function processIo(): CommandIo {
  endWithReader(process.stdout);
  return {
    stdout: (output) => void process.stdout.write(output),
    stderr: (output) => void process.stderr.write(output),
    readStdin: () => text(process.stdin),
    readFile: (path) => readFile(path, 'utf8'),
    isFile,
    connect: (kube) => connect(connectOptions(kube)),
    openConnection: (kube, log) => connect({ ...connectOptions(kube), log }),
    interrupted,
    openLedger,
    get,
    reaches,
    now: systemClock.now,
    certificatesOf: createHostCertificates({
      onProblem: ({ host, error }) => process.stderr.write(`argocd-tls-certs-cm, ${host}: ${error}\n`),
    }),
  };
}

/** Whoever reads us (`herald trigger get | head -1`) has seen enough: no error of ours. */
function endWithReader(stream: NodeJS.WriteStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(0);
  });
}

async function get(url: string): Promise<{ status: number; text: string } | undefined> {
  try {
    return await withTimeLimit(2_000, undefined, async (signal) => {
      const answer = await fetch(url, { signal, redirect: 'manual' });
      return { status: answer.status, text: (await answer.text()).slice(0, 100_000) };
    });
  } catch {
    return undefined;
  }
}

function reaches(address: string): Promise<boolean> {
  const [, host = address, port = '8081'] = /^\[?(.+?)\]?:(\d+)$/.exec(address) ?? [];
  return new Promise((resolve) => {
    const socket = connectTcp({ host, port: Number(port), timeout: 2_000 });
    const done = (isThere: boolean): void => {
      resolve(isThere);
      socket.destroy();
    };
    socket.once('connect', () => done(true));
    socket.once('timeout', () => done(false));
    socket.once('error', () => done(false));
  });
}

function interrupted(): AbortSignal {
  const abort = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => abort.abort(name));
  return abort.signal;
}

function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => !found.isDirectory(),
    () => false,
  );
}

async function openLedger(queue: string): Promise<OpenLedger> {
  // The database drivers are loaded by the commands that need them only.
  const [
    { createLedger },
    { databaseFile },
    { openStore },
    { parseQueueUrl },
    { StoreError },
    { createMembership },
  ] = await Promise.all([
    import('../ledger/store-ledger.ts'),
    import('../store/open-sqlite.ts'),
    import('../store/open-store.ts'),
    import('../store/queue-url.ts'),
    import('../store/store.ts'),
    import('../store/store-membership.ts'),
  ]);
  const parsed = parseQueueUrl(queue);
  if (parsed.ok && parsed.value.kind === 'sqlite') {
    const { directory } = parsed.value;
    if (directory === undefined || !(await isFile(databaseFile(directory)))) {
      throw new NothingKept(`nothing is kept in ${directory ?? 'memory'}: give --queue as the bridge has it`);
    }
  }
  const log = createLog({ level: 'error', format: 'text' });
  try {
    const store = await openStore(queue, { log, deadline: storeDeadline, isGuest: true });
    const ledger = createLedger(store, { deadline: storeDeadline });
    return {
      ...ledger,
      leader: () => createMembership(store, { deadline: storeDeadline }).leader(),
      async jobs(ids) {
        // BullMQ is loaded by the commands that ask the queue only.
        const { waitingJobs } = await import('../delivery/waiting-jobs.ts');
        return waitingJobs(store, ids, storeDeadline);
      },
      close: () => store.close(storeDeadline),
    };
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    throw new CommandFailure(error.message, { cause: error });
  }
}
