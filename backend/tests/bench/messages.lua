-- Sends a different text to a different number each time. The argument tells one run from another. A message that is not
-- sent yet when it is answered for (202) counts as an error.
local threads, run, count = {}, "", 0
unsent = 0

function setup(thread)
  table.insert(threads, thread)
end

function init(arguments)
  run = arguments[1]
  wrk.headers["Content-Type"] = "application/json"
end

function request()
  count = count + 1
  local body = '{"message":{"recipient_number":"+1212%07d","content":"%s %d"}}'
  return wrk.format("POST", nil, nil, body:format(2000000 + count, run, count))
end

function response(status)
  if status ~= 201 then unsent = unsent + 1 end
end

function done()
  for _, thread in ipairs(threads) do
    if thread:get("unsent") > 0 then print("Non-201 responses: " .. thread:get("unsent")) end
  end
end
