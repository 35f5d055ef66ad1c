import { withDeadline } from './deadline.ts';
import type { Membership } from './membership.ts';
import { createScript } from './redis-script.ts';
import type { RedisStore } from './store.ts';

/*
 * `ARGV[1]` is the prefix P of all keys:
 *
 *   P:members   sorted set of the ids of processes, by the time until which they count as living, Unix milliseconds
 *   P:lead      hash: member ('' when nobody leads), host, term, expires
 */

/** Answers whether the member leads, the term, and how many live. */
const beatScript = `
local lead, members = ARGV[1] .. ':lead', ARGV[1] .. ':members'
local id, host, ttl, isFirst = ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5] == '1'
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local until_ = string.format('%.0f', now + ttl)
redis.call('ZREMRANGEBYSCORE', members, '-inf', '(' .. string.format('%.0f', now))
redis.call('ZADD', members, until_, id)
local held = redis.call('HMGET', lead, 'member', 'host', 'term', 'expires')
local holder, term = held[1] or '', tonumber(held[3] or '0')
local isFree = holder == '' or now > tonumber(held[4] or '0') or (isFirst and held[2] == host)
if holder ~= id and isFree then
  if holder ~= '' and held[2] == host then redis.call('ZREM', members, holder) end
  term = term + 1
  holder = id
end
if holder == id then
  redis.call('HSET', lead, 'member', id, 'host', host, 'term', string.format('%.0f', term), 'expires', until_)
end
return { holder == id and 1 or 0, term, redis.call('ZCARD', members) }
`;

const leaveScript = `
local lead = ARGV[1] .. ':lead'
redis.call('ZREM', ARGV[1] .. ':members', ARGV[2])
if redis.call('HGET', lead, 'member') == ARGV[2] then redis.call('HSET', lead, 'member', '') end
return 0
`;

/** Membership in Redis or Valkey. Each script is atomic, so of those that beat at once one leads. */
export function createRedisMembership(
  { client, prefix, clock }: RedisStore,
  { deadline }: { deadline: number },
): Membership {
  const beat = createScript(client, 'heraldBeat', beatScript);
  const leave = createScript(client, 'heraldLeave', leaveScript);
  return {
    async beat({ id, host }, ttl, isFirst) {
      const values = [prefix, id, host, `${Math.trunc(ttl)}`, isFirst ? '1' : '0'];
      const answer = await withDeadline(beat(values), deadline, 'Saying that this process lives', clock);
      const [leads, term, members] = answer as [number, number, number];
      return { isLeader: leads === 1, term, members };
    },
    async leave({ id }) {
      await withDeadline(leave([prefix, id]), deadline, 'Leaving', clock);
    },
    async leader() {
      const asking = Promise.all([
        client.hmget(`${prefix}:lead`, 'member', 'host', 'term', 'expires'),
        client.time(),
      ]);
      const [[member, host, term, expires], [seconds]] = await withDeadline(
        asking,
        deadline,
        'Asking who leads',
        clock,
      );
      const isOver = Number(expires ?? 0) < Number(seconds) * 1_000;
      return !member || isOver ? undefined : { host: host ?? '', term: Number(term) };
    },
  };
}
