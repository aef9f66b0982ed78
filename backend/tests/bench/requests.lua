-- Sends prepared requests, each once: the lines of a file, with path, signature and body between tabs.
local prepared, position = {}, 0

function init(arguments)
  for line in io.lines(arguments[1]) do
    local path, signature, body = line:match("^([^\t]*)\t([^\t]*)\t([^\t]*)$")
    local headers = { ["Content-Type"] = "application/x-www-form-urlencoded", ["X-Twilio-Signature"] = signature }
    prepared[#prepared + 1] = wrk.format("POST", path, headers, body)
  end
end

function request()
  position = position + 1
  if position >= #prepared then
    wrk.thread:stop()
  end
  return prepared[math.min(position, #prepared)]
end
