import type { Config } from '../../config/config.ts';
import { isObject } from '../../json.ts';
import { peerCertificate } from '../../net/peer-certificate.ts';
import { type Fields, textsIn } from '../../services/fields.ts';
import { schemaOf } from '../../services/schemas.ts';
import type { CommandIo } from '../io.ts';
import type { DoctorOptions } from '../options.ts';
import type { Finding } from './finding.ts';

/** Milliseconds before the end of a certificate in which it is said. */
const soon = 14 * 24 * 3_600_000;

/** Of every server over HTTPS that services and `argocd` name. */
export async function certificateFindings(
  { viaProxy }: Pick<DoctorOptions, 'viaProxy'>,
  config: Config,
  io: CommandIo,
): Promise<Finding[]> {
  const hosts = new Map<string, { host: string; port: number; skips: boolean }>();
  const add = (text: string, skips: boolean): void => {
    if (!/^https:\/\//i.test(text) || !URL.canParse(text)) return;
    const { hostname: host, port } = new URL(text);
    hosts.set(`${host}:${port || '443'}`, { host, port: Number(port || '443'), skips });
  };
  for (const { type, settings } of config.services.values()) {
    const fields = (schemaOf(type)?.options ?? {}) as Fields;
    const values = isObject(settings) ? settings : {};
    for (const { text } of textsIn(fields, values)) add(text, values['insecureSkipVerify'] === true);
  }
  if (config.argocd) add(config.argocd.url, config.argocd.insecureSkipVerify);
  if (viaProxy) {
    const what = 'servers are reached through a proxy, which is not looked through';
    return hosts.size === 0 ? [] : [{ check: 'certificates', status: 'skipped', what }];
  }
  return Promise.all([...hosts.values()].map((each) => certificateFinding(each, io)));
}

async function certificateFinding(
  { host, port, skips }: { host: string; port: number; skips: boolean },
  io: CommandIo,
): Promise<Finding> {
  const check = `certificate of ${host}${port === 443 ? '' : `:${port}`}`;
  const own = io.certificatesOf(host);
  const found = await peerCertificate({ host, port }, own);
  if ('unreachable' in found)
    return {
      check,
      status: 'failed',
      what: `no connection: ${found.unreachable}`,
      mend: 'See DNS, NetworkPolicies and egress, or HTTPS_PROXY.',
    };
  if (found.untrusted !== undefined && !skips)
    return {
      check,
      status: 'failed',
      what: `it is not trusted: ${found.untrusted}`,
      mend: `Put its authority into argocd-tls-certs-cm under the key ${host}${own === undefined ? '' : ', where another stands'}.`,
    };
  const left = found.validTo - io.now();
  const until = Number.isNaN(found.validTo)
    ? ''
    : `, until ${new Date(found.validTo).toISOString().slice(0, 10)}`;
  if (left < soon)
    return {
      check,
      status: 'warning',
      what: `it ends soon${until}`,
      mend: 'Renew it at the server.',
    };
  return { check, status: 'ok', what: `${skips ? 'not verified' : 'trusted'}${until}` };
}
