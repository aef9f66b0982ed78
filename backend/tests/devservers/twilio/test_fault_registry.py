from random import Random

from devservers.twilio.fault import Fault, FaultContext
from devservers.twilio.fault_registry import FaultRegistry
from devservers.twilio.faults import EarlyCallbacks, ListLag, MessageFault, TrialPrefix


def applications(registry: FaultRegistry, kind: type[Fault], count: int) -> list[bool]:
    return [registry.first(kind, FaultContext()) is not None for _ in range(count)]


def test_times_counts_applications_only() -> None:
    registry = FaultRegistry(Random(1))
    registry.activate(EarlyCallbacks(times=2))
    assert applications(registry, ListLag, 3) == [False] * 3
    assert applications(registry, EarlyCallbacks, 3) == [True, True, False]


def test_the_next_fault_applies_when_the_first_is_exhausted() -> None:
    registry = FaultRegistry(Random(1))
    registry.activate(ListLag(times=1, seconds=1))
    registry.activate(ListLag(seconds=2))
    lags = [registry.first(ListLag, FaultContext()) for _ in range(3)]
    assert [lag.seconds for lag in lags if lag] == [1, 2, 2]
    assert [active.hits for active in registry.active()] == [1, 2]


def test_a_probability_is_repeatable_with_a_seed() -> None:
    def run() -> list[bool]:
        registry = FaultRegistry(Random(7))
        registry.activate(EarlyCallbacks(probability=0.3))
        return applications(registry, EarlyCallbacks, 200)

    assert run() == run()
    assert 30 < sum(run()) < 90


def test_active_faults_come_before_those_of_a_magic_number() -> None:
    registry = FaultRegistry(Random(1))
    registry.activate(TrialPrefix())
    kinds = [fault.kind for fault in registry.all(MessageFault, FaultContext("+15005553003"))]
    assert kinds == ["trial_prefix", "outcome"]
