import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { freePort } from '../simulator/free-port.ts';
import { startSlackCom } from '../test/bridge/slack-com.ts';
import { flags } from './flags.ts';

/**
 * Starts another controller of notifications with the flags that argocd-notifications-controller takes, on the same
 * cluster. Its slack.com is the double, through a proxy in its environment.
 */
export async function startPeer(
  path: string,
  { kubeconfig, apiUrl }: { kubeconfig: string; apiUrl: string },
): Promise<{ pid: number; stop(): Promise<void> }> {
  const slackCom = await startSlackCom(apiUrl);
  const given = flags()['peer-flags'].split(/\s+/).filter(Boolean);
  const port = String(await freePort());
  const child = spawn(
    path,
    // `argocd` is one program under many names; as the controller it is called by this one.
    ['--kubeconfig', kubeconfig, '--namespace', 'argocd', '--metrics-port', port, ...given],
    {
      argv0: 'argocd-notifications',
      stdio: ['ignore', 'ignore', 'ignore'],
      env: {
        ...process.env,
        ...slackCom.env,
        ARGOCD_BINARY_NAME: 'argocd-notifications',
        SSL_CERT_FILE: slackCom.env['NODE_EXTRA_CA_CERTS'],
        KUBECONFIG: kubeconfig,
      },
    },
  );
  const ended = once(child, 'exit');
  void ended.then(([code]) => process.stderr.write(`The peer ended with ${code}\n`));
  return {
    pid: child.pid ?? 0,
    async stop() {
      child.kill('SIGTERM');
      await ended;
      await slackCom.close();
    },
  };
}
