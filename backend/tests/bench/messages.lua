-- Sends a different text to a different number each time. The argument tells one run from another.
local run, count = "", 0

function init(arguments)
  run = arguments[1]
  wrk.headers["Content-Type"] = "application/json"
end

function request()
  count = count + 1
  local body = '{"message":{"recipient_number":"+1212%07d","content":"%s %d"}}'
  return wrk.format("POST", nil, nil, body:format(2000000 + count, run, count))
end
