"""The base class of all faults: how many `times` it applies (null: until reset), `probability`, and the `to` number.

`to` is compared with the To of a create request or the To filter of a list request; null matches all of them.
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveInt

Operation = Literal["create", "fetch", "list", "update", "delete", "media_list", "media", "media_content"]
YEAR = 365 * 86_400
Seconds = Annotated[float, Field(ge=0, le=YEAR)]
ErrorCode = Annotated[int, Field(ge=10_000, le=99_999)]


@dataclass(frozen=True)
class FaultContext:
    """The request, callback or page that faults are matched against."""

    to: str = ""
    operation: Operation | None = None
    status: str = ""
    filtered_by_date: bool = False
    page: int | None = None


class Fault(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    kind: ClassVar[str]

    times: PositiveInt | None = None
    probability: float = Field(1.0, gt=0, le=1)
    to: str | None = None

    def matches(self, context: FaultContext) -> bool:
        return self.to in {None, context.to}
