"""What a plan has resolved when it ends, for graphql-core to go on from."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gql.engine.plan import Step

Outcome = tuple[Any, Exception | None]
"""What a resolver returned or raised."""


class Resolved:
    """What was resolved so far, for graphql-core to go on from: no mutation is repeated, nor looks past a later one."""

    __slots__ = ("_found",)

    def __init__(self) -> None:
        self._found: dict[tuple[int, int], tuple[Any, Step, Outcome]] = {}

    def __bool__(self) -> bool:
        return bool(self._found)

    def keep(self, step: Step, source: Any, value: Any, error: Exception | None = None) -> None:
        """Remembers it, and the source too, whose address must stay its own."""
        self._found[id(source), id(step.node)] = source, step, (value, error)

    def raised(self, error: Exception) -> bool:
        """Whether a resolver raised it, and graphql-core will tell of it."""
        return any(kept is error for _, _, (_, kept) in self._found.values())

    def resolve(self, next_: Callable[..., Any], source: Any, info: Any, **arguments: Any) -> Any:
        """As graphql-core's middleware: answers for a resolver what was kept of it, in its own way, at once or awaited."""
        found = self._found.get((id(source), id(info.field_nodes[0])))
        if found is None:
            return next_(source, info, **arguments)
        _, step, (value, error) = found
        return _again(value, error) if step.waits else value


async def _again(value: Any, error: Exception | None) -> Any:
    if error is not None:
        raise error
    return value
