"""docs/readiness.md is as scripts/readiness reads it, which refuses another form, runs each command and breaks each feature."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from typing import Any

import pytest

from server.database import ROOT

_loader = SourceFileLoader("readiness", str(ROOT / "scripts" / "readiness"))
readiness: Any = module_from_spec(spec_from_loader("readiness", _loader))  # type: ignore[arg-type]
_loader.exec_module(readiness)

PAGE: str = readiness.PAGE.read_text(encoding="utf-8")
BREAKS: dict[str, dict[str, str]] = tomllib.loads(readiness.BREAKS.read_text(encoding="utf-8"))
ROW = "| `bar` | rows | High | server | holds | 2026-11-30 | [bar](bar.md) | `true` |"


def page(row: str = ROW) -> str:
    """A page of one line in each area, of which the first is this."""
    first, *others = readiness.AREAS
    named = [(area, ROW.replace("bar`", f"{area.lower()}`")) for area in others]
    return "".join(f"## {area}\n\n| line | what |\n|---|---|\n{line}\n\n" for area, line in [(first, row), *named])


def test_the_page_is_of_the_form_and_leaves_nothing_out() -> None:
    lines = readiness.parse(PAGE)
    assert len(lines) > 80
    assert {line["owner"] for line in lines} == {"server", "security", "operations"}
    assert re.findall(r"^## (.*)$", PAGE, re.MULTILINE) == [*readiness.AREAS, "Final review, 2026-11-30"]
    assert all(line["status"] == "holds" for line in lines) is ("*in part*" not in PAGE)


def test_a_well_formed_page_is_read() -> None:
    assert [line["name"] for line in readiness.parse(page())] == ["bar", *(area.lower() for area in readiness.AREAS[1:])]


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("", "Testing: no line"),
        (ROW.replace("`true`", ""), "not the form of a line"),
        (ROW.replace("`true`", "``"), "not the form of a line"),
        (ROW.replace("High", "Low"), "not the form of a line"),
        (ROW.replace("server", ""), "not the form of a line"),
        (ROW.replace("holds", "hopes"), "not the form of a line"),
        (ROW.replace("2026-11-30", ""), "not the form of a line"),
        (ROW.replace("2026-11-30", "2026-11-31"), "day is out of range"),
        (ROW.replace("[bar](bar.md)", "bar.md"), "bar: no link to evidence"),
        (ROW.replace("(bar.md)", "(bars.md)"), "bar: bars.md is not there"),
        (ROW.replace("`bar`", "`security`"), "security: stands there 2 times"),
    ],
)
def test_another_page_is_refused(row: str, fault: str) -> None:
    with pytest.raises(ValueError, match=re.escape(fault)):
        readiness.parse(page(row))
    with pytest.raises(ValueError, match="Governance: no line"):
        readiness.parse("")


def test_each_line_is_broken_by_something_that_stands_there_once_or_says_what_stands_in_for_it() -> None:
    assert list(BREAKS) == [line["name"] for line in readiness.parse(PAGE)]
    for name, one in BREAKS.items():
        if "by_hand" in one:
            assert len(one["by_hand"]) > 40, name
        else:
            readiness.broken((ROOT / one["file"]).read_text(encoding="utf-8"), one["find"], one["replace"])


@pytest.mark.parametrize(("text", "replace"), [("once and once", "twice"), ("never", "twice"), ("once", "once")])
def test_a_break_that_rots_is_told(text: str, replace: str) -> None:
    with pytest.raises(ValueError, match="and not once: once"):
        readiness.broken(text, "once", replace)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with the script, a page whose first line is proved by `proof`, and a feature that it asks."""
    for folder in ("scripts", "docs"):
        (tmp_path / folder).mkdir()
    (tmp_path / ".venv").mkdir()
    (tmp_path / "scripts/readiness").write_bytes((ROOT / "scripts/readiness").read_bytes())
    (tmp_path / "scripts/readiness").chmod(0o755)
    (tmp_path / "docs/bar.md").write_text("works\n")
    return tmp_path


def ran(checkout: Path, proof: str, *words: str) -> tuple[int, str]:
    """What the script says, where the first line is proved by this command and the others by `true`, or `grep` for the breaks."""
    text = page(ROW.replace("`true`", f"`{proof}`"))
    (checkout / "docs/readiness.md").write_text(text.replace("`true`", "`grep works docs/bar.md`"), encoding="utf-8")
    names = [line["name"] for line in readiness.parse(text)]
    breaks = "".join(f'[{name}]\nfile = "docs/bar.md"\nfind = "works"\nreplace = "breaks"\n' for name in names)
    (checkout / "scripts/readiness-breaks.toml").write_text(breaks)
    who = ["-c", "user.name=t", "-c", "user.email=t@t.example"]
    for git in (["init", "-q"], ["add", "-A"], [*who, "commit", "-qm", "all", "--allow-empty"]):
        subprocess.run(["git", *git], cwd=checkout, check=True, capture_output=True)
    command = [checkout / "scripts/readiness", *words]
    environ = {"PATH": os.environ["PATH"], "HOME": str(checkout)}
    done = subprocess.run(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    ("proof", "said"),
    [
        ("false", "7 of 8"),
        ("no-such-tool", "no-such-tool: command not found"),
        ("echo 'SKIPPED [1] x.py:1: there is no podman here'", "there is no podman here"),
        ("echo 1 passed, 2 skipped in 0.1s", "7 of 8"),
    ],
)
def test_what_fails_is_missing_or_skipped_is_not_ok(checkout: Path, proof: str, said: str) -> None:
    code, told = ran(checkout, proof)
    assert code == 1
    assert said in told
    assert "7 of 8" in told


def test_all_of_it_or_what_a_word_stands_in_is_run(checkout: Path) -> None:
    code, told = ran(checkout, "true")
    assert (code, told.splitlines()[-1]) == (0, "8 of 8")
    assert ran(checkout, "false", "governance")[1].splitlines()[-1] == "1 of 1"
    assert ran(checkout, "true", "no such word") == (1, "0 of 0\n")
    code, told = ran(checkout, "false", "--list", "bar`")
    assert (code, told) == (1, "")
    assert ran(checkout, "false", "--list")[1].count("\n") == 8


def test_what_does_not_notice_its_break_is_told(checkout: Path) -> None:
    assert ran(checkout, "grep works docs/bar.md", "--break")[1].splitlines()[-1] == "8 of 8 fail when broken; by hand: none"
    code, told = ran(checkout, ":", "--break")
    assert (code, told.splitlines()[-1]) == (1, "7 of 8 fail when broken; by hand: none")
    code, told = ran(checkout, "false", "--break")
    assert code == 1
    assert "and that without a break" in told
    assert (checkout / "docs/bar.md").read_text() == "works\n"
