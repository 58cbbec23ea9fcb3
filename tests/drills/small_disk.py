"""Disks that are small enough to be filled: in memory, seen by us and by what we start alone (a mount namespace)."""

from __future__ import annotations

import ctypes
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

_OWN_MOUNTS: Final = 0x00020000
"""CLONE_NEWNS of unshare(2) and setns(2)."""
_OWN_FOLDER: Final = 0x00000200
"""CLONE_FS: a thread that shares its working directory with others may not change its mounts."""
_BALLAST: Final = "ballast"


@contextmanager
def own_mounts() -> Iterator[None]:
    """What is mounted in the block is there for this thread, its new threads and its new processes alone. Skips who may not."""
    libc = ctypes.CDLL(None, use_errno=True)
    before, here = os.open("/proc/thread-self/ns/mnt", os.O_RDONLY), Path.cwd()
    try:
        if os.geteuid() != 0 or libc.unshare(_OWN_MOUNTS):
            pytest.skip("only root may mount a small disk")
        try:
            _run("mount", "--make-rprivate", "/")
            yield
        finally:
            assert libc.unshare(_OWN_FOLDER) == 0
            assert libc.setns(before, _OWN_MOUNTS) == 0
            os.chdir(here)
    finally:
        os.close(before)


@contextmanager
def small_disk(megabytes: int) -> Iterator[Path]:
    """An empty disk of that size, through which any account may pass."""
    folder = Path(tempfile.mkdtemp(prefix="address-book-disk-"))
    _run("mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0711", "tmpfs", str(folder))
    try:
        yield folder
    finally:
        _run("umount", "-l", str(folder))
        folder.rmdir()


def fill(folder: Path) -> None:
    """Takes all that is left of the disk."""
    with (folder / _BALLAST).open("ab") as file:
        try:
            while True:
                os.write(file.fileno(), bytes(65_536))
        except OSError:
            assert left(folder) < 65_536


def free(folder: Path) -> None:
    """Gives it back."""
    (folder / _BALLAST).unlink()


def left(folder: Path) -> int:
    """Bytes that are free on its disk."""
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
