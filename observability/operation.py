"""One operation, whichever transport it came by: while it runs, every line of the log tells its name, its tenant and its user."""

from __future__ import annotations

import re
from functools import lru_cache
from types import TracebackType
from typing import Final, Protocol
from uuid import UUID

from observability.logging import scope
from observability.redaction import scrub


class Who(Protocol):
    """As much of a caller as the log tells."""

    @property
    def tenant(self) -> UUID:
        """The caller's tenant."""

    @property
    def user(self) -> UUID:
        """The caller."""


_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LONGEST: Final = 64


def called(name: str | None) -> str:
    """What a client calls its operation, where that is a name and no text of another kind; what looks like a secret is none."""
    return "anonymous" if not name else _called(name) if len(name) <= _LONGEST else "other"


@lru_cache(1024)
def _called(name: str) -> str:
    return scrub(name) if _NAME.fullmatch(name) else "other"


class operating:  # noqa: N801 - used like a function
    """Binds the operation's name, and the caller where there is one, to what is logged inside."""

    __slots__ = ("_bound",)

    def __init__(self, caller: Who | None, operation: str) -> None:
        known = {} if caller is None else {"tenant": caller.tenant.hex, "user": caller.user.hex}
        self._bound = scope.inner({"operation": operation, **known})

    def __enter__(self) -> None:
        self._bound.__enter__()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self._bound.__exit__()
