"""What the peers are made of is pinned by hashes, and named without an address."""

from __future__ import annotations

import json
import re

from server.database import ROOT

HERE = ROOT / "bench"


def test_the_python_lock_holds_a_hash_for_every_package_and_no_address() -> None:
    text = (HERE / "requirements.txt").read_text(encoding="utf-8")
    entries = re.split(r"\n(?=[a-z])", text)
    assert len(entries) > 8
    assert [entry for entry in entries if not re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry)] == []
    assert re.findall(r"https?:|\w+://|--(?:extra-)?index-url|--find-links", text) == []
    wanted = (HERE / "requirements.in").read_text(encoding="utf-8").split()
    assert [name for name in wanted if f"\n{name}==" not in f"\n{text}"] == []


def test_the_node_lock_pins_what_is_asked_for_and_names_no_registry() -> None:
    wanted = json.loads((HERE / "node" / "package.json").read_text(encoding="utf-8"))["dependencies"]
    locked = json.loads((HERE / "node" / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert {name: locked[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    named = [name for name in locked if name]
    assert [name for name in named if "integrity" not in locked[name] or "resolved" in locked[name]] == []
