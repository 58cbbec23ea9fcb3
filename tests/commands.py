"""Commands of the command line, run in this process."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from typer.testing import CliRunner

from server.__main__ import main


@dataclass(frozen=True)
class Said:
    """How a command ended."""

    code: int
    out: str
    err: str


Command = Callable[..., Awaitable[Said]]


def command(*arguments: str, typed: str) -> Said:
    """Runs a command as `python -m server` would; `typed` is what somebody types."""
    code = 0
    with CliRunner().isolation(input=typed) as (out, err, _):
        try:
            main(arguments)
        except SystemExit as end:
            code = int(end.code or 0)
        return Said(code, out.getvalue().decode(), err.getvalue().decode())
