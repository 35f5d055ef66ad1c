/** The addresses of NATS servers as they are written: several with commas between them, each with its own login. */
import { isObject } from '../../json.ts';
import { serverUrls } from '../../net/server-urls.ts';

export interface NatsServer {
  host: string;
  port: number;
  /** `tls://`: without encryption nothing is said, not even the login. */
  secure: boolean;
  login?: { user: string; pass: string } | { token: string };
}

const usualPort = 4222;

/** The servers, or what is wrong with one of them: goes on from the option, and quotes no login. */
export function natsServersIn(url: string): NatsServer[] | { what: string; fix: string } {
  const servers = serverUrls(url).map(serverIn);
  const wrong = servers.find((server) => 'what' in server);
  if (wrong !== undefined && 'what' in wrong) return wrong;
  return servers as NatsServer[];
}

function serverIn(text: string): NatsServer | { what: string; fix: string } {
  const fix = 'Write nats://nats.example.com:4222, or several such with commas between them.';
  if (!URL.canParse(text)) return { what: 'holds an address that is none', fix };
  const { protocol, hostname, port, username, password } = new URL(text);
  if (protocol === 'ws:' || protocol === 'wss:') {
    return {
      what: 'is an address for WebSockets, which Herald does not use',
      fix: 'Write one of nats:// or tls://.',
    };
  }
  if (!['nats:', 'tcp:', 'tls:'].includes(protocol)) return { what: `begins with ${protocol}//`, fix };
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  if (host === '') return { what: 'holds an address without a host', fix };
  const login = loginOf(username, password);
  if (login === undefined) return { what: 'holds a login that cannot be decoded', fix: 'Write % as %25.' };
  return {
    host,
    port: port === '' ? usualPort : Number(port),
    secure: protocol === 'tls:',
    ...(isObject(login) && { login }),
  };
}

/** `none` where there is no login; undefined where it is not encoded as URLs have it. */
function loginOf(username: string, password: string): NatsServer['login'] | 'none' | undefined {
  if (username === '' && password === '') return 'none';
  try {
    const user = decodeURIComponent(username);
    return password === '' ? { token: user } : { user, pass: decodeURIComponent(password) };
  } catch {
    return undefined;
  }
}
