from random import Random

from devservers.twilio.fault import Fault, Occasion
from devservers.twilio.faults import EarlyCallbacks, ListLag, MessageFault, TrialPrefix
from devservers.twilio.switchboard import Switchboard


def strikes(switchboard: Switchboard, kind: type[Fault], count: int) -> list[bool]:
    return [switchboard.first(kind, Occasion()) is not None for _ in range(count)]


def test_times_count_strikes_only() -> None:
    switchboard = Switchboard(Random(1))
    switchboard.set(EarlyCallbacks(times=2))
    assert strikes(switchboard, ListLag, 3) == [False] * 3
    assert strikes(switchboard, EarlyCallbacks, 3) == [True, True, False]


def test_the_first_switch_wins_and_the_next_one_follows() -> None:
    switchboard = Switchboard(Random(1))
    switchboard.set(ListLag(times=1, seconds=1))
    switchboard.set(ListLag(seconds=2))
    lags = [switchboard.first(ListLag, Occasion()) for _ in range(3)]
    assert [lag.seconds for lag in lags if lag] == [1, 2, 2]
    assert [switch.struck for switch in switchboard.switches()] == [1, 2]


def test_a_probability_is_repeatable_with_a_seed() -> None:
    def run() -> list[bool]:
        switchboard = Switchboard(Random(7))
        switchboard.set(EarlyCallbacks(probability=0.3))
        return strikes(switchboard, EarlyCallbacks, 200)

    assert run() == run()
    assert 30 < sum(run()) < 90


def test_the_nature_of_a_number_comes_after_what_is_switched_on() -> None:
    switchboard = Switchboard(Random(1))
    switchboard.set(TrialPrefix())
    kinds = [fault.kind for fault in switchboard.all(MessageFault, Occasion("+15005553003"))]
    assert kinds == ["trial_prefix", "outcome"]
