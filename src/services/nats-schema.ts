import { natsServersIn } from './nats/servers.ts';
import { serviceSchema } from './schema.ts';

export const nats = serviceSchema({
  type: 'nats',
  product: 'NATS',
  options: {
    url: { kind: 'servers', required: 'Set url, such as nats://nats.example.com:4222.' },
    headers: { kind: 'map', of: 'header' },
    nkey: { kind: 'token' },
    username: { kind: 'text' },
    /** As argocd-notifications' documentation calls it, which reads `username` alone. */
    user: { kind: 'text' },
    password: { kind: 'password' },
    /** Herald's own. */
    insecureSkipVerify: { kind: 'flag' },
  },
  check({ url, headers, nkey }, report) {
    const servers = natsServersIn(url);
    if (!Array.isArray(servers)) report(['url'], `url ${servers.what}`, servers.fix);
    if (nkey !== '' && !/^S[A-Z2-7]{57}$/.test(nkey)) {
      report(
        ['nkey'],
        'nkey is no seed',
        'Write the seed that nk or nsc made, 58 letters that begin with SU.',
      );
    }
    for (const name of Object.keys(headers)) {
      if (/^[\x21-\x39\x3b-\x7e]+$/.test(name)) continue;
      report(
        ['headers', name],
        'the name of a header holds a space, a colon or other characters',
        'Rename it.',
      );
    }
  },
  recipient: {
    noun: 'subject',
    required: 'a subject',
    fault(recipient) {
      const fix = 'Write words with dots between them, such as argocd.deploys.';
      if (recipient === '') return { what: 'is missing', fix };
      if (/\s/.test(recipient)) return { what: 'holds a space, which no subject can', fix };
      const tokens = recipient.split('.');
      if (tokens.includes('')) return { what: 'has nothing between two dots', fix };
      if (tokens.some((token) => token === '*' || token === '>'))
        return { what: 'has a wildcard, to which nothing can be sent', fix };
      return undefined;
    },
  },
});
