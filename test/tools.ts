import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Programs of this machine that some tests need: their paths, undefined for what is not installed. */
export const tools = {
  kubectl: onPath('kubectl'),
  promtool: onPath('promtool'),
  prometheus: onPath('prometheus'),
  'redis-server': onPath('redis-server'),
  openssl: onPath('openssl'),
  // Debian keeps it where the PATH of nobody but root leads.
  'nats-server': onPath('nats-server') ?? ['/usr/sbin/nats-server'].find(existsSync),
  'prometheus-alertmanager': onPath('prometheus-alertmanager') ?? onPath('alertmanager'),
  aiosmtpd: onPath('aiosmtpd'),
  /** Debian's packages of it have one of several names. */
  chromium: ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync),
};

export function onPath(command: string): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(':')
    .map((directory) => join(directory, command))
    .find((file) => existsSync(file));
}
