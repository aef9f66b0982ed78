"""A Twilio simulator, for running and testing MySMS Messenger without a Twilio account.

It serves the Messages resource of Twilio's REST API to the unmodified `twilio` library, posts signed status callbacks,
and keeps a ledger of the messages it accepted. Callbacks go to loopback addresses only: no SMS is sent, and no request
leaves this machine. Every response carries `Server: MySMS-Twilio-Simulator` and `X-Simulator: mysms-twilio`.

http://HOST:PORT/ shows the messages that each simulated phone received, and what passed between the simulator and the
app; it also switches the most useful faults on. Every number receives its messages, except for these magic numbers:

  +15005553nnn   fails at delivery with the code 30nnn, e.g. +15005553003 is unreachable (30003)
  +15005551001   stays sent
  +15005551002   stays queued
  +15005551003   delivered, then read
  +15005551004   accepted, but the response to the create request is lost
  +15005551005   delivered, but no status callback is sent
  +15005551006   callbacks report delivered, then undelivered; the API reports undelivered
  +15005551007   always rejected with 429

The magic numbers of Twilio's test credentials work too, and the account's own From number is valid besides them.

Where Twilio's documentation leaves a behaviour open, the simulator can show each permitted variant: --list-order sets
the order of the message list, and faults delay the list, reorder it, change its paging, and rewrite numbers.

http://HOST:PORT/_control/ activates faults: `devservers.twilio.faults` lists them, and `devservers.twilio.control` is a
client. With --control-port the endpoint stays reachable while the API port refuses connections.
"""
