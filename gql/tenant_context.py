"""The tenant context: binds tenant and user to the log and the trace for one operation.

The context itself is `observability.operation`, which the REST shim opens too; here it is a Strawberry extension.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from strawberry.extensions import SchemaExtension

from observability.operation import called, operating


class TenantContext(SchemaExtension):
    """Strawberry's hook around an operation."""

    def on_operation(self) -> Iterator[None]:
        """Around parsing, validation and execution."""
        context: Any = self.execution_context
        with operating(context.context.signed_in, called(context.operation_name)):
            yield
