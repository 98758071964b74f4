-- wrk's requests: the signed-in users of a file of cookies take turns.
-- Arguments: COOKIES METHOD PATH ORIGIN FORM, the last two may be empty. Prints what was counted, as
-- JSON, in its last line.

local requests = {}
local next_request = 0

function init(arguments)
  local cookie_file, method, path, origin, form = unpack(arguments, 1, 5)
  local headers = {
    ["Accept"] = "*/*",
    ["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
  }
  -- wrk counts the body's length for its header, and sends none without a body.
  local body = nil
  if method == "POST" then
    body = form or ""
  end
  if body and body ~= "" then
    headers["Content-Type"] = "application/x-www-form-urlencoded"
  end
  if origin and origin ~= "" then
    headers["Origin"] = origin
    headers["Sec-Fetch-Site"] = "same-origin"
  end
  if cookie_file == "" then
    requests[1] = wrk.format(method, path, headers, body)
    return
  end
  for cookie in io.lines(cookie_file) do
    headers["Cookie"] = cookie
    requests[#requests + 1] = wrk.format(method, path, headers, body)
  end
end

function request()
  next_request = next_request % #requests + 1
  return requests[next_request]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests": %d, "seconds": %.3f, "p50": %.3f, "p90": %.3f, "p99": %.3f, "max": %.3f, ' ..
    '"refused": %d, "failed": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3,
    latency:percentile(90) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
