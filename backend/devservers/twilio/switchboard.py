"""Which faults are switched on, and whether one strikes now. Switches are forgotten at a restart."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from random import Random
from typing import TypeVar

from devservers.twilio.fault import Fault, Occasion
from devservers.twilio.personalities import nature

Kind = TypeVar("Kind", bound=Fault)


@dataclass
class Switch:
    id: int
    fault: Fault
    struck: int = 0

    @property
    def spent(self) -> bool:
        return self.fault.times is not None and self.struck >= self.fault.times

    def describe(self) -> dict[str, object]:
        return {"id": self.id, "kind": self.fault.kind, **self.fault.model_dump(), "struck": self.struck}


class Switchboard:
    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._ids = count(1)
        self._switches: list[Switch] = []

    def set(self, fault: Fault) -> Switch:
        switch = Switch(next(self._ids), fault)
        self._switches.append(switch)
        return switch

    def reset(self) -> None:
        self._switches.clear()

    def switches(self) -> Sequence[Switch]:
        return tuple(self._switches)

    def first(self, kind: type[Kind], occasion: Occasion) -> Kind | None:
        return next(self._striking(kind, occasion), None)

    def all(self, kind: type[Kind], occasion: Occasion) -> Sequence[Kind]:
        return list(self._striking(kind, occasion))

    def _striking(self, kind: type[Kind], occasion: Occasion) -> Iterator[Kind]:
        """What was switched on comes before the nature of the number. A strike counts when it is taken."""
        for switch in self._switches:
            fault = switch.fault
            if isinstance(fault, kind) and not switch.spent and fault.concerns(occasion) and self._chance(fault):
                switch.struck += 1
                yield fault
        for fault in nature(occasion.to):
            if isinstance(fault, kind) and fault.concerns(occasion):
                yield fault

    def _chance(self, fault: Fault) -> bool:
        return fault.probability >= 1 or self._rng.random() < fault.probability
