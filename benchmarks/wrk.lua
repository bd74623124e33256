-- Every request: the next of the prepared bodies with its signature, and a delivery id that was never used.
local threads = 0
function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

function init(args)
  run, sent, requests = args[2], 0, {}
  for line in io.lines(args[1]) do
    local signature, body = line:match("^(%S+) (.*)$")
    requests[#requests + 1] = { signature = signature, body = body }
  end
end

function request()
  sent = sent + 1
  local chosen = requests[sent % #requests + 1]
  return wrk.format("POST", "/webhooks/github", {
    ["Content-Type"] = "application/json",
    ["X-GitHub-Event"] = "issues",
    ["X-GitHub-Delivery"] = run .. "-" .. number .. "-" .. sent,
    ["X-Hub-Signature-256"] = chosen.signature,
  }, chosen.body)
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d\n", summary.requests, summary.duration, latency:percentile(50),
    latency:percentile(99), errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
