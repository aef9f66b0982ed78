"""The active faults, and which of them apply to a request, callback or page. A restart clears them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from random import Random
from typing import TypeVar

from devservers.twilio.fault import Fault, FaultContext
from devservers.twilio.magic_numbers import faults_of

Kind = TypeVar("Kind", bound=Fault)


@dataclass
class ActiveFault:
    id: int
    fault: Fault
    hits: int = 0

    @property
    def is_exhausted(self) -> bool:
        return self.fault.times is not None and self.hits >= self.fault.times

    def describe(self) -> dict[str, object]:
        return {"id": self.id, "kind": self.fault.kind, **self.fault.model_dump(), "hits": self.hits}


class FaultRegistry:
    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._ids = count(1)
        self._active: list[ActiveFault] = []

    def activate(self, fault: Fault) -> ActiveFault:
        active = ActiveFault(next(self._ids), fault)
        self._active.append(active)
        return active

    def reset(self) -> None:
        self._active.clear()

    def active(self) -> Sequence[ActiveFault]:
        return tuple(self._active)

    def first(self, kind: type[Kind], context: FaultContext) -> Kind | None:
        return next(self._matching(kind, context), None)

    def all(self, kind: type[Kind], context: FaultContext) -> Sequence[Kind]:
        return list(self._matching(kind, context))

    def _matching(self, kind: type[Kind], context: FaultContext) -> Iterator[Kind]:
        """Active faults come before those of a magic number. A fault is counted as applied when it is yielded."""
        for active in self._active:
            fault = active.fault
            if (
                isinstance(fault, kind)
                and not active.is_exhausted
                and fault.matches(context)
                and self._applies_now(fault)
            ):
                active.hits += 1
                yield fault
        # A magic number receives in its own way, and sends as any other.
        for fault in () if context.status == "received" else faults_of(context.to):
            if isinstance(fault, kind) and fault.matches(context):
                yield fault

    def _applies_now(self, fault: Fault) -> bool:
        return fault.probability >= 1 or self._rng.random() < fault.probability
