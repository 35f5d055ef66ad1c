/*
 * The ledger's scripts. Each runs on its own in Redis, so each is atomic. `ARGV[1]` is the prefix of all keys:
 *
 *   P:uids                 sorted set of uids that anything was written for, all with score 0
 *   P:applications         text that keeps release 0.1.0 from deciding, see store/open-redis.ts; with it P:upgrade
 *   P:application:<uid>    the record, packed
 *   P:open:<uid>           hash key → episode, those without oncePer
 *   P:once:<uid>           hash key → episode, those with oncePer
 *   P:slot:<uid>           hash slot → key of its oncePer episode that was claimed or confirmed last
 *   P:gone                 hash uid → revision at which an Application was forgotten, until the progress has passed it
 *   P:delivery:<id>        hash: uid, episode, snapshot, record, observed, lane, attempt (mark as JSON) while one may be
 *                          under way, and of parked ones settlement, settled
 *   P:snapshot:<digest>    hash: packed, holders (deliveries that refer to it)
 *   P:pending, P:parked    sorted sets of delivery ids by the time they were observed, or settled
 *   P:lane:<lane>          sorted set of the pending ids of a lane, by P:sequence
 *   P:ready                sorted set of the pending ids that are first in their lane, by the time they were observed
 *   P:progress             revision up to which the watch is in the ledger
 *   P:lead                 hash of store/redis-membership.ts; its `term` fences off earlier leaders
 *
 * What release 0.1.0 has claimed has no lane; `enlistScript` gives each a lane of its own.
 *
 * An episode is "<delivery>\n<confirmed>\n<notified>\n<slot>\n<JSON>": times in Unix milliseconds, notified 0 where it
 * was not, delivery empty where it was imported. JSON holds no line break, and Lua never decodes it.
 */

const shared = `
local P = ARGV[1]
local at = 1
local function arg() at = at + 1; return ARGV[at] end
local function parse(value)
  local delivery, confirmed, notified, slot, record = value:match('^([^\\n]*)\\n(%d+)\\n(%d+)\\n([^\\n]*)\\n(.*)$')
  return { delivery = delivery, confirmed = confirmed, notified = notified, slot = slot, record = record }
end
local function format(e)
  return e.delivery .. '\\n' .. e.confirmed .. '\\n' .. e.notified .. '\\n' .. e.slot .. '\\n' .. e.record
end
local function release(snapshot)
  local key = P .. ':snapshot:' .. snapshot
  if redis.call('EXISTS', key) == 1 and redis.call('HINCRBY', key, 'holders', -1) <= 0 then redis.call('DEL', key) end
end
local function isFenced(term)
  return tonumber(redis.call('HGET', P .. ':lead', 'term') or '0') > tonumber(term)
end
-- Release 0.1.0, which may still run beside this one, settles and leaves the lane as it is: what is not pending any
-- more makes way here.
local function headOf(lane)
  local key, isMoved = P .. ':lane:' .. lane, false
  while true do
    local id = redis.call('ZRANGE', key, 0, 0)[1]
    if not id then return nil end
    if redis.call('ZSCORE', P .. ':pending', id) then
      if isMoved then
        redis.call('ZADD', P .. ':ready', redis.call('HGET', P .. ':delivery:' .. id, 'observed'), id)
      end
      return id
    end
    redis.call('ZREM', key, id)
    redis.call('ZREM', P .. ':ready', id)
    isMoved = true
  end
end
-- Puts a pending delivery last into its lane.
local function enlist(id, lane, observed)
  redis.call('ZADD', P .. ':lane:' .. lane, redis.call('INCR', P .. ':sequence'), id)
  if headOf(lane) == id then redis.call('ZADD', P .. ':ready', observed, id) end
end
-- Takes it out; answers the first of its lane now.
local function leave(id, lane)
  redis.call('ZREM', P .. ':ready', id)
  redis.call('ZREM', P .. ':lane:' .. lane, id)
  local head = headOf(lane)
  if head then
    redis.call('ZADD', P .. ':ready', redis.call('HGET', P .. ':delivery:' .. head, 'observed'), head)
  end
  return head
end
local function isLater(confirmed, key, other, otherKey)
  local a, b = tonumber(confirmed), tonumber(other)
  return a > b or (a == b and key > otherKey)
end
`;

/** Answers whether a later term has begun, and if not, the suppressed keys and the ids that are ready, as two lists. */
export const applyScript = `${shared}
local term, uid = arg(), arg()
if isFenced(term) then return { 1 } end
local open, once, slots = P .. ':open:' .. uid, P .. ':once:' .. uid, P .. ':slot:' .. uid

local function place(key, e)
  redis.call('HSET', once, key, format(e))
  local holder = redis.call('HGET', slots, e.slot)
  local held = holder and holder ~= key and redis.call('HGET', once, holder)
  if not held or isLater(e.confirmed, key, parse(held).confirmed, holder) then
    redis.call('HSET', slots, e.slot, key)
  end
end
local function confirm(key, e, confirmed)
  if tonumber(confirmed) > tonumber(e.confirmed) then
    e.confirmed = confirmed
    place(key, e)
  end
end
local function find(key)
  local value = redis.call('HGET', open, key)
  if value then return parse(value), false end
  value = redis.call('HGET', once, key)
  if value then return parse(value), true end
end
local function remove(key)
  redis.call('HDEL', open, key)
  local value = redis.call('HGET', once, key)
  if not value then return end
  redis.call('HDEL', once, key)
  local e = parse(value)
  if redis.call('HGET', slots, e.slot) ~= key then return end
  redis.call('HDEL', slots, e.slot)
  local all = redis.call('HGETALL', once)
  for n = 1, #all, 2 do
    local other = parse(all[n + 1])
    if other.slot == e.slot then place(all[n], other) end
  end
end

redis.call('ZADD', P .. ':uids', 0, uid)
local hasRecord, record = arg(), arg()
if hasRecord == '1' then
  redis.call('SET', P .. ':application:' .. uid, record)
  redis.call('HDEL', P .. ':gone', uid)
end

local ends, endKeys = tonumber(arg()), {}
for n = 1, ends do endKeys[n] = arg() end

local imports = {}
for n = 1, tonumber(arg()) do
  imports[n] = { key = arg(), once = arg(), slot = arg(), record = arg(), notified = arg(), confirmed = arg(), delivery = '' }
end

local confirmedAt, confirms = arg(), {}
for n = 1, tonumber(arg()) do confirms[n] = arg() end

local claims, claimedWith = {}, {}
for n = 1, tonumber(arg()) do
  local c = { key = arg(), once = arg(), slot = arg(), record = arg(), confirmed = arg(), notified = '0',
              delivery = arg(), body = arg(), lane = arg(), snapshot = arg(), observed = arg() }
  claims[n] = c
  claimedWith[c.key .. '\\n' .. c.delivery] = true
end

local snapshots = {}
for n = 1, tonumber(arg()) do
  local digest = arg()
  snapshots[digest] = arg()
end

for _, key in ipairs(endKeys) do
  local e = find(key)
  if e and not claimedWith[key .. '\\n' .. e.delivery] then remove(key) end
end

local function write(e)
  if e.once == '1' then place(e.key, e) else redis.call('HSET', open, e.key, format(e)) end
end
for _, e in ipairs(imports) do
  if not find(e.key) then write(e) end
end

for _, key in ipairs(confirms) do
  local e, isOnce = find(key)
  if e and isOnce then confirm(key, e, confirmedAt) end
end

local suppressed = {}
for _, c in ipairs(claims) do
  local e, isOnce = find(c.key)
  if e then
    if isOnce then confirm(c.key, e, c.confirmed) end
    if e.delivery ~= c.delivery then suppressed[#suppressed + 1] = c.key end
  else
    write(c)
    local delivery = P .. ':delivery:' .. c.delivery
    if redis.call('EXISTS', delivery) == 0 then
      redis.call('HSET', delivery, 'uid', uid, 'episode', c.key, 'snapshot', c.snapshot, 'record', c.body, 'observed', c.observed, 'lane', c.lane)
      redis.call('ZADD', P .. ':pending', c.observed, c.delivery)
      enlist(c.delivery, c.lane, c.observed)
      local snapshot = P .. ':snapshot:' .. c.snapshot
      redis.call('HSETNX', snapshot, 'packed', snapshots[c.snapshot])
      redis.call('HINCRBY', snapshot, 'holders', 1)
    end
  end
end
local ready = {}
for _, c in ipairs(claims) do
  if headOf(c.lane) == c.delivery then ready[#ready + 1] = c.delivery end
end
return { 0, suppressed, ready }
`;

/**
 * Answers the packed record, then "<notified>\n<JSON>" of each episode. Where there is no record, a list of nothing and
 * the revision at which it was forgotten, or of nothing.
 */
export const loadScript = `${shared}
local uid = arg()
local record = redis.call('GET', P .. ':application:' .. uid)
if not record then return { '', redis.call('HGET', P .. ':gone', uid) or nil } end
local answer = { record }
local function add(value)
  local e = parse(value)
  answer[#answer + 1] = e.notified .. '\\n' .. e.record
end
for _, value in ipairs(redis.call('HVALS', P .. ':open:' .. uid)) do add(value) end
for _, key in ipairs(redis.call('HVALS', P .. ':slot:' .. uid)) do
  local value = redis.call('HGET', P .. ':once:' .. uid, key)
  if value then add(value) end
end
return answer
`;

/** Answers whether a later term has begun. */
export const forgetScript = `${shared}
local term, uid, revision = arg(), arg(), arg()
if isFenced(term) then return 1 end
redis.call('ZREM', P .. ':uids', uid)
redis.call('HSET', P .. ':gone', uid, revision)
redis.call('UNLINK', P .. ':application:' .. uid, P .. ':open:' .. uid, P .. ':once:' .. uid, P .. ':slot:' .. uid)
return 0
`;

/** Answers whether a later term has begun. */
export const setProgressScript = `${shared}
local term, revision = arg(), arg()
if isFenced(term) then return 1 end
redis.call('SET', P .. ':progress', revision)
local gone = redis.call('HGETALL', P .. ':gone')
for n = 1, #gone, 2 do
  if (tonumber(gone[n + 1]) or 0) <= (tonumber(revision) or 0) then redis.call('HDEL', P .. ':gone', gone[n]) end
end
return 0
`;

/**
 * Makes good what release 0.1.0 has done, or still does beside this one: it takes nothing out of a lane, and puts
 * nothing in. Once a minute, and every 5 s in the hour after an upgrade; page by page, so that Redis serves others
 * between them. Answers how many it has looked at of those from `first` to `last`.
 */
export const enlistScript = `${shared}
local first, last = arg(), arg()
if first == '0' then
  local seconds = redis.call('EXISTS', P .. ':upgrade') == 1 and 5 or 60
  if not redis.call('SET', P .. ':lanes', '1', 'EX', seconds, 'NX') then return 0 end
end
local ready = redis.call('ZRANGE', P .. ':ready', first, last)
for _, id in ipairs(ready) do
  if not redis.call('ZSCORE', P .. ':pending', id) then redis.call('ZREM', P .. ':ready', id) end
end
local pending = redis.call('ZRANGE', P .. ':pending', first, last)
for _, id in ipairs(pending) do
  local delivery = P .. ':delivery:' .. id
  local fields = redis.call('HMGET', delivery, 'lane', 'observed')
  local lane = fields[1] or id
  if redis.call('ZSCORE', P .. ':lane:' .. lane, id) then
    headOf(lane)
  else
    redis.call('HSET', delivery, 'lane', lane)
    enlist(id, lane, fields[2])
  end
end
return math.max(#ready, #pending)
`;

/** Answers "begun", "settled", "behind", or the mark of the attempt before. */
export const beginScript = `${shared}
local id, mark, replaces = arg(), arg(), arg()
local delivery = P .. ':delivery:' .. id
local fields = redis.call('HMGET', delivery, 'settlement', 'lane', 'attempt', 'uid')
if not fields[4] or fields[1] then return 'settled' end
if fields[2] and headOf(fields[2]) ~= id then return 'behind' end
if fields[3] and fields[3] ~= replaces then return fields[3] end
redis.call('HSET', delivery, 'attempt', mark)
return 'begun'
`;

export const abandonScript = `${shared}
local id, mark = arg(), arg()
local delivery = P .. ':delivery:' .. id
if redis.call('HGET', delivery, 'attempt') == mark then redis.call('HDEL', delivery, 'attempt') end
return 0
`;

/** Answers whether it was pending, whether its episode is still its own, and the id that is first in its lane now. */
export const settleScript = `${shared}
local id, sent, settledAt, settlement = arg(), arg(), arg(), arg()
local delivery = P .. ':delivery:' .. id
local fields = redis.call('HMGET', delivery, 'uid', 'episode', 'snapshot', 'lane', 'settlement')
if not fields[1] then return { 0, 0 } end
local wasPending = fields[5] and 0 or 1
local open, at = 0, nil
for _, kind in ipairs({ ':open:', ':once:' }) do
  local key = P .. kind .. fields[1]
  local value = redis.call('HGET', key, fields[2])
  local e = value and parse(value)
  if e and e.delivery == id then
    open = 1
    if sent == '1' then
      e.notified = settledAt
      redis.call('HSET', key, fields[2], format(e))
    end
  end
end
redis.call('ZREM', P .. ':pending', id)
local head = fields[4] and leave(id, fields[4]) or nil
if sent == '0' then
  redis.call('HDEL', delivery, 'attempt')
  redis.call('HSET', delivery, 'settlement', settlement, 'settled', settledAt)
  redis.call('ZADD', P .. ':parked', settledAt, id)
else
  redis.call('ZREM', P .. ':parked', id)
  redis.call('DEL', delivery)
  release(fields[3])
end
return { wasPending, open, head }
`;

/** Answers of each delivery that exists: id, record, packed snapshot, settlement ('' while it is pending). */
export const deliveriesScript = `${shared}
local answer = {}
for n = 2, #ARGV do
  local fields = redis.call('HMGET', P .. ':delivery:' .. ARGV[n], 'record', 'snapshot', 'settlement')
  if fields[1] then
    answer[#answer + 1] = ARGV[n]
    answer[#answer + 1] = fields[1]
    answer[#answer + 1] = redis.call('HGET', P .. ':snapshot:' .. fields[2], 'packed')
    answer[#answer + 1] = fields[3] or ''
  end
end
return answer
`;

/** Answers the ids that are pending and ready now. */
export const unparkScript = `${shared}
local answer = {}
for n = 2, #ARGV do
  local id = ARGV[n]
  local delivery = P .. ':delivery:' .. id
  local fields = redis.call('HMGET', delivery, 'observed', 'settlement', 'lane')
  if fields[1] then
    local lane = fields[3] or id
    if fields[2] then
      redis.call('HDEL', delivery, 'settlement', 'settled', 'attempt')
      redis.call('HSET', delivery, 'lane', lane)
      redis.call('ZREM', P .. ':parked', id)
      -- Release 0.1.0 parks what it leaves in its lane.
      leave(id, lane)
      redis.call('ZADD', P .. ':pending', fields[1], id)
      enlist(id, lane, fields[1])
    end
    if headOf(lane) == id then answer[#answer + 1] = id end
  end
end
return answer
`;

/** Of one Application: removes its oncePer episodes confirmed before, answers how many. */
export const pruneEpisodesScript = `${shared}
local uid, before = arg(), tonumber(arg())
local once, slots = P .. ':once:' .. uid, P .. ':slot:' .. uid
local all, pruned, last = redis.call('HGETALL', once), 0, {}
for n = 1, #all, 2 do
  local key, e = all[n], parse(all[n + 1])
  local isOld = tonumber(e.confirmed) < before
  if isOld and not (e.delivery ~= '' and redis.call('ZSCORE', P .. ':pending', e.delivery)) then
    redis.call('HDEL', once, key)
    pruned = pruned + 1
  elseif not last[e.slot] or isLater(e.confirmed, key, last[e.slot].confirmed, last[e.slot].key) then
    last[e.slot] = { key = key, confirmed = e.confirmed }
  end
end
if pruned > 0 then
  redis.call('DEL', slots)
  for slot, holder in pairs(last) do redis.call('HSET', slots, slot, holder.key) end
end
return pruned
`;

/** Removes parked deliveries settled before, at most so many, answers how many. */
export const pruneParkedScript = `${shared}
local before, limit = arg(), arg()
local ids = redis.call('ZRANGEBYSCORE', P .. ':parked', '-inf', '(' .. before, 'LIMIT', 0, limit)
for _, id in ipairs(ids) do
  local delivery = P .. ':delivery:' .. id
  release(redis.call('HGET', delivery, 'snapshot') or '')
  redis.call('DEL', delivery)
  redis.call('ZREM', P .. ':parked', id)
end
return #ids
`;
