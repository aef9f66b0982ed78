"""The Prometheus metrics of this process.

Labels have few, fixed values: clients cannot choose any, and none contains personal data.
"""

from prometheus_client import Counter, Gauge, Histogram

REQUESTS = Counter("mysms_requests", "Requests that got a response.", ["method", "route", "status"])
REQUEST_SECONDS = Histogram(
    "mysms_request_seconds", "Duration of requests; of event streams, the time until they are open.", ["route"]
)
EVENT_STREAMS = Gauge("mysms_event_streams", "Open event streams.")

SENDS = Counter("mysms_sends", "Attempts to send a message through the provider, by outcome.", ["outcome"])
TIME_TO_PROVIDER_SECONDS = Histogram(
    "mysms_time_to_provider_seconds",
    "Time from storing a message to its acceptance by the provider.",
    buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 14_400, 86_400),
)
DUPLICATE_SENDS = Counter("mysms_duplicate_sends", "Duplicate sends: further SIDs found for a message that has one.")
SETTLE_FAILURES = Counter(
    "mysms_settle_failures",
    "Failures to record the outcome of an attempt, by kind of error: transient or permanent.",
    ["error"],
)
SETTLES_ABANDONED = Counter(
    "mysms_settles_abandoned", "Outcomes that were not recorded before the lease ended; the reconciler takes over."
)
CALLBACKS = Counter("mysms_callbacks", "Status callbacks, by result and reported status.", ["result", "status"])
INBOUND = Counter(
    "mysms_inbound_messages",
    "Reports of inbound messages, by source (webhook, list) and result: stored, duplicate, foreign_account, "
    "foreign_sid, no_recipient, not_inbound.",
    ["source", "result"],
)
RECONCILED = Counter("mysms_reconciled", "Results of reconciliation.", ["result"])

PENDING = Gauge("mysms_outbox_pending", "Messages waiting to be sent; counted up to 1000.")
OLDEST_PENDING_AGE_SECONDS = Gauge(
    "mysms_outbox_oldest_age_seconds", "Age of the oldest message waiting to be sent; 0 if there is none."
)
UNCONFIRMED = Gauge("mysms_outbox_unconfirmed", "Messages that may have been sent; counted up to 1000.")
SENDING_PAUSED = Gauge("mysms_sending_paused", "1 while sending is paused because the provider rejects everything.")

MAILS = Counter(
    "mysms_mails",
    "Mails, by outcome: sent, deferred (will be tried again), refused, expired, discarded (no such account), limited, "
    "not_queued.",
    ["outcome"],
)

PUSHES = Counter(
    "mysms_pushes",
    "Pushes to browsers, by outcome: sent, deferred (will be tried again), refused, expired, discarded (nobody "
    "to tell, or no message), gone (the browser is not subscribed any more).",
    ["outcome"],
)

SECURITY_EVENTS = Counter("mysms_security_events", "Security events, by kind.", ["kind"])

TASK_FAILURES = Counter(
    "mysms_task_failures",
    "Failures of background tasks, by kind of error: transient or permanent.",
    ["task", "error"],
)
EVENT_LOOP_LAG = Histogram(
    "mysms_event_loop_lag_seconds",
    "Event loop lag, measured twice a second.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
