-- Failures of 1.4 kB by wrk: arguments are the form ("event" or "alert"), how many in a request, how many workflows, and
-- how long a connection pauses between requests, in ms.
local form, batch, workflows, pause, number, thread = "event", 1, 50, 0, 0, 0
local threads = 0

function setup(one)
  one:set("thread", threads)
  threads = threads + 1
end

local frames = {}
for line = 1, 11 do
  frames[line] = string.format('  File \\"/app/shop/part_%d.py\\", line %d, in step_%d\\n    return client.call(order)\\n', line, 10 * line, line)
end
local stack = "Traceback (most recent call last):\\n" .. table.concat(frames) .. "GatewayError: status 503 from the card gateway"

local forms = {
  event = {
    path = "/api/v1/events",
    text = '{"workflow":"workflow-%d","run_id":"run-%d-%d","outcome":"failed","step":"charge","environment":"production",' ..
      '"version":"2.4.1","error":{"type":"GatewayError","message":"status 503 from the card gateway","stack":"' .. stack .. '"}}',
  },
  alert = {
    path = "/api/v2/alerts",
    text = '{"labels":{"alertname":"failed","workflow":"workflow-%d","severity":"critical","environment":"production",' ..
      '"version":"2.4.1"},"annotations":{"run":"run-%d-%d","type":"GatewayError","message":"status 503 from the card gateway",' ..
      '"stack":"' .. stack .. '"}}',
  },
}

function init(arguments)
  form, batch, workflows = arguments[1], tonumber(arguments[2]), tonumber(arguments[3])
  pause = tonumber(arguments[4])
  if pause > 0 then
    delay = function() return pause end
  end
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
  math.randomseed(os.time() + thread)
  number = math.random(1, 1000000) * 1000000
end

local function one()
  number = number + 1
  return string.format(forms[form].text, number % workflows, thread, number)
end

function request()
  local told = {}
  for place = 1, batch do
    told[place] = one()
  end
  local body = table.concat(told, ",")
  if form == "alert" or batch > 1 then
    body = "[" .. body .. "]"
  end
  return wrk.format(nil, forms[form].path, nil, body)
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format('RESULT {"requests":%d,"seconds":%f,"p50":%f,"p99":%f,"refused":%d,"broken":%d}\n', summary.requests,
    summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
