-- Forward authentication for HAProxy 2.6: asks the Go service about each request.
--
--     http-request lua.forward-auth
--     http-request deny deny_status 503 unless { var(txn.forward_auth) -m str allowed }
--     http-response lua.forward-auth-answer
--
-- A class that is known otherwise than by the path goes into txn.forward_auth_class before
-- (forwardauth.ProxyClass).

local url = os.getenv("FORWARD_AUTH_URL")
local secret = os.getenv("FORWARD_AUTH_SECRET")
assert(url and url ~= "", "FORWARD_AUTH_URL is missing: where is the Go service?")
assert(secret and secret ~= "", "FORWARD_AUTH_SECRET is missing")

-- What the question says about the request as it came. The body stays here.
local passed = { "cookie", "authorization", "origin", "accept", "referer", "sec-fetch-mode", "sec-fetch-site" }

-- What the service learns. Nothing else of the Go service's answer reaches it.
local identity = { "x-auth-member", "x-auth-organization", "x-auth-class", "x-auth-role" }

-- What is about the connection to the Go service and not about the answer.
local own = {
  ["connection"] = true, ["content-length"] = true, ["date"] = true, ["keep-alive"] = true, ["transfer-encoding"] = true,
}

local refusals = { [401] = true, [403] = true, [404] = true, [409] = true, [500] = true, [503] = true }

-- lines returns the values of a header, which HAProxy numbers from 0, as a list.
local function lines(headers, name)
  local list = {}
  for i, value in pairs(headers[name] or {}) do
    list[#list + 1] = { i, value }
  end
  table.sort(list, function(a, b) return a[1] < b[1] end)
  for i, line in ipairs(list) do
    list[i] = line[2]
  end
  return list
end

local function question(txn, headers)
  local tls = txn.f:ssl_fc()
  local uri = txn.f:pathq()
  local q = {
    ["x-forward-auth-secret"] = { secret },
    ["x-forward-auth-method"] = { txn.f:method() },
    ["x-forward-auth-uri"] = { uri ~= "" and uri or "*" }, -- as it came, and as the service gets it
    ["x-forward-auth-host"] = { lines(headers, "host")[1] or "" },
    ["x-forward-auth-proto"] = { (tls == true or tls == 1) and "https" or "http" },
    ["x-forward-auth-upgrade"] = { table.concat(lines(headers, "upgrade"), ", ") },
    ["x-forward-auth-length"] = { lines(headers, "content-length")[1] or "" },
    ["x-forward-auth-class"] = { txn:get_var("txn.forward_auth_class") or "" },
    ["x-forwarded-for"] = { txn.f:src() or "" },
  }
  for _, name in ipairs(passed) do
    local values = lines(headers, name)
    if #values > 0 then
      q[name] = values
    end
  end
  return q
end

-- refuse answers instead of the service.
local function refuse(txn, answer)
  local status = answer.status
  local reply = txn:reply()
  if status == 401 and answer.headers["location"] then
    status = 303
  elseif not refusals[status] then
    status, answer = 503, { headers = {}, body = "" }
  end
  reply:set_status(status)
  for name in pairs(answer.headers) do
    if not own[name] and not name:find("^x%-forward%-auth%-") and (name ~= "location" or status == 303) then
      for _, value in ipairs(lines(answer.headers, name)) do
        reply:add_header(name, value)
      end
    end
  end
  if not answer.headers["cache-control"] then
    reply:add_header("cache-control", "no-store")
  end
  if status == 503 and not answer.headers["retry-after"] then
    reply:add_header("retry-after", "5")
  end
  reply:set_body(answer.body or "")
  txn:done(reply)
end

core.register_action("forward-auth", { "http-req" }, function(txn)
  txn:set_var("txn.forward_auth", "asked")
  local headers = txn.http:req_get_headers()
  local answer = core.httpclient():get { url = url, headers = question(txn, headers), timeout = 15000 }
  if not answer or answer.status ~= 204 then
    return refuse(txn, answer or { status = 503, headers = {} })
  end
  -- Whatever the client has sent under these names, and under names that WSGI and CGI
  -- take for them.
  for name in pairs(headers) do
    local plain = name:lower():gsub("[^%w]", "-")
    if plain:find("^x%-auth%-") or plain:find("^x%-forward%-auth%-") then
      txn.http:req_del_header(name)
    end
  end
  local function replace(name, from)
    txn.http:req_del_header(name)
    local value = lines(answer.headers, from)[1]
    if value then
      txn.http:req_set_header(name, value)
    end
  end
  for _, name in ipairs(identity) do
    replace(name, name)
  end
  replace("cookie", "x-forward-auth-cookie")
  replace("authorization", "x-forward-auth-authorization")
  txn:set_priv(answer.headers)
  txn:set_var("txn.forward_auth", "allowed")
end)

core.register_action("forward-auth-answer", { "http-res" }, function(txn)
  local answer = txn:get_priv()
  if not answer then
    return
  end
  local cookies = lines(answer, "set-cookie")
  for _, line in ipairs(cookies) do
    txn.http:res_add_header("set-cookie", line)
  end
  for _, value in ipairs(lines(answer, "vary")) do
    txn.http:res_add_header("vary", value)
  end
  -- An answer that brings a cookie of the session is kept out of caches, whatever the
  -- service says. Otherwise the service decides, and says nothing for "no-store".
  local ours = lines(answer, "x-forward-auth-cache-control")[1]
  if ours and (#cookies > 0 or not txn.http:res_get_headers()["cache-control"]) then
    txn.http:res_del_header("cache-control")
    txn.http:res_set_header("cache-control", ours)
  end
end)
