"""Run in a server before it starts: its metrics then tell of its tasks and of its caches, too."""

from __future__ import annotations

import asyncio
import functools
import gc
import sys
from typing import Any

import cachetools

from observability.metrics import Metrics

PATCH = "from tests.drills.insides import tell; tell()"

_caches: list[cachetools.Cache[Any, Any]] = []
_made, _watched = cachetools.LRUCache.__init__, Metrics.watch_pool


def _make(cache: Any, *given: Any, **more: Any) -> None:
    _made(cache, *given, **more)
    _caches.append(cache)


def _watch_pool(metrics: Metrics, **given: Any) -> None:
    _watched(metrics, **given)
    loop = asyncio.get_running_loop()
    metrics.watch("drill_tasks", "Tasks of the event loop.", lambda: len(asyncio.all_tasks(loop)))
    metrics.watch("drill_cache_fullness", "How full the fullest cache is, to what it may hold.", _fullness)
    metrics.watch("drill_objects", "Objects that the garbage collector knows of.", lambda: len(gc.get_objects()))


def _fullness() -> float:
    rooms = "server gql rest resolvers auth models observability".split()
    ours = [module for name, module in sys.modules.items() if name.partition(".")[0] in rooms]
    functions = [one for module in ours for one in vars(module).values() if isinstance(one, functools._lru_cache_wrapper)]
    infos = [one.cache_info() for one in functions]
    assert len(infos) > 5
    assert _caches
    return max(
        *(info.currsize / (info.maxsize or 10) for info in infos),  # those without a bound are of the schema or of a file
        *(cache.currsize / cache.maxsize for cache in _caches),
    )


def tell() -> None:
    """From now on, in this process."""
    cachetools.LRUCache.__init__ = _make  # type: ignore[method-assign]
    Metrics.watch_pool = _watch_pool  # type: ignore[method-assign, assignment]
