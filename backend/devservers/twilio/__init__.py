"""A Twilio of one's own, for running and testing MySMS Messenger without an account.

It speaks the Messages resource of Twilio's REST API to the unmodified `twilio` library, posts signed status callbacks,
and keeps a ledger of what it accepted. It posts to this machine only: no SMS and no request leaves it. Every answer
carries `Server: MySMS-Twilio-Simulator` and `X-Simulator: mysms-twilio`.

http://HOST:PORT/ shows what each simulated phone received. Ordinary numbers receive everything; some are special:

  +15005553nnn   fails at delivery with the code 30nnn, e.g. +15005553003 is unreachable (30003)
  +15005551001   stays sent
  +15005551002   stays queued
  +15005551003   delivered, then read
  +15005551004   accepted, but the answer to the create request is lost
  +15005551005   delivered, but no status callback comes
  +15005551006   announced delivered, then undelivered, which is the truth
  +15005551007   always refused with 429

The magic numbers of Twilio's test credentials work as well; the account's own From number is valid besides them.

Where Twilio's documentation promises nothing, it can show each behaviour that is allowed: --list-order sorts the list
of messages, and faults delay it, change its order and its pages, and rewrite numbers.

http://HOST:PORT/_control/ switches faults on: see `devservers.twilio.faults` for their table and
`devservers.twilio.control` for a client. With --control-port it is also reachable while connections are refused.
"""
