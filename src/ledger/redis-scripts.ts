/*
 * The ledger's scripts. Each runs on its own in Redis, so each is atomic. `ARGV[1]` is the prefix of all keys:
 *
 *   P:rows:<kind>:<scope>  hash: key → "<expiresAt, or nothing>\n<value>"
 *   P:scopes:<kind>        sorted set of the scopes that have rows of a kind, all with score 0
 *   P:expiring             sorted set of "<kind>\n<scope>\n<key>" by the time at which a row expires; what has been removed
 *                          or put anew since is found out when that time comes
 *   P:writer:<scope>       "<term> <number>" of the last commit, for a day
 *   P:delivery:<id>        hash: scope, lane, service, body, snapshots (digests with blanks between them), attempt (mark as
 *                          JSON) while one may be under way, and of parked ones settlement, settled
 *   P:snapshot:<digest>    hash: packed, holders (how often deliveries refer to it)
 *   P:pending              sorted set of delivery ids by P:sequence
 *   P:lane:<lane>          sorted set of the pending ids of a lane, likewise
 *   P:ready                sorted set of the pending ids that are first in their lane, likewise
 *   P:parked               sorted set of delivery ids by the time at which they were settled
 *   P:parked:services      hash: service → how many are parked
 *   P:lead                 hash of store/redis-membership.ts; its `term` fences off earlier leaders
 */

const shared = `
local P = ARGV[1]
local at = 1
local function arg() at = at + 1; return ARGV[at] end
local call = redis.call
local function headOf(lane) return call('ZRANGE', P .. ':lane:' .. lane, 0, 0)[1] end
-- Puts a delivery last into its lane.
local function enlist(id, lane)
  local number = call('INCR', P .. ':sequence')
  call('ZADD', P .. ':pending', number, id)
  call('ZADD', P .. ':lane:' .. lane, number, id)
  if headOf(lane) == id then call('ZADD', P .. ':ready', number, id) end
end
local function remove(id, snapshots)
  for digest in snapshots:gmatch('%S+') do
    local key = P .. ':snapshot:' .. digest
    if call('HINCRBY', key, 'holders', -1) <= 0 then call('DEL', key) end
  end
  call('DEL', P .. ':delivery:' .. id)
end
local function unparked(id, service)
  call('ZREM', P .. ':parked', id)
  if call('HINCRBY', P .. ':parked:services', service, -1) <= 0 then call('HDEL', P .. ':parked:services', service) end
end
local function putRow(scope, kind, key, expires, value)
  local rows = P .. ':rows:' .. kind .. ':' .. scope
  if call('EXISTS', rows) == 0 then call('ZADD', P .. ':scopes:' .. kind, 0, scope) end
  call('HSET', rows, key, expires .. '\\n' .. value)
  if expires ~= '' then call('ZADD', P .. ':expiring', expires, kind .. '\\n' .. scope .. '\\n' .. key) end
end
local function forgetScope(kind, scope)
  if call('EXISTS', P .. ':rows:' .. kind .. ':' .. scope) == 0 then call('ZREM', P .. ':scopes:' .. kind, scope) end
end
`;

/** Answers kind, key and what is stored of each row of a scope that is of these kinds. */
export const loadScript = `${shared}
local scope, answer = arg(), {}
for n = 3, #ARGV do
  local rows = call('HGETALL', P .. ':rows:' .. ARGV[n] .. ':' .. scope)
  for m = 1, #rows, 2 do
    answer[#answer + 1] = ARGV[n]
    answer[#answer + 1] = rows[m]
    answer[#answer + 1] = rows[m + 1]
  end
end
return answer
`;

/** Answers false where a later term has begun; else which of the deliveries are ready. */
export const commitScript = `${shared}
local term, number, scope = tonumber(arg()), tonumber(arg()), arg()
if tonumber(call('HGET', P .. ':lead', 'term') or '0') > term then return false end
local writer = P .. ':writer:' .. scope
local lastTerm, last = (call('GET', writer) or '0 -1'):match('^(%d+) (-?%d+)$')
local isNew = tonumber(lastTerm) < term or (tonumber(lastTerm) == term and tonumber(last) < number)
if isNew then call('SET', writer, string.format('%.0f %.0f', term, number), 'EX', 86400) end

local touched = {}
for n = 1, tonumber(arg()) do
  local kind = arg()
  touched[kind] = true
  if isNew then call('UNLINK', P .. ':rows:' .. kind .. ':' .. scope) end
end
for n = 1, tonumber(arg()) do
  local kind, key = arg(), arg()
  touched[kind] = true
  if isNew then call('HDEL', P .. ':rows:' .. kind .. ':' .. scope, key) end
end
if isNew then for kind in pairs(touched) do forgetScope(kind, scope) end end

for n = 1, tonumber(arg()) do
  local kind, key, expires, value = arg(), arg(), arg(), arg()
  if isNew then putRow(scope, kind, key, expires, value) end
end

local added, ids = {}, {}
for n = 1, tonumber(arg()) do
  local id, lane, service, body, snapshots = arg(), arg(), arg(), arg(), arg()
  local delivery = P .. ':delivery:' .. id
  ids[n] = { id = id, lane = lane }
  if isNew and call('EXISTS', delivery) == 0 then
    call('HSET', delivery, 'scope', scope, 'lane', lane, 'service', service, 'body', body, 'snapshots', snapshots)
    enlist(id, lane)
    for digest in snapshots:gmatch('%S+') do added[digest] = (added[digest] or 0) + 1 end
  end
end
for n = 1, tonumber(arg()) do
  local digest, packed = arg(), arg()
  if added[digest] then
    call('HSETNX', P .. ':snapshot:' .. digest, 'packed', packed)
    call('HINCRBY', P .. ':snapshot:' .. digest, 'holders', added[digest])
  end
end

local ready = {}
for _, each in ipairs(ids) do
  if headOf(each.lane) == each.id then ready[#ready + 1] = each.id end
end
return ready
`;

/** Puts one row, whoever leads. */
export const putScript = `${shared}
local scope = arg()
putRow(scope, arg(), arg(), arg(), arg())
return 0
`;

/** Removes rows that have expired before, of at most so many; answers how many were looked at, and removed. */
export const pruneRowsScript = `${shared}
local before, limit = arg(), arg()
local members = call('ZRANGEBYSCORE', P .. ':expiring', '-inf', '(' .. before, 'LIMIT', 0, limit)
local removed = 0
for _, member in ipairs(members) do
  local kind, scope, key = member:match('^([^\\n]*)\\n([^\\n]*)\\n(.*)$')
  local rows = P .. ':rows:' .. kind .. ':' .. scope
  local row = call('HGET', rows, key)
  local expires = row and row:match('^(%d+)\\n')
  if expires and tonumber(expires) < tonumber(before) then
    call('HDEL', rows, key)
    forgetScope(kind, scope)
    removed = removed + 1
  end
  call('ZREM', P .. ':expiring', member)
end
return { #members, removed }
`;

/**
 * Answers "settled", "behind", or "begun" or the mark of the attempt before, followed by the body, the digests of the
 * snapshots with blanks between them, and the snapshots.
 */
export const beginScript = `${shared}
local id, mark, replaces = arg(), arg(), arg()
local delivery = P .. ':delivery:' .. id
local fields = call('HMGET', delivery, 'settlement', 'lane', 'attempt', 'body', 'snapshots')
if not fields[2] or fields[1] then return { 'settled' } end
if headOf(fields[2]) ~= id then return { 'behind' } end
local answer = { 'begun', fields[4], fields[5] }
if fields[3] and fields[3] ~= replaces then
  answer[1] = fields[3]
else
  call('HSET', delivery, 'attempt', mark)
end
for digest in fields[5]:gmatch('%S+') do answer[#answer + 1] = call('HGET', P .. ':snapshot:' .. digest, 'packed') end
return answer
`;

export const abandonScript = `${shared}
local id, mark = arg(), arg()
local delivery = P .. ':delivery:' .. id
if call('HGET', delivery, 'attempt') == mark then call('HDEL', delivery, 'attempt') end
return 0
`;

/** A settlement of nothing: it was sent. Answers whether it was pending, and the id that is first in its lane now. */
export const settleScript = `${shared}
local id, settledAt, settlement = arg(), arg(), arg()
local delivery = P .. ':delivery:' .. id
local fields = call('HMGET', delivery, 'lane', 'settlement', 'service', 'snapshots')
local lane, wasParked, service = fields[1], fields[2], fields[3]
if not lane then return { 0 } end
call('ZREM', P .. ':pending', id)
call('ZREM', P .. ':ready', id)
call('ZREM', P .. ':lane:' .. lane, id)
if settlement == '' then
  if wasParked then unparked(id, service) end
  remove(id, fields[4])
else
  call('HDEL', delivery, 'attempt')
  call('HSET', delivery, 'settlement', settlement)
  call('ZADD', P .. ':parked', settledAt, id)
  if not wasParked then call('HINCRBY', P .. ':parked:services', service, 1) end
end
local head = headOf(lane)
if head then call('ZADD', P .. ':ready', call('ZSCORE', P .. ':pending', head), head) end
return { wasParked and 0 or 1, head or nil }
`;

/** Answers the ids that are pending and ready now. */
export const unparkScript = `${shared}
local answer = {}
for n = 2, #ARGV do
  local id = ARGV[n]
  local delivery = P .. ':delivery:' .. id
  local fields = call('HMGET', delivery, 'lane', 'settlement', 'service')
  local lane = fields[1]
  if lane then
    if fields[2] then
      call('HDEL', delivery, 'settlement')
      unparked(id, fields[3])
      enlist(id, lane)
    end
    if headOf(lane) == id then answer[#answer + 1] = id end
  end
end
return answer
`;

/** Answers how many were parked, and are gone now. */
export const discardScript = `${shared}
local discarded = 0
for n = 2, #ARGV do
  local id = ARGV[n]
  local fields = call('HMGET', P .. ':delivery:' .. id, 'settlement', 'service', 'snapshots')
  if fields[1] then
    unparked(id, fields[2])
    remove(id, fields[3])
    discarded = discarded + 1
  end
end
return discarded
`;

/** Of deliveries in a sorted set, from a score on: score, body and settlement of each ('' for what it does not have). */
export const pageScript = `${shared}
local set, from, to, order, skip, limit = arg(), arg(), arg(), arg(), arg(), arg()
local range = { 'ZRANGE', P .. ':' .. set, from, to, 'BYSCORE' }
if order == 'REV' then range[#range + 1] = 'REV' end
for _, each in ipairs({ 'LIMIT', skip, limit, 'WITHSCORES' }) do range[#range + 1] = each end
local found, answer = call(unpack(range)), {}
for n = 1, #found, 2 do
  local fields = call('HMGET', P .. ':delivery:' .. found[n], 'body', 'settlement')
  for _, each in ipairs({ found[n + 1], fields[1] or '', fields[2] or '' }) do answer[#answer + 1] = each end
end
return answer
`;
