"""Each rule of ours fires on what it is for, and the linters of workflows and images find what is planted (SC-05)."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from server.database import ROOT

pytestmark = pytest.mark.tools

RULES = ROOT / "scripts" / "rules.yml"
FIRES = {
    "secrets-are-compared-in-constant-time": [
        "ok = given == row.password",
        "if self.signature != expected: pass",
        "x = token_signature == mac",
    ],
    "a-peer-shows-its-certificate": [
        "aiohttp.TCPConnector(ssl=False)",
        "get(url, verify=False)",
        "c.verify_mode = ssl.CERT_NONE",
        "c.check_hostname = False",
    ],
    "a-token-is-read-with-its-algorithms-named": [
        "jwt.decode(token, key)",
        "jwt.decode(t, k, algorithms=a, options={'verify_signature': False})",
    ],
    "an-event-of-the-log-has-one-name": [
        "log.info(f'user {name}')",
        "self._log.warning('user ' + name)",
    ],
}
SILENT = """
ok = hmac.compare_digest(given, row.password)
empty = password == ""
kind = reason is Reason.TOKEN_REUSED
aiohttp.TCPConnector(ssl=context)
jwt.decode(token, key, algorithms=["HS256"])
log.info("user removed", user=f"{kind}:{name}")
"""


def scanned(tools: Path, folder: Path, code: str) -> list[str]:
    """The rules that fire on a piece of Python, line by line."""
    (folder / "piece.py").write_text(code, encoding="utf-8")
    words = [tools / "ast-grep", "scan", "--rule", RULES, "--report-style", "short", folder / "piece.py"]
    said = subprocess.run(words, capture_output=True, text=True, check=False).stdout
    return re.findall(r"error\[([a-z-]+)\]", said)


@pytest.mark.parametrize(("rule", "line"), [(rule, line) for rule, lines in FIRES.items() for line in lines])
def test_a_rule_fires(tools: Path, tmp_path: Path, rule: str, line: str) -> None:
    assert scanned(tools, tmp_path, line) == [rule]


def test_the_rules_are_silent_on_what_is_right(tools: Path, tmp_path: Path) -> None:
    assert scanned(tools, tmp_path, SILENT) == []


def test_every_rule_is_shown_firing() -> None:
    assert set(re.findall(r"^id: (\S+)$", RULES.read_text(encoding="utf-8"), re.MULTILINE)) == set(FIRES)


PLANTED = {
    "needs.image.outputs.image": "needs.image.outputs.imago",  # a misspelt output is empty, and deploys nothing
    "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1": "actions/checkout@v7",
    'deploy/scripts/sign "$IMAGE"': 'deploy/scripts/sign "${{ github.head_ref }}"',
}


@pytest.mark.parametrize(("right", "wrong"), PLANTED.items())
def test_the_linters_of_workflows_find_what_is_planted(tools: Path, tmp_path: Path, right: str, wrong: str) -> None:
    shutil.copytree(ROOT / ".github", tmp_path / ".github")
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    flow = tmp_path / ".github" / "workflows" / "release.yml"
    assert linted(tools, tmp_path) == (0, 0)
    flow.write_text(flow.read_text(encoding="utf-8").replace(right, wrong), encoding="utf-8")
    assert max(linted(tools, tmp_path)) > 0


def linted(tools: Path, place: Path) -> tuple[int, int]:
    """How jactionlint and zizmor end, as `scripts/static` calls them."""
    flows = sorted(place.glob(".github/workflows/*.yml"))
    shape = [tools / "jactionlint", "--strict-exit", "--shellcheck=", *flows]
    safety = [tools / "zizmor", "--offline", "--quiet", place / ".github"]
    first, second = (subprocess.run(one, cwd=place, capture_output=True, check=False).returncode for one in (shape, safety))
    return first, second


def test_the_linter_of_images_finds_a_tag_that_moves(tools: Path, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM debian:latest\nUSER nobody\n", encoding="utf-8")
    ended = subprocess.run([tools / "hadolint", tmp_path / "Dockerfile"], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "DL3007" in ended.stdout
