"""What the process counts about itself, in Prometheus's terms."""

from prometheus_client import Counter

REQUESTS = Counter("mysms_requests", "Answered requests.", ["method", "route", "status"])
SENDS = Counter("mysms_sends", "Attempts to hand a message to the carrier, by outcome.", ["outcome"])
CALLBACKS = Counter("mysms_callbacks", "Status callbacks, by what became of them.", ["result"])
RECONCILED = Counter("mysms_reconciled", "What the reconciler found out.", ["result"])
SECOND_SIDS = Counter("mysms_second_sids", "Messages that the carrier holds twice: a known gap, detected.")
