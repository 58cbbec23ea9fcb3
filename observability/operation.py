"""One operation, whichever transport it came by: while it runs, every line of the log tells its name, its tenant and its user."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol
from uuid import UUID

from observability.logging import bound
from observability.tracing import step


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


@contextmanager
def operating(caller: Who | None, operation: str) -> Iterator[None]:
    """Binds the operation's name, and the caller where there is one, to what is logged inside and to a span of the trace."""
    known = {} if caller is None else {"tenant": caller.tenant.hex, "user": caller.user.hex}
    with bound(operation=operation, **known), step(operation, **known):
        yield
