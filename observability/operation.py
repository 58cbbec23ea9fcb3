"""One operation, whichever transport it came by: while it runs, every line of the log tells its name, its tenant and its user."""

from __future__ import annotations

import re
from types import TracebackType
from typing import Final, Protocol
from uuid import UUID

from observability.logging import bound


class Who(Protocol):
    """As much of a caller as the log tells."""

    @property
    def tenant(self) -> UUID:
        """The caller's tenant."""

    @property
    def user(self) -> UUID:
        """The caller."""


_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


def called(name: str | None) -> str:
    """What a client calls its operation, where that is a name and no text of another kind."""
    return "anonymous" if not name else name if _NAME.fullmatch(name) else "other"


class operating:  # noqa: N801 - used like a function
    """Binds the operation's name, and the caller where there is one, to what is logged inside."""

    __slots__ = ("_bound",)

    def __init__(self, caller: Who | None, operation: str) -> None:
        known = {} if caller is None else {"tenant": caller.tenant.hex, "user": caller.user.hex}
        self._bound = bound(operation=operation, **known)

    def __enter__(self) -> None:
        self._bound.__enter__()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self._bound.__exit__()
