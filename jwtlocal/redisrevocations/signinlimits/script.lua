-- Reserves or releases uses of limits, all or none, by the clock of Redis.
-- KEYS[1]: counts new keys. Then two keys for each limit: its own, and the shared one that
-- counts instead once too many keys are new.
-- ARGV[1]: "reserve" or "release"; ARGV[2]: how many keys may be new in the period ARGV[3].
-- Then five for each limit: "rate", every, burst, 0, ""; "book", every, burst, most, "";
-- or "window", within, most, each, source. Times are in milliseconds.
-- Returns the number of the limit that refuses, or 0, and how long to wait.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local room, period = tonumber(ARGV[2]), tonumber(ARGV[3])
local made, fresh = nil, 0
local writes = {}

local function read(i)
  local own, shared = KEYS[2 * i], KEYS[2 * i + 1]
  local value = redis.call('GET', own)
  if value then return own, value end
  if ARGV[1] == 'reserve' then
    made = made or tonumber(redis.call('GET', KEYS[1]) or '0')
    if made + fresh < room then
      fresh = fresh + 1
      return own, ''
    end
  end
  return shared, redis.call('GET', shared) or ''
end

local function write(key, value, till)
  writes[#writes + 1] = {key, value, till}
end

-- A window is "time source,time source,…", the oldest first.
local function uses(value, within)
  local all = {}
  for at, source in string.gmatch(value, '(%d+) ([^,]*)') do
    if tonumber(at) + within > now then all[#all + 1] = {tonumber(at), source} end
  end
  return all
end

local function put(key, all, within)
  local parts = {}
  for i, use in ipairs(all) do parts[i] = string.format('%.0f %s', use[1], use[2]) end
  write(key, table.concat(parts, ','), #all > 0 and all[#all][1] + within or 0)
end

local sleep = 0
for i = 1, (#KEYS - 1) / 2 do
  local at = 4 + 5 * (i - 1)
  local kind, a, b, c, source = ARGV[at], tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3]), ARGV[at + 4]
  local key, value = read(i)
  if kind == 'window' then
    local all = uses(value, a)
    if ARGV[1] == 'release' then
      local last = #all
      for k = #all, 1, -1 do
        if all[k][2] == source then last = k break end
      end
      if last == 0 then return {i, 0} end
      table.remove(all, last)
    else
      local wait = 0
      if #all >= b then wait = all[#all - b + 1][1] + a - now end
      if source ~= '' then
        local left = c
        for k = #all, 1, -1 do
          if all[k][2] == source then
            left = left - 1
            if left == 0 then wait = math.max(wait, all[k][1] + a - now) break end
          end
        end
      end
      if wait > 0 then return {i, wait} end
      all[#all + 1] = {now, source}
    end
    put(key, all, a)
  else
    local free = tonumber(value) or 0
    if ARGV[1] == 'release' then
      free = free - a
    else
      free = math.max(free, now)
      local wait = math.max(free - now - (b - 1) * a, 0)
      if wait > (kind == 'book' and c or 0) then return {i, wait} end
      sleep = math.max(sleep, wait)
      free = free + a
    end
    write(key, string.format('%.0f', free), free)
  end
end
for _, w in ipairs(writes) do
  if w[3] > now then redis.call('SET', w[1], w[2], 'PX', string.format('%.0f', w[3] - now)) else redis.call('DEL', w[1]) end
end
if fresh > 0 and redis.call('INCRBY', KEYS[1], fresh) == fresh then redis.call('PEXPIRE', KEYS[1], period) end
return {0, sleep}
