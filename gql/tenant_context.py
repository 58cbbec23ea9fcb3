"""The tenant context: binds tenant, user and request to the log, the span and the metrics for one operation.

One object for both transports and both roads: graphql-core calls it as a Strawberry extension, the REST shim as a context manager.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from strawberry.extensions import SchemaExtension

from auth.caller import Caller
from observability.logging import bound


@contextmanager
def operating(caller: Caller | None, operation: str) -> Iterator[None]:
    """While it is open, every line of the log tells the operation, its tenant and its user."""
    known = {} if caller is None else {"tenant": caller.tenant.hex, "user": caller.user.hex}
    with bound(operation=operation, **known):
        yield


class TenantContext(SchemaExtension):
    """Strawberry's hook around an operation."""

    def on_operation(self) -> Iterator[None]:
        """Around parsing, validation and execution."""
        context: Any = self.execution_context
        with operating(context.context.signed_in, context.operation_name or "anonymous"):
            yield
