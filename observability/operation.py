"""One operation, whichever transport it came by: while it runs, every line of the log tells its name, its tenant and its user."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol
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


@contextmanager
def operating(caller: Who | None, operation: str) -> Iterator[None]:
    """Binds the operation's name, and the caller where there is one, to what is logged inside."""
    known = {} if caller is None else {"tenant": caller.tenant.hex, "user": caller.user.hex}
    with bound(operation=operation, **known):
        yield
