"""A clock that is wrong, for one process alone: libfaketime's settings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest


def faked(seconds: int | Path) -> Mapping[str, str]:
    """The environment of a process whose clock is so many seconds ahead, or as far as a file says, read at each look.

    As on a real machine whose time is set, the monotonic clock goes on. Skips where there is no libfaketime.
    """
    libraries = sorted(Path("/usr/lib").glob("**/faketime/libfaketimeMT.so.1"))
    if not libraries:
        pytest.skip("there is no libfaketime here (Debian: apt-get install faketime)")
    common = {"LD_PRELOAD": str(libraries[0]), "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    if isinstance(seconds, Path):
        return common | {"FAKETIME_TIMESTAMP_FILE": str(seconds), "FAKETIME_NO_CACHE": "1"}
    return common | {"FAKETIME": f"{seconds:+d}"}
