"""One line of the table of routes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel

from rest.call import Call, Reply

ANYONE: Final = "anyone"
OPERATOR: Final = "OPERATOR"


@dataclass(frozen=True, slots=True)
class Route:
    """One operation. `who` is anyone, the least role that may, or the operator's mark.

    `takes` is its body, or its query where that is typed; `query` are the keys of one where what cannot be read is a default.
    `keyed` is whether an Idempotency-Key lets it be sent again.
    """

    method: str
    path: str
    handler: Callable[[Call], Awaitable[Reply]]
    who: str
    summary: str
    takes: type[BaseModel] | None = None
    query: tuple[str, ...] = ()
    keyed: bool = False

    @property
    def open(self) -> bool:
        """Whether it needs no token."""
        return self.who == ANYONE
