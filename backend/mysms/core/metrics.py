"""What the process counts and measures about itself, in Prometheus's terms.

Labels come from short lists of our own: nothing that a caller can choose, and nothing about people.
"""

from prometheus_client import Counter, Gauge, Histogram

REQUESTS = Counter("mysms_requests", "Answered requests.", ["method", "route", "status"])
REQUEST_SECONDS = Histogram("mysms_request_seconds", "How long answering took.", ["route"])

SENDS = Counter("mysms_sends", "Attempts to hand a message to the provider, by outcome.", ["outcome"])
TIME_TO_PROVIDER_SECONDS = Histogram(
    "mysms_time_to_provider_seconds",
    "From storing a message to the carrier's acceptance.",
    buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 14_400, 86_400),
)
DUPLICATE_SENDS = Counter("mysms_duplicate_sends", "Messages that the carrier holds twice: a known gap, detected.")
SETTLE_FAILURES = Counter(
    "mysms_settle_failures",
    "Times that the database did not record the outcome of an attempt, by whether the error may pass by itself.",
    ["error"],
)
SETTLES_ABANDONED = Counter(
    "mysms_settles_abandoned", "Outcomes that were not recorded before their lease was over: the reconciler takes over."
)
CALLBACKS = Counter(
    "mysms_callbacks", "Status callbacks, by what became of them and the status reported.", ["result", "status"]
)
RECONCILED = Counter("mysms_reconciled", "What the reconciler found out.", ["result"])

PENDING = Gauge("mysms_outbox_pending", "Messages that wait to be sent; counted up to 1000.")
OLDEST_PENDING_AGE_SECONDS = Gauge("mysms_outbox_oldest_age_seconds", "Age of the oldest of them; 0 if there is none.")
UNCONFIRMED = Gauge("mysms_outbox_unconfirmed", "Messages that may have been sent; counted up to 1000.")
SENDING_PAUSED = Gauge("mysms_sending_paused", "1 while the carrier turns us away.")

TASK_FAILURES = Counter(
    "mysms_task_failures",
    "Background tasks that failed, by whether the error may pass by itself (transient) or not (permanent).",
    ["task", "error"],
)
EVENT_LOOP_LAG = Histogram(
    "mysms_event_loop_lag_seconds",
    "How late the event loop was; measured twice a second.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
