"""The PrometheusRule is the rules of deploy/monitoring, to the letter. UPDATE=1 writes it anew."""

from __future__ import annotations

import os

from server.database import ROOT

RULES = ROOT / "deploy" / "monitoring" / "rules"
RESOURCE = ROOT / "deploy" / "k8s" / "components" / "monitoring" / "rules.yaml"
HEAD = """\
# Written from deploy/monitoring/rules by `UPDATE=1 python -m pytest tests/deploy/test_rules.py`; do not edit.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: address-book}
spec:
  groups:
"""


def test_the_resource_of_the_rules_is_what_their_files_say() -> None:
    written = HEAD
    for path in sorted(RULES.glob("*.yml")):
        head, groups, rules = path.read_text(encoding="utf-8").partition("groups:\n")
        assert groups, path
        assert all(line.startswith("#") for line in head.splitlines()), path
        written += "".join(f"  {line}".rstrip() + "\n" for line in (head + rules).splitlines())
    if os.environ.get("UPDATE"):
        RESOURCE.write_text(written, encoding="utf-8")
    assert RESOURCE.read_text(encoding="utf-8") == written
