"""How often Python looks for garbage: what is imported after this module, and what a server is made of, stays for good."""

from __future__ import annotations

import gc
from typing import Final

_YOUNG_OBJECTS: Final = 20_000
"""So many new containers bring the collector: a page of contacts makes hundreds, and holds no circle."""


def settle() -> None:
    """Keeps the collector from walking through all that was made up to now, over and over."""
    gc.collect()
    gc.freeze()


gc.set_threshold(_YOUNG_OBJECTS)
