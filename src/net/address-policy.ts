/**
 * Connections over HTTP: whom they trust, which addresses they may reach, until when a request may leave. A part of
 * the ground: it may import only others of it.
 */

/** Which addresses the services of tenants may connect to: those of the internet, and what the operator allows. */
import { BlockList, isIP, isIPv4 } from 'node:net';

export interface AddressPolicy {
  /** Whether to connect to an address, an IPv4 or IPv6 literal. */
  allowsAddress(address: string): boolean;
  /** The host of a URL, where its text alone decides; `resolve` where its addresses do. */
  judge(host: string): 'allowed' | 'refused' | 'resolve';
  /** What to ask the resolver for: from the root, so that the search domains of the cluster find no Service. */
  nameToResolve(host: string): string;
}

/** Networks that are no part of the internet (IANA's special-purpose registries), and multicast. */
const internalNetworks = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/96',
  '64:ff9b:1::/48',
  '100::/64',
  '2001::/23',
  '2001:db8::/32',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
];

/** Names that a cluster or a private network answers for; nobody else does. */
const internalNames = ['localhost', 'svc', 'local', 'internal', 'home.arpa'];

/** Where IPv6 forms hold an IPv4 address: IPv4-mapped, translated, NAT64, 6to4. */
const embedded = [
  { network: networks(['::ffff:0:0/96']), at: 6 },
  { network: networks(['::ffff:0:0:0/96']), at: 6 },
  { network: networks(['64:ff9b::/96']), at: 6 },
  { network: networks(['2002::/16']), at: 1 },
];

/** `allowed`: networks as CIDR or single addresses, names of hosts, or `*`; as `addressProblem` finds them good. */
export function createAddressPolicy(allowed: readonly string[]): AddressPolicy {
  const internal = networks(internalNetworks);
  const all = allowed.includes('*');
  const ranges = allowed.filter((entry) => parseNetwork(entry) !== undefined);
  const allowedRanges = networks(ranges);
  const names = new Set(allowed.filter((entry) => !ranges.includes(entry)).map(bareName));

  function allowsAddress(address: string): boolean {
    if (all || contains(allowedRanges, address)) return true;
    const inner = embeddedIPv4(address);
    if (inner !== undefined) return allowsAddress(inner);
    return isIP(address) !== 0 && !contains(internal, address);
  }

  return {
    allowsAddress,
    judge(host) {
      const name = bareName(host);
      if (all || names.has(name)) return 'allowed';
      if (isIP(name) !== 0) return allowsAddress(name) ? 'allowed' : 'refused';
      // An allowed network may be the cluster's own: its names are then asked for.
      return ranges.length === 0 && isInternalName(name) ? 'refused' : 'resolve';
    },
    nameToResolve: (host) => (ranges.length > 0 || host.endsWith('.') ? host : `${host}.`),
  };
}

/** Why an entry of the operator's list is none; undefined when it is good. */
export function addressProblem(entry: string): string | undefined {
  if (entry === '*' || parseNetwork(entry) !== undefined) return undefined;
  const write = 'write a network such as 10.0.0.0/8, the name of a host, or *';
  if (entry.includes('/')) return `${entry} is no network: ${write}`;
  const isName = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?$/i;
  // What ends in a number would be an address.
  if (isName.test(entry) && !/(^|\.)\d+\.?$/.test(entry)) return undefined;
  return `${entry} is neither a network nor the name of a host: ${write}`;
}

function isInternalName(name: string): boolean {
  return !name.includes('.') || internalNames.some((internal) => name.endsWith(`.${internal}`));
}

/** In lower case, without the brackets of an IPv6 literal and the dot of the root. */
function bareName(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');
}

function parseNetwork(entry: string): { address: string; prefix: number } | undefined {
  const [address = '', bits, ...more] = entry.split('/');
  const family = isIP(address);
  if (family === 0 || address.includes('%') || more.length > 0) return undefined;
  const widest = family === 4 ? 32 : 128;
  if (bits === undefined) return { address, prefix: widest };
  return /^\d{1,3}$/.test(bits) && Number(bits) <= widest ? { address, prefix: Number(bits) } : undefined;
}

function networks(entries: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of entries) {
    const parsed = parseNetwork(entry);
    if (parsed) list.addSubnet(parsed.address, parsed.prefix, isIPv4(parsed.address) ? 'ipv4' : 'ipv6');
  }
  return list;
}

function contains(list: BlockList, address: string): boolean {
  const family = isIP(address);
  // A zone names an interface of this machine, not another address.
  const bare = address.replace(/%.*$/, '');
  return family !== 0 && list.check(bare, family === 4 ? 'ipv4' : 'ipv6');
}

function embeddedIPv4(address: string): string | undefined {
  if (isIP(address) !== 6) return undefined;
  const found = embedded.find(({ network }) => contains(network, address));
  if (!found) return undefined;
  const groups = groupsOf(address);
  const bytes = [groups[found.at] ?? 0, groups[found.at + 1] ?? 0].flatMap((group) => [
    group >> 8,
    group & 255,
  ]);
  return bytes.join('.');
}

/** The eight groups of an IPv6 literal. */
function groupsOf(address: string): number[] {
  const bare = address.replace(/%.*$/, '').replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...bytes: string[]) => {
    const [a, b, c, d] = bytes.slice(0, 4).map(Number) as [number, number, number, number];
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  });
  const [head = '', tail] = bare.split('::');
  const read = (text: string) =>
    text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
  const [before, after] = [read(head), tail === undefined ? [] : read(tail)];
  return [...before, ...Array.from({ length: 8 - before.length - after.length }, () => 0), ...after];
}
