"""The tenant context of an operation: its name, tenant and user stand on every line of the log, and in the trace, while it runs.

The view opens it once, around both roads of the engine; `observability.operation` holds it, which the REST shim opens, too.
"""

from __future__ import annotations

from gql.context import Context
from observability.operation import operating


def tenant_context(context: Context, operation: str) -> operating:
    """For `with`, around one operation of this name."""
    return operating(context.signed_in, operation)
