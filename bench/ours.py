"""Our server with something switched off that cannot be switched off in it: `python -m bench.ours tokens|limits|metrics …`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from typing import Any

from auth.budget import Budgets, Left
from auth.tokens import Keyring
from observability.metrics import Metrics
from server.__main__ import main


def tokens() -> None:
    """No token is verified twice, nor is its end looked at."""
    verify: Callable[[Keyring, str], Any] = Keyring.verify
    Keyring.verify = cache(verify)  # type: ignore[method-assign]


def limits() -> None:
    """Nothing is charged. Documents are measured all the same, but once for each document."""

    async def charge(_budgets: Any, _caller: Any, _origin: Any, _points: int) -> Left:
        return _PLENTY

    Budgets.charge = charge  # type: ignore[method-assign, assignment]


def metrics() -> None:
    """No request is counted or timed."""

    Metrics.observe = lambda *_: None  # type: ignore[method-assign]
    Metrics.took = lambda *_: None  # type: ignore[method-assign]


_PLENTY = Left(1, 1, 0.0)

if __name__ == "__main__":
    for name in sys.argv[1:]:
        {"tokens": tokens, "limits": limits, "metrics": metrics}[name]()
    main(["serve"])
